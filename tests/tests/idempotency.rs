//! The same report twice is one report.

use futures_util::future::join_all;
use kayle_testkit::receiver::Behaviour;
use serde_json::json;

use crate::support::report::{failure, numbered, success, success_with};
use crate::support::{Customer, Installation};

#[tokio::test]
async fn a_repeated_report_gets_the_first_answer_and_emits_nothing() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let session_id = installation.session_id().await;
    let failed = numbered(failure("liveness_failed"), 1);
    let succeeded = numbered(success(), 2);

    let first_failure = installation.report(&session_id, &failed).await.data();
    let repeated_failure = installation.report(&session_id, &failed).await.data();
    let first_success = installation.report(&session_id, &succeeded).await.data();
    customer.requests(1).await;
    let repeated_success = installation.report(&session_id, &succeeded).await.data();

    assert_eq!(repeated_failure, first_failure);
    assert_eq!(repeated_success, first_success);
    assert_eq!(first_success["session"]["liveness_tries_used"], 1);
    assert_eq!(
        installation.api().list("/v1/webhooks/events").await.len(),
        1
    );
    assert_eq!(
        installation
            .api()
            .list("/v1/webhooks/deliveries")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn another_report_under_the_same_id_is_a_conflict() {
    let installation = Installation::start(&[]).await;
    let session_id = installation.session_id().await;
    let other_session_id = installation.session_id().await;
    installation
        .report(&session_id, &numbered(success(), 1))
        .await
        .data();

    let other_claims = success_with(&json!({ "kayle_document_id": "kdoc_2" }));
    for report in [
        numbered(other_claims, 1),
        numbered(failure("liveness_failed"), 1),
    ] {
        let answer = installation.report(&session_id, &report).await;
        answer.expect_refusal(409, "CONFLICT");
    }
    let elsewhere = installation
        .report(&other_session_id, &numbered(success(), 1))
        .await;
    elsewhere.expect_refusal(409, "CONFLICT");
    assert_eq!(
        installation.api().list("/v1/webhooks/events").await.len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_report_by_eight_callers_at_once_is_one_event() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let session_id = installation.session_id().await;
    let report = numbered(success(), 1);

    let reports = (0..8).map(|_| installation.report(&session_id, &report));
    let answers: Vec<_> = join_all(reports)
        .await
        .iter()
        .map(|answer| answer.data())
        .collect();

    assert!(answers.iter().all(|answer| answer == &answers[0]));
    customer.requests(1).await;
    assert_eq!(
        installation.api().list("/v1/webhooks/events").await.len(),
        1
    );
    assert_eq!(
        installation
            .api()
            .list("/v1/webhooks/deliveries")
            .await
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_different_reports_of_one_session_at_once_are_one_terminal_event() {
    let installation = Installation::start(&[]).await;
    let session_id = installation.session_id().await;

    let report = success();
    let reports = (0..8).map(|_| installation.report(&session_id, &report));
    let answers = join_all(reports).await;

    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(accepted, 1);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.expect_refusal(409, "CONFLICT");
    }
    assert_eq!(
        installation.api().list("/v1/webhooks/events").await.len(),
        1
    );
}
