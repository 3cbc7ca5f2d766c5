//! What a test must not do (contract 14.1).

use kayle_endpoints::Retention;

use super::*;
use crate::delivery::DeliveryStatus;
use crate::explanation::{ExplanationCode, Surroundings, explain};

fn born(retention: Retention) -> Delivery {
    Delivery {
        is_test: true,
        ..newborn(&schedule(), retention)
    }
}

fn claimed(retention: Retention) -> Delivery {
    let lease = lease(at(0));
    let claimed = step(&born(retention), Input::Claimed { lease }, at(0));
    claimed.unwrap().delivery
}

fn settled(retention: Retention, status_code: u16) -> Delivery {
    let schedule = schedule();
    let input = Input::AttemptFinished {
        attempt_id: attempt_id(),
        started_at: at(0),
        outcome: AttemptOutcome::from_status_code(status_code),
        after_failure: AfterFailure {
            schedule: &schedule,
            retention,
            retry_after: Some(Duration::from_secs(1)),
        },
    };
    step(&claimed(retention), input, at(1)).unwrap().delivery
}

#[test]
fn whatever_is_answered_it_ends_with_its_only_attempt_and_keeps_nothing() {
    for retention in RETENTIONS {
        for status_code in [200, 302, 404, 429, 500, 503] {
            let ended = settled(retention, status_code);
            assert!(ended.payload.scrubbed_at().is_some(), "{status_code}");
            assert_eq!(ended.attempt_count, 1);
            assert_eq!(invariants::check(&ended), Ok(()));
        }
        assert_eq!(settled(retention, 204).status(), DeliveryStatus::Succeeded);
        assert_eq!(settled(retention, 503).status(), DeliveryStatus::Failed);
    }
}

#[test]
fn one_whose_dispatcher_is_gone_is_not_sent_again() {
    let schedule = schedule();
    let input = Input::LeaseExpired {
        attempt_id: attempt_id(),
        after_failure: AfterFailure {
            schedule: &schedule,
            retention: Retention::SevenDays,
            retry_after: None,
        },
    };
    let lost = step(&claimed(Retention::SevenDays), input, at(LEASE_S)).unwrap();
    assert_eq!(lost.delivery.status(), DeliveryStatus::Failed);
    assert!(lost.delivery.payload.scrubbed_at().is_some());
}

#[test]
fn nobody_can_ask_for_it_again_whatever_its_state() {
    let refusal = Err(InvalidTransition::Requeue(RequeueRefusal::IsTest));
    let retention = Retention::OneDay;
    for delivery in [born(retention), claimed(retention), settled(retention, 500)] {
        assert_eq!(step(&delivery, Input::Requeued, at(2)), refusal);
    }
}

#[test]
fn it_is_never_held() {
    assert!(step(&claimed(Retention::None), Input::Held, at(1)).is_err());
}

#[test]
fn one_that_failed_says_that_it_is_sent_once() {
    let schedule = schedule();
    let around = Surroundings {
        endpoint_disabled_at: Some(at(0)),
        organization_frozen_at: None,
        schedule: &schedule,
        ahead: 0,
    };
    let told = explain(&settled(Retention::OneDay, 500), around, at(2));
    assert_eq!(told.code(), ExplanationCode::TestEnded);
    let waiting = explain(&born(Retention::OneDay), around, at(0));
    assert_eq!(waiting.code(), ExplanationCode::WaitingForItsTurn);
}
