//! Every state against every input as a table, then what each step does in detail.

use kayle_primitives::DeliveryId;

use super::*;
use crate::attempt::AttemptFailure;
use crate::delivery::LeaseHolder;
use crate::fixtures::{LEASE_S, RETENTIONS, at, attempt_id, key_id, lease, newborn};
use crate::invariants;
use crate::payload::RetentionReason;
use crate::schedule::RetrySchedules;

mod laws;
mod of_a_test;
mod retry_after;

/// When every input of the table comes, in seconds after the birth.
const NOW_S: u64 = 1_000;
const HOUR_S: u64 = 3_600;

/// Columns: due, early (not due yet), over (due, payload's retention over), held, leased, lost (its
/// lease is over), done (succeeded), kept (failed, payload retained), stale (kept, retention over),
/// erased (failed, payload scrubbed). `last_` is a failed last attempt of the schedule, by hours of
/// retention. `.` is a refusal; `busy` and `gone` are the two refusals of a requeue.
const TABLE: &str = "
input         due     early   over    held    leased  lost    done    kept    stale   erased
claimed       leased  .       .       .       .       .       .       .       .       .
accepted      .       .       .       .       done    done    .       .       .       .
refused       .       .       .       .       pending pending .       .       .       .
last_0        .       .       .       .       expired expired .       .       .       .
last_24       .       .       .       .       kept    kept    .       .       .       .
last_72       .       .       .       .       kept    kept    .       .       .       .
last_168      .       .       .       .       kept    kept    .       .       .       .
lease_over    .       .       .       .       .       pending .       .       .       .
last_lease    .       .       .       .       .       kept    .       .       .       .
released      .       .       .       .       pending pending .       .       .       .
held          .       .       .       .       held    held    .       .       .       .
resumed       .       pending .       pending .       .       .       .       .       .
requeued      pending pending gone    pending busy    busy    gone    pending gone    gone
withdrawn     private private private private private private .       private private .
payload_over  .       .       expired .       .       .       .       .       expired .
endpoint_gone expired expired expired expired expired expired .       expired expired .
";

fn schedule() -> RetrySchedule {
    RetrySchedules::default().short
}

fn state(name: &str) -> Delivery {
    let newborn = newborn(&schedule(), Retention::ThreeDays);
    let stored = |expires_at, reason| Payload::Stored { expires_at, reason };
    let pending = |due_at| DeliveryState::Pending { due_at };
    let delivering = |claimed_at| DeliveryState::Delivering {
        claimed_at,
        lease: lease(claimed_at),
    };
    let kept = StoredReason::TerminalFailureRetention;
    let scrubbed = |reason| Payload::Scrubbed { at: at(9), reason };
    let alive = newborn.payload;
    let over = stored(at(NOW_S), StoredReason::PendingDelivery);
    let (state, payload) = match name {
        "due" => (pending(at(NOW_S)), alive),
        "early" => (pending(at(NOW_S + 1)), alive),
        "over" => (pending(at(NOW_S)), over),
        "held" => (DeliveryState::Held { due_at: at(5) }, alive),
        "leased" => (delivering(at(NOW_S + 1 - LEASE_S)), alive),
        "lost" => (delivering(at(NOW_S - LEASE_S)), alive),
        "done" => (DeliveryState::Succeeded, scrubbed(ScrubReason::Delivered)),
        "kept" => (DeliveryState::Failed, stored(at(NOW_S + 1), kept)),
        "stale" => (DeliveryState::Failed, stored(at(NOW_S), kept)),
        "erased" => (DeliveryState::Failed, scrubbed(ScrubReason::NoActiveKey)),
        unknown => panic!("no such state: {unknown}"),
    };
    Delivery {
        state,
        payload,
        attempt_count: 1,
        last_attempt: Some(LastAttempt {
            at: at(1),
            status_code: Some(500),
            failure_reason: Some(AttemptFailure::HttpStatus),
        }),
        ..newborn
    }
}

