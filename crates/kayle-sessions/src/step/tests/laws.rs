//! Laws: what holds after any inputs in any order.

use proptest::prelude::*;

use super::*;

const INPUTS: [&str; 9] = [
    "begin",
    "success",
    "bad_claims",
    "nfc",
    "liveness",
    "rescan",
    "clone",
    "window_passed",
    "cancel",
];

/// Inputs, each with the seconds since the one before: now and then past the window.
fn any_story() -> impl Strategy<Value = Vec<(&'static str, u64)>> {
    let frequent = prop::sample::select(vec!["begin", "nfc", "liveness", "rescan"]);
    let name = prop_oneof![3 => frequent, 1 => prop::sample::select(INPUTS.to_vec())];
    let pause = prop_oneof![4 => 0..60_u64, 1 => 0..2 * WINDOW_S];
    prop::collection::vec((name, pause), 0..30)
}

/// Every accepted step of a story, with the session before it.
fn steps(story: &[(&str, u64)]) -> Vec<(Session, Step)> {
    let mut session = opened();
    let mut second = 0;
    let mut steps = Vec::new();
    for (name, pause_s) in story {
        second += pause_s;
        if let Ok(step) = step(session.clone(), input(name), at(second)) {
            let before = std::mem::replace(&mut session, step.session.clone());
            steps.push((before, step));
        }
    }
    steps
}

fn is_terminal(event: &EventData) -> bool {
    match event {
        EventData::SessionSucceeded { .. }
        | EventData::SessionFailed { .. }
        | EventData::SessionExpired
        | EventData::SessionCancelled { .. } => true,
        EventData::AttemptSucceeded { .. } | EventData::AttemptFailed { .. } => false,
    }
}

proptest! {
    #[test]
    fn a_session_ends_at_most_once_and_says_so(story in any_story()) {
        let steps = steps(&story);
        let told = steps.iter().flat_map(|(_, step)| &step.events).filter(|event| is_terminal(event));
        let ended = steps.last().is_some_and(|(_, step)| !step.session.state.is_active());
        prop_assert_eq!(told.count(), usize::from(ended));
    }

    #[test]
    fn an_ended_session_takes_no_step(story in any_story()) {
        for (before, _) in steps(&story) {
            prop_assert!(before.state.is_active());
        }
    }

    #[test]
    fn counters_grow_to_three_at_the_most(story in any_story()) {
        for (before, Step { session, .. }) in steps(&story) {
            for (used, was) in [
                (session.nfc_tries_used, before.nfc_tries_used),
                (session.liveness_tries_used, before.liveness_tries_used),
            ] {
                prop_assert!(was <= used && used <= was + 1 && used <= TRIES_MAX);
                prop_assert!(used < TRIES_MAX || !session.state.is_active());
            }
        }
    }

    #[test]
    fn every_change_is_one_revision(story in any_story()) {
        for (before, step) in steps(&story) {
            let changed = u32::from(before != step.session);
            prop_assert_eq!(step.session.revision, before.revision + changed);
        }
    }

    #[test]
    fn every_attempt_has_its_event_first(story in any_story()) {
        for (_, step) in steps(&story) {
            let first_is_attempt = step.events.first().is_some_and(|event| !is_terminal(event));
            prop_assert_eq!(step.attempt.is_some(), first_is_attempt);
        }
    }
}
