//! A person asks for all that failed in a span of time again (contract 14.4).

use std::time::Duration;

use kayle_app::deliveries::RetriedFailed;
use kayle_app::ports::store::{FailedFilter, Store};
use kayle_delivery::{Delivery, DeliveryStatus, Input, step};
use kayle_primitives::OrganizationId;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::json;

use crate::world::{caller_of, first_page, stored_delivery, subscriber_with, turn, was_woken};

/// Deliveries of one organization that all failed for good, an hour apart.
struct Scene {
    kit: TestWebhooks,
    subscriber: Subscriber,
    failed: Vec<Delivery>,
}

impl Scene {
    async fn new(count: usize) -> Self {
        let kit = test_webhooks();
        let organization = kit.seed.organization().await;
        let subscriber = subscriber_with(&kit, &organization, |_| {}).await;
        let url = subscriber.endpoint.url.as_submitted();
        kit.sender.afterwards(url, Answer::status(500));
        let mut failed = Vec::new();
        for _ in 0..count {
            let delivery = kit.seed.delivery(&subscriber).await;
            while let Some(due_at) = kit.webhooks.next_delivery_due_at().await.expect("well") {
                kit.clock.set(due_at.max(kit.webhooks.now()));
                turn(&kit).await;
            }
            failed.push(stored_delivery(&kit, &delivery).await);
            kit.clock.advance(Duration::from_hours(1));
        }
        Self {
            kit,
            subscriber,
            failed,
        }
    }

    fn organization_id(&self) -> OrganizationId {
        self.subscriber.organization.id
    }

    /// Means all that failed since the last attempt of the delivery at this place.
    fn since(&self, place: usize) -> FailedFilter {
        let last = self.failed[place].last_attempt;
        FailedFilter {
            since: last.expect("it was attempted").at,
            until: self.kit.webhooks.now(),
            endpoint_id: None,
            event_type: None,
            failure_reason: None,
        }
    }

    async fn preview(&self, filter: &FailedFilter) -> RetriedFailed {
        let caller = caller_of(self.organization_id());
        let preview = self.kit.webhooks.preview_retry_of_failed(&caller, filter);
        preview.await.expect("the store answers")
    }

    async fn retry(&self, filter: &FailedFilter) -> RetriedFailed {
        let caller = caller_of(self.organization_id());
        let retried = self.kit.webhooks.retry_failed(&caller, filter).await;
        retried.expect("the store answers")
    }

    async fn statuses(&self) -> Vec<DeliveryStatus> {
        let mut statuses = Vec::new();
        for delivery in &self.failed {
            statuses.push(stored_delivery(&self.kit, delivery).await.status());
        }
        statuses
    }
}

#[tokio::test]
async fn what_failed_in_the_span_is_requeued_and_nothing_else() {
    let scene = Scene::new(3).await;
    was_woken(&scene.kit);
    let filter = scene.since(1);
    let retried = scene.retry(&filter).await;
    assert_eq!((retried.matched(), retried.requeued), (2, 2));
    assert!(!retried.more);
    assert!(was_woken(&scene.kit));
    let expected = [
        DeliveryStatus::Failed,
        DeliveryStatus::Pending,
        DeliveryStatus::Pending,
    ];
    assert_eq!(scene.statuses().await, expected);
    for delivery in &scene.failed[1..] {
        let requeued = step(delivery, Input::Requeued, scene.kit.webhooks.now()).unwrap();
        assert_eq!(
            stored_delivery(&scene.kit, delivery).await,
            requeued.delivery
        );
    }
    assert_eq!(scene.retry(&filter).await.matched(), 0, "nothing is left");
}

#[tokio::test]
async fn a_preview_says_what_the_call_then_does_and_changes_nothing() {
    let scene = Scene::new(2).await;
    let filter = scene.since(0);
    let preview = scene.preview(&filter).await;
    assert_eq!(scene.statuses().await, [DeliveryStatus::Failed; 2]);
    assert_eq!(scene.retry(&filter).await, preview);
}

#[tokio::test]
async fn what_fails_after_the_preview_is_not_retried_with_the_rest() {
    let scene = Scene::new(2).await;
    let filter = FailedFilter {
        until: scene.since(1).since.minus(Duration::from_millis(1)),
        ..scene.since(0)
    };
    assert_eq!(scene.retry(&filter).await.requeued, 1);
    let expected = [DeliveryStatus::Pending, DeliveryStatus::Failed];
    assert_eq!(scene.statuses().await, expected);
}

#[tokio::test]
async fn what_cannot_be_sent_is_counted_and_left() {
    let scene = Scene::new(3).await;
    let kit = &scene.kit;
    let withdrawn = step(&scene.failed[0], Input::Withdrawn, kit.webhooks.now()).unwrap();
    let late = scene.failed[1].payload.expires_at().expect("it is stored");
    let expired = step(&scene.failed[1], Input::PayloadExpired, late).unwrap();
    let mut tx = kit.store.begin().await.unwrap();
    let gone = [withdrawn.delivery, expired.delivery];
    tx.save_deliveries(&gone).await.unwrap();
    tx.commit().await.unwrap();
    let retried = scene.retry(&scene.since(0)).await;
    let counts = (retried.requeued, retried.not_retained, retried.withdrawn);
    assert_eq!(counts, (1, 1, 1));
    assert_eq!(retried.matched(), 3);
}

#[tokio::test]
async fn each_transaction_has_its_row_in_the_audit_log() {
    let scene = Scene::new(2).await;
    let filter = FailedFilter {
        endpoint_id: Some(scene.subscriber.endpoint.id.clone()),
        ..scene.since(0)
    };
    scene.preview(&filter).await;
    scene.retry(&filter).await;
    let webhooks = &scene.kit.webhooks;
    let page = first_page();
    let rows = webhooks
        .list_audit_rows(scene.organization_id(), &page)
        .await;
    let rows = rows.unwrap().unwrap().items;
    assert_eq!(rows.len(), 1, "a preview changes nothing");
    assert_eq!(rows[0].action, "webhook_deliveries.retried");
    assert_eq!(rows[0].subject_id, scene.subscriber.endpoint.id.as_str());
    assert_eq!(rows[0].details["requeued_deliveries"], json!(2));
}

#[tokio::test]
async fn another_organizations_failures_are_not_meant() {
    let scene = Scene::new(1).await;
    let stranger = caller_of(scene.kit.seed.organization().await.id);
    let filter = scene.since(0);
    let retried = scene.kit.webhooks.retry_failed(&stranger, &filter).await;
    assert_eq!(retried.unwrap().matched(), 0);
    assert_eq!(scene.statuses().await, [DeliveryStatus::Failed]);
}