/// Applies an input of the table; `last` ones find one attempt of the schedule left.
fn apply(delivery: &Delivery, name: &str) -> Result<Step, InvalidTransition> {
    let (attempt_count, retention) = match name {
        "last_0" => (2, Retention::None),
        "last_24" => (2, Retention::OneDay),
        "last_168" => (2, Retention::SevenDays),
        "last_72" | "last_lease" => (2, Retention::ThreeDays),
        _ => (1, Retention::ThreeDays),
    };
    let schedule = schedule();
    let after_failure = AfterFailure {
        schedule: &schedule,
        retention,
        retry_after: None,
    };
    let finished = |status_code| Input::AttemptFinished {
        attempt_id: attempt_id(),
        started_at: at(NOW_S - 2),
        outcome: AttemptOutcome::from_status_code(status_code),
        after_failure,
    };
    let input = match name {
        "claimed" => Input::Claimed {
            lease: lease(at(NOW_S)),
        },
        "accepted" => finished(200),
        "refused" | "last_0" | "last_24" | "last_72" | "last_168" => finished(500),
        "lease_over" | "last_lease" => Input::LeaseExpired {
            attempt_id: attempt_id(),
            after_failure,
        },
        "released" => Input::Released { due_at: at(NOW_S) },
        "held" => Input::Held,
        "resumed" => Input::Resumed,
        "requeued" => Input::Requeued,
        "withdrawn" => Input::Withdrawn,
        "payload_over" => Input::PayloadExpired,
        "endpoint_gone" => Input::EndpointDeleted,
        unknown => panic!("no such input: {unknown}"),
    };
    let delivery = Delivery {
        attempt_count,
        ..delivery.clone()
    };
    step(&delivery, input, at(NOW_S))
}

fn word(result: &Result<Step, InvalidTransition>) -> &'static str {
    let delivery = match result {
        Ok(step) => &step.delivery,
        Err(InvalidTransition::State { .. }) => return ".",
        Err(InvalidTransition::Requeue(RequeueRefusal::InProgress)) => return "busy",
        Err(InvalidTransition::Requeue(RequeueRefusal::IsTest)) => return "test",
        Err(InvalidTransition::Requeue(RequeueRefusal::PayloadGone)) => return "gone",
    };
    match (&delivery.state, delivery.payload.reason()) {
        (DeliveryState::Pending { .. }, _) => "pending",
        (DeliveryState::Held { .. }, _) => "held",
        (DeliveryState::Delivering { .. }, _) => "leased",
        (DeliveryState::Succeeded, _) => "done",
        (DeliveryState::Failed, RetentionReason::Stored(_)) => "kept",
        (DeliveryState::Failed, RetentionReason::Scrubbed(ScrubReason::PrivacyRequest)) => {
            "private"
        }
        (DeliveryState::Failed, RetentionReason::Scrubbed(_)) => "expired",
    }
}

#[test]
fn every_state_takes_every_input_as_the_table_says() {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty());
    let states: Vec<_> = lines.next().unwrap().split_whitespace().skip(1).collect();
    for line in lines {
        let (input, expected) = line.split_once(' ').unwrap();
        let results: Vec<_> = states
            .iter()
            .map(|name| apply(&state(name), input))
            .collect();
        let words: Vec<_> = results.iter().map(word).collect();
        let expected: Vec<_> = expected.split_whitespace().collect();
        assert_eq!(words, expected, "{input} in {states:?}");
        for step in results.into_iter().flatten() {
            assert_eq!(invariants::check(&step.delivery), Ok(()), "{input}");
            assert_eq!(step.delivery.updated_at, at(NOW_S), "{input}");
        }
    }
}

