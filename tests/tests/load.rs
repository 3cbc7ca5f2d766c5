//! Many reports at once.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use kayle_testkit::receiver::Behaviour;
use serde_json::Value;

use crate::support::report::success;
use crate::support::{Customer, Installation, database, eventually, text};

const SESSIONS: usize = 500;
const CALLERS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_reports_by_sixteen_callers_are_each_delivered_once() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;

    let sessions = reported_sessions(&installation).await;
    let requests = customer.requests(SESSIONS).await;

    let events = installation.api().list("/v1/webhooks/events").await;
    assert_eq!(events.len(), SESSIONS);
    eventually("every delivery has succeeded", async || {
        let deliveries = installation.api().list("/v1/webhooks/deliveries").await;
        assert_eq!(deliveries.len(), SESSIONS);
        let succeeded = |delivery: &Value| delivery["status"] == "succeeded";
        deliveries.iter().all(succeeded).then_some(())
    })
    .await;
    let file = installation.service.database();
    assert_eq!(database::count(file, "delivery_payloads").await, 0);
    assert_eq!(database::count(file, "deliveries").await, 500);

    // By now everything is settled: a second request for a delivery would have been seen.
    assert_eq!(customer.receiver.received().len(), SESSIONS);
    let opened = requests.iter().map(|request| customer.open(request));
    let seen: BTreeSet<String> = opened
        .map(|event| text(&event, "/metadata/verification_session_id").to_owned())
        .collect();
    assert_eq!(seen, sessions);
}

/// Opens the sessions and reports the success of each, and gives their ids.
async fn reported_sessions(installation: &Installation) -> BTreeSet<String> {
    stream::iter(0..SESSIONS)
        .map(|_| async {
            let session_id = installation.session_id().await;
            installation.report(&session_id, &success()).await.data();
            session_id
        })
        .buffer_unordered(CALLERS)
        .collect()
        .await
}
