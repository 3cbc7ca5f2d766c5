//! How the service starts, says that it is well, and stops.

use kayle_testkit::receiver::{Behaviour, Reaction};
use reqwest::Method;
use serde_json::Value;

use crate::support::api::send;
use crate::support::{Customer, Installation, eventually};

#[tokio::test]
async fn a_running_service_says_that_it_is_live_and_ready() {
    let installation = Installation::start(&[]).await;
    for path in ["/health/live", "/health/ready"] {
        let request = installation.api().anonymous(Method::GET, path);
        assert_eq!(send(request).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_stopping_service_says_so_before_it_stops_accepting() {
    // As long as the two calls below may take on a busy machine.
    let settings = [("KAYLE_STOP_DELAY", "5s")];
    let mut installation = Installation::start(&settings).await;
    installation.service.ask_to_stop();
    eventually("it says that it is not ready", async || {
        let ready = installation.api().anonymous(Method::GET, "/health/ready");
        (send(ready).await.status == 503).then_some(())
    })
    .await;
    let answer = installation.api().get("/v1/sessions").await;
    assert_eq!(answer.status, 200, "it still answers");
    let ended = installation.service.ended().await;
    assert!(ended.success(), "it ended with {ended}");
}

#[tokio::test]
async fn a_stopping_service_finishes_and_settles_the_request_in_flight() {
    let mut installation = Installation::start(&[]).await;
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(204)]);
    let customer = Customer::register(installation.api(), behaviour).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;

    installation.service.ask_to_stop();
    customer.receiver.release();
    let ended = installation.service.ended().await;

    assert!(
        ended.success(),
        "it ended with {ended}: {}",
        installation.service.log()
    );
    installation.start_again().await;
    let delivery = installation.delivery(&delivery_id).await;
    assert_eq!(
        delivery["status"], "succeeded",
        "it was settled before the end"
    );
    assert_eq!(delivery["attempt_count"], 1);

    // Another delivery comes through, and only that one: there was nothing left to do.
    installation.deliver_success().await;
    customer.requests(2).await;
    assert_eq!(customer.receiver.received().len(), 2);
}

#[tokio::test]
async fn a_stopping_service_waits_no_longer_than_the_delivery_timeout() {
    let settings = [("KAYLE_DELIVERY_TIMEOUT", "1s")];
    let mut installation = Installation::start(&settings).await;
    let customer =
        Customer::register(installation.api(), Behaviour::script([Reaction::Silence])).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;

    installation.service.ask_to_stop();
    let ended = installation.service.ended().await;

    assert!(
        ended.success(),
        "it ended with {ended}: {}",
        installation.service.log()
    );
    installation.start_again().await;
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(delivery["attempts"][0]["failure_reason"], "timeout");
    assert_eq!(delivery["attempts"][0]["status_code"], Value::Null);
    assert_eq!(delivery["attempt_count"], 2);
}