#[test]
fn a_claim_changes_nothing_but_the_state() {
    let due = state("due");
    let claimed = apply(&due, "claimed").unwrap();
    let expected = Delivery {
        state: DeliveryState::Delivering {
            claimed_at: at(NOW_S),
            lease: lease(at(NOW_S)),
        },
        updated_at: at(NOW_S),
        ..due
    };
    assert_eq!((claimed.delivery, claimed.attempt), (expected, None));
}

#[test]
fn an_accepted_attempt_ends_the_delivery_and_its_payload() {
    let leased = state("leased");
    let step = apply(&leased, "accepted").unwrap();
    let started_at = at(NOW_S - 2);
    let expected = Delivery {
        state: DeliveryState::Succeeded,
        attempt_count: 2,
        last_attempt: Some(LastAttempt {
            at: started_at,
            status_code: Some(200),
            failure_reason: None,
        }),
        payload: Payload::Scrubbed {
            at: started_at,
            reason: ScrubReason::Delivered,
        },
        updated_at: at(NOW_S),
        ..leased
    };
    assert_eq!(step.delivery, expected);
    let attempt = Attempt {
        id: attempt_id(),
        delivery_id: DeliveryId::parse("whd_1").unwrap(),
        outcome: AttemptOutcome::Accepted { status_code: 200 },
        duration: Duration::from_secs(2),
        attempted_at: started_at,
        phases: Phases::default(),
        test: None,
    };
    assert_eq!(step.attempt, Some(attempt));
}

#[test]
fn a_failed_attempt_is_followed_by_the_next_one_counted_from_its_end() {
    let leased = state("leased");
    let step = apply(&leased, "refused").unwrap();
    let due_at = at(NOW_S + 120);
    let expected = Delivery {
        state: DeliveryState::Pending { due_at },
        attempt_count: 2,
        last_attempt: Some(LastAttempt {
            at: at(NOW_S - 2),
            status_code: Some(500),
            failure_reason: Some(AttemptFailure::HttpStatus),
        }),
        updated_at: at(NOW_S),
        ..leased
    };
    assert_eq!(step.delivery, expected);
    assert_eq!(step.delivery.next_attempt_at(at(NOW_S)), Some(due_at));
}

#[test]
fn the_last_status_is_that_of_the_last_attempt() {
    fn check(outcome: AttemptOutcome, expected: Option<u16>) {
        let schedule = schedule();
        let input = Input::AttemptFinished {
            attempt_id: attempt_id(),
            started_at: at(NOW_S),
            outcome,
            after_failure: AfterFailure {
                schedule: &schedule,
                retention: Retention::ThreeDays,
                retry_after: None,
            },
        };
        let step = step(&state("leased"), input, at(NOW_S)).unwrap();
        assert_eq!(step.delivery.last_attempt.unwrap().status_code, expected);
        assert_eq!(step.attempt.unwrap().outcome, outcome);
    }
    check(AttemptOutcome::Refused { status_code: 302 }, Some(302));
    check(AttemptOutcome::Refused { status_code: 410 }, Some(410));
    check(AttemptOutcome::UrlRejected, Some(400));
    check(AttemptOutcome::NoAnswer(FailureReason::Timeout), None);
    check(
        AttemptOutcome::NoAnswer(FailureReason::SigningSecretUnavailable),
        None,
    );
}

#[test]
fn an_exhausted_delivery_keeps_its_payload_for_the_endpoints_retention() {
    fn check(input: &str, expected: Payload) {
        let step = apply(&state("leased"), input).unwrap();
        assert_eq!(step.delivery.payload, expected);
        assert_eq!(step.delivery.attempt_count, 3);
        assert_eq!(step.delivery.next_attempt_at(at(NOW_S)), None);
    }
    let kept = |hours| Payload::Stored {
        expires_at: at(NOW_S + hours * HOUR_S),
        reason: StoredReason::TerminalFailureRetention,
    };
    let scrubbed = Payload::Scrubbed {
        at: at(NOW_S),
        reason: ScrubReason::Expired,
    };
    check("last_0", scrubbed);
    check("last_24", kept(24));
    check("last_72", kept(72));
    check("last_168", kept(168));
}

