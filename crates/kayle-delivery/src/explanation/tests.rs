use std::time::Duration;

use kayle_endpoints::Retention;
use strum::IntoEnumIterator;

use super::*;
use crate::attempt::AttemptOutcome;
use crate::fanout::Encrypted;
use crate::fixtures::{at, attempt_id, created, key_id, lease, newborn};
use crate::payload::StoredReason;
use crate::schedule::RetrySchedules;
use crate::step::{AfterFailure, Input, step};

fn standard() -> RetrySchedule {
    RetrySchedules::default().standard
}

/// Returns what surrounds a delivery that nothing holds back.
fn around(schedule: &RetrySchedule) -> Surroundings<'_> {
    Surroundings {
        endpoint_disabled_at: None,
        organization_frozen_at: None,
        schedule,
        ahead: 0,
    }
}

fn fresh() -> Delivery {
    newborn(&standard(), Retention::ThreeDays)
}

/// Attempts the delivery when it is due; each attempt takes a second.
fn attempted(delivery: &Delivery, outcome: AttemptOutcome) -> Delivery {
    let DeliveryState::Pending { due_at } = delivery.state else {
        panic!("only a pending delivery is attempted");
    };
    let input = Input::Claimed {
        lease: lease(due_at),
    };
    let claimed = step(delivery, input, due_at).unwrap().delivery;
    let input = Input::AttemptFinished {
        attempt_id: attempt_id(),
        started_at: due_at,
        outcome,
        after_failure: AfterFailure {
            schedule: &standard(),
            retention: Retention::ThreeDays,
            retry_after: None,
        },
    };
    let ended_at = due_at.plus(Duration::from_secs(1));
    step(&claimed, input, ended_at).unwrap().delivery
}

fn exhausted() -> Delivery {
    let mut delivery = fresh();
    while delivery.state != DeliveryState::Failed {
        delivery = attempted(&delivery, AttemptOutcome::from_status_code(502));
    }
    delivery
}

fn moved(delivery: &Delivery, input: Input<'_>, now: Timestamp) -> Delivery {
    step(delivery, input, now).unwrap().delivery
}

/// Explains a delivery 100 seconds after the start.
fn explained(delivery: &Delivery) -> Explanation {
    explain(delivery, around(&standard()), at(100))
}

#[test]
fn every_code_is_reached_by_a_delivery_of_its_kind() {
    let withdrawn = moved(&fresh(), Input::Withdrawn, at(5));
    let dropped = moved(&fresh(), Input::EndpointDeleted, at(5));
    let failing = attempted(
        &attempted(&fresh(), AttemptOutcome::from_status_code(502)),
        AttemptOutcome::NoAnswer(FailureReason::Dns),
    );
    let under_way = moved(
        &fresh(),
        Input::Claimed {
            lease: lease(at(90)),
        },
        at(90),
    );
    let no_key = created(Encrypted::NoActiveKey, &standard(), Retention::None).delivery;
    let unsealed = created(Encrypted::Failed(key_id()), &standard(), Retention::None).delivery;
    let schedule = standard();
    let held = Surroundings {
        endpoint_disabled_at: Some(at(50)),
        ..around(&schedule)
    };
    let frozen = Surroundings {
        organization_frozen_at: Some(at(60)),
        ..held
    };
    let test = Delivery {
        is_test: true,
        ..dropped.clone()
    };
    let told = [
        explained(&attempted(&fresh(), AttemptOutcome::from_status_code(204))),
        explained(&under_way),
        explain(&fresh(), held, at(100)),
        explain(&fresh(), frozen, at(100)),
        explained(&fresh()),
        explained(&failing),
        explained(&exhausted()),
        explained(&dropped),
        explained(&no_key),
        explained(&unsealed),
        explained(&test),
        explained(&withdrawn),
    ];
    let codes: Vec<ExplanationCode> = told.iter().map(Explanation::code).collect();
    assert_eq!(codes, ExplanationCode::iter().collect::<Vec<_>>());
}

#[test]
fn a_failing_delivery_says_what_failed_what_follows_and_how_long_it_is_kept() {
    let once = attempted(&fresh(), AttemptOutcome::from_status_code(502));
    let explanation = explain(&once, around(&standard()), at(2));
    assert_eq!(
        explanation.to_string(),
        "Your server answered 502 at 2026-05-05T11:00:00.000Z. The next attempt is at \
         2026-05-05T11:00:06.000Z. If it fails, 6 more are planned, until \
         2026-05-06T14:35:06.000Z. The payload is kept until 2026-05-09T14:35:05.000Z."
    );
}

#[test]
fn the_planned_attempts_are_those_of_a_server_that_fails_at_once() {
    let planned = planned_attempts(&fresh(), &standard());
    let minutes: Vec<u64> = planned
        .iter()
        .map(|planned| planned.since(at(0)).as_secs() / 60)
        .collect();
    assert_eq!(minutes, [0, 0, 5, 35, 155, 455, 1055, 1655]);
    assert_eq!(planned[1], at(5));
}

#[test]
fn no_attempt_is_planned_after_the_payload_is_gone() {
    let late = Delivery {
        payload: Payload::Stored {
            expires_at: at(60),
            reason: StoredReason::PendingDelivery,
        },
        ..fresh()
    };
    assert_eq!(planned_attempts(&late, &standard()), [at(0), at(5)]);
    assert_eq!(planned_attempts(&exhausted(), &standard()), []);
}

#[test]
fn without_retention_the_last_attempt_is_planned_all_the_same() {
    let delivery = newborn(&standard(), Retention::None);
    assert_eq!(planned_attempts(&delivery, &standard()).len(), 8);
}

#[test]
fn an_exhausted_delivery_says_until_when_it_can_be_retried() {
    let text = explained(&exhausted()).to_string();
    assert!(text.starts_with("Your server answered 502 at "), "{text}");
    assert!(
        text.contains("After 8 failed attempts, the retry schedule has ended."),
        "{text}"
    );
    assert!(
        text.ends_with("It can be retried until 2026-05-09T14:35:13.000Z."),
        "{text}"
    );
}

#[test]
fn a_payload_past_its_time_counts_as_gone_before_it_is_erased() {
    let late = at(20 * 24 * 3600);
    let explanation = explain(&exhausted(), around(&standard()), late);
    assert_eq!(explanation.code(), ExplanationCode::PayloadExpired);
    let explanation = explain(&fresh(), around(&standard()), late);
    assert_eq!(explanation.code(), ExplanationCode::PayloadExpired);
}

#[test]
fn what_is_due_says_how_many_are_due_before_it() {
    fn check(ahead: usize, expected: &str) {
        let schedule = standard();
        let around = Surroundings {
            ahead,
            ..around(&schedule)
        };
        let text = explain(&fresh(), around, at(100)).to_string();
        assert!(text.contains(expected), "{text}");
    }
    check(0, "It is due now and is sent next.");
    check(1, "one delivery of its endpoint is due before it");
    check(COUNTED_AHEAD_MAX, "; 1000 deliveries of its endpoint");
    check(
        COUNTED_AHEAD_MAX + 1,
        "; more than 1000 deliveries of its endpoint",
    );
}

#[test]
fn every_failure_has_words_of_its_own() {
    let told = AttemptFailure::iter().map(|failure_reason| {
        what_failed(&LastAttempt {
            at: at(0),
            status_code: failure_reason.has_status_code().then_some(500),
            failure_reason: Some(failure_reason),
        })
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), AttemptFailure::iter().count());
}
