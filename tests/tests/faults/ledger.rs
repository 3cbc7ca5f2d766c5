//! What was promised against what arrived.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::verifiers::Verifiers;
use crate::support::{Customer, Installation, eventually, text};

/// Expects that every report was accepted and its delivery has succeeded, that each event arrived
/// and can be read, that at most `repeated_max` requests were repetitions, and that nothing was
/// refused but politely.
pub(super) async fn expect_nothing_lost(
    installation: &Installation,
    customer: &Customer,
    verifiers: &Verifiers,
    repeated_max: usize,
) {
    verifiers.expect_only_polite_refusals();
    let promised: BTreeSet<_> = verifiers
        .accepted()
        .values()
        .map(|answer| text(answer, "/deliveries/0").to_owned())
        .collect();
    let reports = verifiers.sessions().len();
    assert_eq!(promised.len(), reports);

    let deliveries = eventually("every delivery has succeeded", async || {
        let deliveries = installation.api().list("/v1/webhooks/deliveries").await;
        let succeeded = |delivery: &Value| delivery["status"] == "succeeded";
        deliveries.iter().all(succeeded).then_some(deliveries)
    })
    .await;
    let stored: BTreeSet<_> = deliveries
        .iter()
        .map(|delivery| text(delivery, "/id").to_owned())
        .collect();
    assert_eq!(stored, promised);
    let events = installation.api().list("/v1/webhooks/events").await;
    assert_eq!(events.len(), reports);

    let requests = customer.receiver.received();
    let arrived: BTreeSet<_> = requests
        .iter()
        .map(|request| {
            request
                .header("x-kayle-delivery-id")
                .expect("it has one")
                .to_owned()
        })
        .collect();
    assert_eq!(arrived, promised);
    let seen: BTreeSet<_> = requests
        .iter()
        .map(|request| customer.open(request))
        .map(|event| text(&event, "/metadata/verification_session_id").to_owned())
        .collect();
    assert_eq!(seen, verifiers.sessions().iter().cloned().collect());
    let repeated = requests.len() - arrived.len();
    println!("{reports} reports, {repeated} requests repeated");
    assert!(
        repeated <= repeated_max,
        "{repeated} requests are repetitions"
    );

    let found = installation.service.admin(&["doctor"]).await;
    assert_eq!(found["whole"], json!(true), "{found}");
}