#[test]
fn a_lost_lease_counts_as_a_failed_attempt_that_began_with_the_claim() {
    let step = apply(&state("lost"), "lease_over").unwrap();
    let claimed_at = at(NOW_S - LEASE_S);
    let attempt = step.attempt.unwrap();
    assert_eq!(
        attempt.outcome,
        AttemptOutcome::NoAnswer(FailureReason::LeaseExpired)
    );
    assert_eq!(attempt.attempted_at, claimed_at);
    assert_eq!(attempt.duration, Duration::from_secs(LEASE_S));
    let last_attempt = LastAttempt {
        at: claimed_at,
        status_code: None,
        failure_reason: Some(AttemptFailure::NoAnswer(FailureReason::LeaseExpired)),
    };
    assert_eq!(step.delivery.last_attempt, Some(last_attempt));
    assert_eq!(
        step.delivery.next_attempt_at(at(NOW_S)),
        Some(at(NOW_S + 120))
    );
}

#[test]
fn what_is_given_back_or_held_counts_no_attempt() {
    for input in ["released", "held"] {
        let leased = state("leased");
        let step = apply(&leased, input).unwrap();
        assert_eq!(step.attempt, None);
        assert_eq!(step.delivery.attempt_count, leased.attempt_count);
        assert_eq!(step.delivery.last_attempt, leased.last_attempt);
        assert_eq!(step.delivery.payload, leased.payload);
    }
}

#[test]
fn what_was_held_is_due_at_once_and_in_its_old_order() {
    let resumed = |claimed_s| {
        let mut held = state("held");
        held.state = DeliveryState::Held {
            due_at: at(claimed_s),
        };
        apply(&held, "resumed").unwrap().delivery.state
    };
    assert_eq!(resumed(5), DeliveryState::Pending { due_at: at(5) });
    assert_eq!(resumed(6), DeliveryState::Pending { due_at: at(6) });
}

#[test]
fn what_waited_for_its_time_is_due_at_once_and_keeps_its_count_and_payload() {
    let early = state("early");
    let step = apply(&early, "resumed").unwrap();
    let expected = Delivery {
        state: DeliveryState::Pending { due_at: at(NOW_S) },
        updated_at: at(NOW_S),
        ..early
    };
    assert_eq!((step.delivery, step.attempt), (expected, None));
}

#[test]
fn an_attempt_is_announced_until_it_is_due() {
    let early = state("early");
    let due_at = at(NOW_S + 1);
    assert_eq!(early.next_attempt_at(at(NOW_S)), Some(due_at));
    assert_eq!(early.next_attempt_at(due_at), None);
}

#[test]
fn a_held_delivery_whose_payload_is_over_fails_as_expired() {
    let held = Delivery {
        payload: state("over").payload,
        ..state("held")
    };
    let step = apply(&held, "payload_over").unwrap();
    assert_eq!(word(&Ok(step)), "expired");
}

#[test]
fn a_requeue_starts_a_full_cycle_with_the_same_payload() {
    for name in ["due", "early", "held", "kept"] {
        let before = state(name);
        let step = apply(&before, "requeued").unwrap();
        let expected = Delivery {
            state: DeliveryState::Pending { due_at: at(NOW_S) },
            attempt_count: 0,
            last_attempt: None,
            payload: Payload::Stored {
                expires_at: before.payload.expires_at().unwrap(),
                reason: StoredReason::PendingDelivery,
            },
            encryption_key_id: Some(key_id()),
            updated_at: at(NOW_S),
            ..before
        };
        assert_eq!(step.delivery, expected, "{name}");
        assert_eq!(step.delivery.next_attempt_at(at(NOW_S)), None);
        assert_eq!(step.attempt, None);
    }
}

