//! Laws: what holds after any inputs in any order, however the clock moves.

use proptest::prelude::*;

use super::*;

/// What happens next; the moment and the schedule are the world's.
#[derive(Debug, Clone, Copy)]
enum Move {
    Claim,
    Finish(AttemptOutcome),
    Postpone(u64),
    LoseLease,
    Release,
    Hold,
    Resume,
    Requeue,
    Withdraw,
    ExpirePayload,
    DeleteEndpoint,
}

fn any_move() -> impl Strategy<Value = Move> {
    let refused = AttemptOutcome::Refused { status_code: 503 };
    prop_oneof![
        12 => Just(Move::Claim),
        8 => Just(Move::Finish(refused)),
        2 => Just(Move::Finish(AttemptOutcome::NoAnswer(FailureReason::Tls))),
        1 => Just(Move::Finish(AttemptOutcome::Accepted { status_code: 202 })),
        4 => (0..10_000_u64).prop_map(Move::Postpone),
        2 => Just(Move::LoseLease),
        1 => Just(Move::Release),
        1 => Just(Move::Hold),
        1 => Just(Move::Resume),
        1 => Just(Move::Requeue),
        1 => Just(Move::Withdraw),
        2 => Just(Move::ExpirePayload),
        1 => Just(Move::DeleteEndpoint),
    ]
}

/// Moves, each with the seconds since the one before: mostly as long as a schedule's delays.
fn any_story() -> impl Strategy<Value = Vec<(Move, u64)>> {
    let pause = prop_oneof![0..2_u64, 0..400_u64, 0..40_000_u64];
    prop::collection::vec((any_move(), pause), 0..80)
}

fn any_schedule() -> impl Strategy<Value = RetrySchedule> {
    let delays = prop::collection::vec((0..40_000_u64).prop_map(Duration::from_secs), 1..9);
    prop_oneof![
        Just(RetrySchedules::default().standard),
        Just(RetrySchedules::default().short),
        delays.prop_map(|delays| RetrySchedule::new(delays).unwrap()),
    ]
}

fn any_retention() -> impl Strategy<Value = Retention> {
    prop::sample::select(RETENTIONS.to_vec())
}

