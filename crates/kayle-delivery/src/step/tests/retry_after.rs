//! Attempts that are later because their endpoint asks for it (contract 14.9).

use super::*;

/// What the short schedule says after the second attempt, in seconds.
const DELAY_S: u64 = 120;

/// Returns how many seconds later the next attempt is due if the endpoint answers so, with a
/// payload that is kept for a long time.
fn due_in_s(status_code: u16, retry_after_s: Option<u64>) -> u64 {
    let step = refused(
        &state("leased"),
        status_code,
        retry_after_s,
        Retention::ThreeDays,
    );
    assert_eq!(step.delivery.attempt_count, 2);
    waits_s(&step)
}

fn refused(
    delivery: &Delivery,
    status_code: u16,
    retry_after_s: Option<u64>,
    retention: Retention,
) -> Step {
    let input = Input::AttemptFinished {
        attempt_id: attempt_id(),
        started_at: at(NOW_S - 2),
        outcome: AttemptOutcome::from_status_code(status_code),
        after_failure: AfterFailure {
            schedule: &schedule(),
            retention,
            retry_after: retry_after_s.map(Duration::from_secs),
        },
    };
    step(delivery, input, at(NOW_S)).unwrap()
}

fn waits_s(step: &Step) -> u64 {
    let next = step.delivery.next_attempt_at(at(NOW_S)).unwrap();
    next.since(at(NOW_S)).as_secs()
}

/// Returns the delivery under way whose payload is kept for so many seconds more.
fn kept_for(seconds: u64) -> Delivery {
    Delivery {
        payload: Payload::Stored {
            expires_at: at(NOW_S + seconds),
            reason: StoredReason::PendingDelivery,
        },
        ..state("leased")
    }
}

#[test]
fn a_busy_endpoint_is_left_alone_for_as_long_as_it_asks() {
    for status_code in [429, 503] {
        assert_eq!(due_in_s(status_code, Some(121)), 121);
        assert_eq!(due_in_s(status_code, Some(900)), 900);
    }
}

#[test]
fn no_attempt_is_earlier_than_its_schedule() {
    for seconds in [None, Some(0), Some(1), Some(119), Some(120)] {
        assert_eq!(due_in_s(503, seconds), DELAY_S, "{seconds:?}");
    }
}

#[test]
fn no_attempt_is_more_than_an_hour_later_than_its_schedule() {
    let latest_s = DELAY_S + HOUR_S;
    assert_eq!(due_in_s(503, Some(latest_s - 1)), latest_s - 1);
    for seconds in [
        latest_s,
        latest_s + 1,
        86_400,
        u64::from(u32::MAX),
        u64::MAX,
    ] {
        assert_eq!(due_in_s(503, Some(seconds)), latest_s, "{seconds}");
    }
}

#[test]
fn other_answers_cannot_ask_for_a_later_attempt() {
    for status_code in [301, 400, 408, 413, 425, 500, 502, 504] {
        assert_eq!(due_in_s(status_code, Some(900)), DELAY_S, "{status_code}");
    }
}

#[test]
fn an_attempt_is_put_off_only_while_its_payload_can_still_be_claimed() {
    let lateness_s = LATENESS_MAX.as_secs();
    let due_in_s = |kept_s| {
        let delivery = kept_for(kept_s);
        let step = refused(&delivery, 503, Some(HOUR_S), Retention::OneDay);
        assert_eq!(step.delivery.payload, delivery.payload);
        waits_s(&step)
    };
    assert_eq!(due_in_s(HOUR_S + lateness_s), HOUR_S);
    assert_eq!(due_in_s(1_000 + lateness_s), 1_000);
    assert_eq!(due_in_s(DELAY_S + lateness_s), DELAY_S);
    assert_eq!(due_in_s(DELAY_S + 1), DELAY_S, "its schedule stays");
}

#[test]
fn a_payload_without_retention_is_not_kept_longer_because_its_endpoint_asks() {
    let asked = refused(&kept_for(60), 503, Some(HOUR_S), Retention::None);
    let unasked = refused(&kept_for(60), 503, None, Retention::None);
    assert_eq!(asked, unasked);
}

#[test]
fn an_endpoint_that_always_asks_for_more_time_gets_as_many_attempts() {
    let RetrySchedules { standard, short } = RetrySchedules::default();
    let busy = AttemptOutcome::from_status_code(503);
    let a_day = Some(Duration::from_hours(24));
    for retention in RETENTIONS {
        for (schedule, attempts) in [(&standard, 8), (&short, 3)] {
            let (delivery, began) = exhausted_by(busy, a_day, schedule, retention, 15);
            assert_eq!(began.len(), attempts, "{retention:?}");
            assert_eq!(delivery.state, DeliveryState::Failed);
        }
    }
}