#[test]
fn a_withdrawal_during_an_attempt_leaves_nothing_to_settle() {
    let withdrawn = apply(&state("leased"), "withdrawn").unwrap().delivery;
    assert!(apply(&withdrawn, "accepted").is_err());
    assert!(apply(&withdrawn, "requeued").is_err());
    assert_eq!(withdrawn.attempt_count, 1);
}

#[test]
fn a_refusal_names_the_public_state() {
    let refusal = apply(&state("held"), "claimed").unwrap_err();
    assert_eq!(refusal.to_string(), "a pending delivery cannot be claimed");
}

/// Claims the delivery the moment it is due and lets the attempt fail after `attempt_s`, until the
/// schedule has run out. Returns the last state and when each attempt began.
fn exhausted(
    schedule: &RetrySchedule,
    retention: Retention,
    attempt_s: u64,
) -> (Delivery, Vec<Timestamp>) {
    let timeout = AttemptOutcome::NoAnswer(FailureReason::Timeout);
    exhausted_by(timeout, None, schedule, retention, attempt_s)
}

fn exhausted_by(
    outcome: AttemptOutcome,
    retry_after: Option<Duration>,
    schedule: &RetrySchedule,
    retention: Retention,
    attempt_s: u64,
) -> (Delivery, Vec<Timestamp>) {
    let mut delivery = newborn(schedule, retention);
    let mut began = Vec::new();
    while let DeliveryState::Pending { due_at } = delivery.state {
        let claimed = Input::Claimed {
            lease: lease(due_at),
        };
        delivery = step(&delivery, claimed, due_at).unwrap().delivery;
        began.push(due_at);
        let failed = Input::AttemptFinished {
            attempt_id: attempt_id(),
            started_at: due_at,
            outcome,
            after_failure: AfterFailure {
                schedule,
                retention,
                retry_after,
            },
        };
        let ended_at = due_at.plus(Duration::from_secs(attempt_s));
        delivery = step(&delivery, failed, ended_at).unwrap().delivery;
    }
    (delivery, began)
}

#[test]
fn the_published_schedules_are_walked_to_their_end() {
    let RetrySchedules { standard, short } = RetrySchedules::default();
    let standard_s = [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 99_305];
    assert_eq!(standard_s[7], 27 * HOUR_S + 35 * 60 + 5);
    for retention in RETENTIONS {
        for (schedule, expected) in [(&standard, &standard_s[..]), (&short, &[0, 60, 180])] {
            let (delivery, began) = exhausted(schedule, retention, 0);
            let expected: Vec<_> = expected.iter().copied().map(at).collect();
            assert_eq!(began, expected, "{retention:?}");
            assert_eq!(delivery.state, DeliveryState::Failed);
            assert_eq!(
                usize::try_from(delivery.attempt_count).unwrap(),
                expected.len()
            );
        }
    }
}

#[test]
fn slow_attempts_push_the_schedule_back_and_none_is_lost() {
    let schedule = RetrySchedules::default().standard;
    for retention in RETENTIONS {
        let (delivery, began) = exhausted(&schedule, retention, 15);
        assert_eq!(began.last(), Some(&at(99_305 + 7 * 15)), "{retention:?}");
        let kept_until = at(99_305 + 8 * 15).plus(retention.duration());
        let expected = (retention != Retention::None).then_some(kept_until);
        assert_eq!(delivery.payload.expires_at(), expected);
    }
}

#[test]
fn a_single_attempt_is_made_even_if_nothing_is_retained_after_it() {
    let schedule = RetrySchedule::new(vec![Duration::ZERO]).unwrap();
    let (delivery, began) = exhausted(&schedule, Retention::None, 15);
    assert_eq!(began, [at(0)]);
    assert_eq!(delivery.payload.scrubbed_at(), Some(at(15)));
}

#[test]
fn a_lease_names_its_holder() {
    assert_eq!(LeaseHolder("d1".to_owned()).to_string(), "d1");
}
