use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Returns a machine that has claimed all that is due; the next is due after this time.
fn idle_until(due_after: Option<Duration>) -> Pace {
    let mut pace = Pace::new();
    assert_eq!(pace.next(ms(0)), Act::Claim);
    pace.claimed(ClaimEnd::AllDue(0), ms(0));
    assert_eq!(pace.next(ms(0)), Act::Settle);
    pace.settled(0, ms(0));
    assert_eq!(pace.next(ms(0)), Act::Look);
    pace.looked(due_after, ms(0));
    pace
}

#[test]
fn an_idle_loop_looks_once_a_second_and_claims_nothing() {
    let mut pace = idle_until(None);
    for second in 1..4 {
        assert_eq!(
            pace.next(ms(1000 * second - 1)),
            Act::WaitUntil(ms(1000 * second))
        );
        assert_eq!(pace.next(ms(1000 * second)), Act::Look);
        pace.looked(None, ms(1000 * second));
    }
    assert_eq!(pace.next(ms(4000)), Act::Look);
    pace.looked(Some(ms(0)), ms(4000));
    assert_eq!(pace.next(ms(4000)), Act::Claim, "a wake-up was lost");
}

#[test]
fn it_claims_when_something_is_due_and_looks_again_before_that_takes_long() {
    for (due_after, waits, then) in [
        (400, 400, Act::Claim),
        (1000, 1000, Act::Claim),
        (5000, 1000, Act::Look),
        // It could not be claimed just now.
        (0, 100, Act::Claim),
    ] {
        let pace = idle_until(Some(ms(due_after)));
        assert_eq!(pace.next(ms(1)), Act::WaitUntil(ms(waits)));
        assert_eq!(pace.next(ms(waits)), then);
    }
}

#[test]
fn who_wakes_it_has_it_claim_at_once() {
    let mut pace = idle_until(None);
    pace.woken();
    assert_eq!(pace.next(ms(3)), Act::Claim);
}

#[test]
fn a_lone_result_is_settled_at_once_and_those_behind_it_together() {
    let mut pace = idle_until(None);
    pace.ended();
    assert_eq!(pace.next(ms(50)), Act::Settle);
    pace.settled(1, ms(52));
    assert_eq!(pace.next(ms(52)), Act::WaitUntil(ms(1000)));
    assert!(pace.heeds_ends());
    pace.ended();
    assert!(!pace.heeds_ends());
    assert_eq!(pace.next(ms(53)), Act::WaitUntil(ms(72)));
    assert_eq!(pace.next(ms(72)), Act::Settle);
    pace.settled(7, ms(73));
    assert_eq!(pace.next(ms(73)), Act::WaitUntil(ms(1000)));
}

#[test]
fn results_are_not_gathered_while_something_waits_for_their_room() {
    let mut pace = Pace::new();
    pace.claimed(ClaimEnd::NoRoom(32), ms(0));
    pace.settled(1, ms(1));
    assert_eq!(pace.next(ms(1)), Act::Claim, "what had ended made room");
    pace.claimed(ClaimEnd::NoRoom(1), ms(2));
    pace.settled(0, ms(2));
    assert_eq!(pace.next(ms(2)), Act::WaitUntil(ms(1002)));
    pace.ended();
    assert_eq!(pace.next(ms(3)), Act::Settle);
    pace.settled(1, ms(4));
    assert_eq!(pace.next(ms(4)), Act::Claim);
}

/// The stall that was once there: all that was under way ended while a claim that found no room was
/// made, and nothing was left whose end would have been noticed.
#[test]
fn what_ends_during_a_claim_is_settled_after_it() {
    let mut pace = Pace::new();
    pace.claimed(ClaimEnd::NoRoom(32), ms(0));
    assert_eq!(pace.next(ms(0)), Act::Settle);
    pace.settled(32, ms(1));
    assert_eq!(pace.next(ms(1)), Act::Claim);
}

#[test]
fn a_full_batch_is_followed_by_another() {
    let mut pace = Pace::new();
    pace.claimed(ClaimEnd::FullBatch(100), ms(0));
    assert_eq!(pace.next(ms(0)), Act::Settle);
    pace.settled(0, ms(0));
    assert_eq!(pace.next(ms(0)), Act::Claim);
}

#[test]
fn a_store_that_fails_is_left_alone_and_then_asked_for_everything() {
    let mut pace = idle_until(None);
    pace.ended();
    pace.failed(ms(100));
    pace.woken();
    assert_eq!(pace.next(ms(100)), Act::PauseUntil(ms(350)));
    assert_eq!(pace.next(ms(350)), Act::Settle);
    pace.settled(1, ms(351));
    assert_eq!(pace.next(ms(351)), Act::Claim);
}
