//! Endpoints and organizations that are paused while deliveries wait, and enabled again.

use kayle_testkit::receiver::{Behaviour, Reaction};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::send;
use crate::support::{Customer, Installation};

/// The second attempt is due in an hour: nobody would wait for it here.
const IN_AN_HOUR: [(&str, &str); 1] = [("KAYLE_RETRY_SCHEDULE_SHORT", "0s,1h")];

#[tokio::test]
async fn what_waits_for_its_time_is_sent_at_once_when_its_endpoint_is_enabled() {
    let scene = Scene::with_a_retry_in_an_hour().await;
    let before = scene.delivery().await;
    assert!(before["next_attempt_at"].is_string(), "{before}");
    scene.enable(false).await;
    scene.enable(true).await;

    let delivery = scene.delivered().await;
    assert_eq!(delivery["attempt_count"], 2, "the pause counts as none");
    let payload_expires_at = &before["payload_expires_at"];
    assert!(payload_expires_at.is_string(), "{before}");
}

#[tokio::test]
async fn an_attempt_in_flight_when_its_endpoint_is_disabled_is_followed_at_once() {
    let reaction = Reaction::StatusOnRelease(500);
    let scene = Scene::whose_first_answer_is(reaction).await;
    scene.customer.requests(1).await;
    scene.enable(false).await;
    scene.customer.receiver.release();
    scene.after_the_first_attempt().await;
    scene.enable(true).await;
    assert_eq!(scene.delivered().await["attempt_count"], 2);
}

#[tokio::test]
async fn enabling_what_is_enabled_leaves_the_schedule_alone() {
    let scene = Scene::with_a_retry_in_an_hour().await;
    let before = scene.delivery().await;
    scene.enable(true).await;
    scene.admin("unfreeze").await;
    assert_eq!(scene.delivery().await, before);
}

#[tokio::test]
async fn what_waits_for_its_time_is_sent_at_once_when_its_organization_is_unfrozen() {
    let scene = Scene::with_a_retry_in_an_hour().await;
    scene.admin("freeze").await;
    scene.admin("unfreeze").await;
    assert_eq!(scene.delivered().await["attempt_count"], 2);
}

#[tokio::test]
async fn an_endpoint_that_is_disabled_is_not_resumed_with_its_organization() {
    let scene = Scene::with_a_retry_in_an_hour().await;
    scene.enable(false).await;
    let before = scene.delivery().await;
    scene.admin("freeze").await;
    scene.admin("unfreeze").await;
    assert_eq!(scene.delivery().await, before);
    scene.enable(true).await;
    assert_eq!(scene.delivered().await["attempt_count"], 2);
}

/// One endpoint, and one delivery to it.
struct Scene {
    installation: Installation,
    customer: Customer,
    delivery_id: String,
}

impl Scene {
    async fn whose_first_answer_is(reaction: Reaction) -> Self {
        let installation = Installation::start(&IN_AN_HOUR).await;
        let behaviour = Behaviour::script([reaction]);
        let customer = Customer::register(installation.api(), behaviour).await;
        let delivery_id = installation.deliver_success().await;
        Self {
            installation,
            customer,
            delivery_id,
        }
    }

    async fn with_a_retry_in_an_hour() -> Self {
        let scene = Self::whose_first_answer_is(Reaction::Status(500)).await;
        scene.after_the_first_attempt().await;
        scene
    }

    async fn after_the_first_attempt(&self) {
        self.installation
            .delivery_where(&self.delivery_id, |delivery| {
                delivery["status"] == "pending" && delivery["attempt_count"] == 1
            })
            .await;
    }

    async fn enable(&self, enabled: bool) {
        let path = format!("/v1/webhooks/endpoints/{}", self.customer.endpoint_id);
        let change = json!({ "enabled": enabled });
        let request = self.installation.api().request(Method::PATCH, &path);
        send(request.json(&change)).await.data();
    }

    async fn admin(&self, verb: &str) {
        let Installation {
            service,
            organization,
            ..
        } = &self.installation;
        service
            .admin(&["organization", verb, &organization.id])
            .await;
    }

    async fn delivery(&self) -> Value {
        self.installation.delivery(&self.delivery_id).await
    }

    async fn delivered(&self) -> Value {
        self.installation
            .delivery_in("succeeded", &self.delivery_id)
            .await
    }
}