fn input(next: Move, after_failure: AfterFailure<'_>, now: Timestamp) -> Input<'_> {
    match next {
        Move::Claim => Input::Claimed { lease: lease(now) },
        Move::Finish(outcome) => Input::AttemptFinished {
            attempt_id: attempt_id(),
            started_at: now.minus(Duration::from_secs(1)),
            outcome,
            after_failure,
        },
        Move::Postpone(seconds) => Input::AttemptFinished {
            attempt_id: attempt_id(),
            started_at: now.minus(Duration::from_secs(1)),
            outcome: AttemptOutcome::Refused { status_code: 429 },
            after_failure: AfterFailure {
                retry_after: Some(Duration::from_secs(seconds)),
                ..after_failure
            },
        },
        Move::LoseLease => Input::LeaseExpired {
            attempt_id: attempt_id(),
            after_failure,
        },
        Move::Release => Input::Released { due_at: now },
        Move::Hold => Input::Held,
        Move::Resume => Input::Resumed,
        Move::Requeue => Input::Requeued,
        Move::Withdraw => Input::Withdrawn,
        Move::ExpirePayload => Input::PayloadExpired,
        Move::DeleteEndpoint => Input::EndpointDeleted,
    }
}

/// Every change of a story: the delivery before, and the step.
fn changes(
    story: &[(Move, u64)],
    schedule: &RetrySchedule,
    retention: Retention,
) -> Vec<(Delivery, Step)> {
    let after_failure = AfterFailure {
        schedule,
        retention,
        retry_after: None,
    };
    let mut delivery = newborn(schedule, retention);
    let mut now = at(0);
    let mut changes = Vec::new();
    for (next, pause_s) in story {
        now = now.plus(Duration::from_secs(*pause_s));
        if let Ok(step) = step(&delivery, input(*next, after_failure, now), now) {
            let before = std::mem::replace(&mut delivery, step.delivery.clone());
            changes.push((before, step));
        }
    }
    changes
}

fn waits(delivery: &Delivery) -> bool {
    delivery.status() == DeliveryStatus::Pending
}

proptest! {
    #[test]
    fn the_invariants_hold(
        story in any_story(), schedule in any_schedule(), retention in any_retention(),
    ) {
        prop_assert_eq!(invariants::check(&newborn(&schedule, retention)), Ok(()));
        for (_, step) in changes(&story, &schedule, retention) {
            prop_assert_eq!(invariants::check(&step.delivery), Ok(()));
        }
    }

    #[test]
    fn a_cycle_never_has_more_attempts_than_its_schedule(
        story in any_story(), schedule in any_schedule(), retention in any_retention(),
    ) {
        for (_, Step { delivery, .. }) in changes(&story, &schedule, retention) {
            let last = delivery.attempt_count.checked_sub(1);
            prop_assert!(last.is_none_or(|last| schedule.delay_after(last).is_some()));
            if schedule.delay_after(delivery.attempt_count).is_none() {
                let ended = [DeliveryStatus::Succeeded, DeliveryStatus::Failed];
                prop_assert!(ended.contains(&delivery.status()));
            }
        }
    }

    #[test]
    fn an_attempt_is_recorded_exactly_when_it_is_counted(
        story in any_story(), schedule in any_schedule(), retention in any_retention(),
    ) {
        for (before, step) in changes(&story, &schedule, retention) {
            let counted = step.delivery.attempt_count == before.attempt_count + 1;
            prop_assert_eq!(counted, step.attempt.is_some());
        }
    }

    #[test]
    fn an_attempt_that_is_put_off_is_at_most_an_hour_late_and_still_has_its_payload(
        story in any_story(), schedule in any_schedule(), retention in any_retention(),
    ) {
        for (_, Step { delivery, attempt }) in changes(&story, &schedule, retention) {
            let (Some(_), DeliveryState::Pending { due_at }) = (attempt, &delivery.state) else {
                continue;
            };
            let delay = schedule.delay_after(delivery.attempt_count).unwrap();
            let scheduled_at = delivery.updated_at.plus(delay);
            prop_assert!(scheduled_at <= *due_at);
            prop_assert!(*due_at <= scheduled_at.plus(RETRY_AFTER_MAX));
            let is_put_off = scheduled_at < *due_at;
            prop_assert!(!is_put_off || delivery.payload.is_retained(*due_at));
        }
    }

    #[test]
    fn resuming_never_makes_a_delivery_wait_longer(
        story in any_story(), schedule in any_schedule(), retention in any_retention(),
    ) {
        let stepped = changes(&story, &schedule, retention);
        for (before, _) in stepped.into_iter().filter(|(before, _)| waits(before)) {
            let now = at(1_000_000);
            let Ok(resumed) = step(&before, Input::Resumed, now) else { continue };
            let due_now = matches!(
                resumed.delivery.state, DeliveryState::Pending { due_at } if due_at <= now
            );
            prop_assert!(due_now);
            prop_assert_eq!(resumed.delivery.payload, before.payload);
            prop_assert_eq!(resumed.delivery.attempt_count, before.attempt_count);
        }
    }

    #[test]
    fn a_succeeded_delivery_never_changes(
        story in any_story(), schedule in any_schedule(), retention in any_retention(),
    ) {
        for (before, _) in changes(&story, &schedule, retention) {
            prop_assert_ne!(before.state, DeliveryState::Succeeded);
        }
    }

    #[test]
    fn a_scrubbed_payload_never_comes_back(
        story in any_story(), schedule in any_schedule(), retention in any_retention(),
    ) {
        for (before, _) in changes(&story, &schedule, retention) {
            prop_assert!(before.payload.scrubbed_at().is_none());
        }
    }

    #[test]
    fn a_retained_payload_is_kept_longer_only_by_exhaustion(
        story in any_story(),
        schedule in any_schedule(),
        retention in any_retention().prop_filter("retained", |kept| *kept != Retention::None),
    ) {
        for (before, step) in changes(&story, &schedule, retention) {
            let exhausted = step.delivery.state == DeliveryState::Failed && step.attempt.is_some();
            let later = before.payload.expires_at() < step.delivery.payload.expires_at();
            prop_assert!(!later || exhausted);
        }
    }

    #[test]
    fn a_payload_without_retention_outlives_its_next_attempt_by_minutes_at_the_most(
        story in any_story(), schedule in any_schedule(),
    ) {
        for (before, step) in changes(&story, &schedule, Retention::None) {
            let expires_at = step.delivery.payload.expires_at();
            if before.payload.expires_at() < expires_at {
                let due_at = step.delivery.next_attempt_at(step.delivery.updated_at);
                let due_at = due_at.unwrap_or(step.delivery.updated_at);
                prop_assert_eq!(expires_at, Some(due_at.plus(LATENESS_MAX)));
            }
        }
    }
}
