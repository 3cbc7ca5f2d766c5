use std::str::FromStr;

use strum::IntoEnumIterator;

use super::*;
use crate::fixtures::{WINDOW_S, at, opened, session_in};

#[test]
fn a_session_is_opened_for_the_length_of_its_window() {
    let session = opened();
    assert_eq!(session.state, SessionState::Created);
    assert_eq!(
        (session.nfc_tries_used, session.liveness_tries_used),
        (0, 0)
    );
    assert_eq!(session.expires_at, at(WINDOW_S));
    assert_eq!((session.created_at, session.updated_at), (at(0), at(0)));
    assert_eq!((session.withdrawn_at, session.revision), (None, 0));
}

#[test]
fn only_an_active_session_is_overdue_and_from_the_end_of_its_window_on() {
    for status in SessionStatus::iter() {
        let session = session_in(status);
        assert!(!session.is_overdue(at(WINDOW_S - 1)), "{status}");
        assert_eq!(
            session.is_overdue(at(WINDOW_S)),
            session.state.is_active(),
            "{status}"
        );
    }
}

#[test]
fn every_status_is_read_back_from_its_name() {
    for status in SessionStatus::iter() {
        assert_eq!(SessionStatus::from_str(status.as_str()), Ok(status));
        assert_eq!(session_in(status).state.status(), status);
    }
    assert!(SessionStatus::from_str("canceled").is_err());
}

#[test]
fn a_state_carries_what_is_true_in_it() {
    for status in SessionStatus::iter() {
        let state = session_in(status).state;
        assert_eq!(
            state.completed_at().is_none(),
            state.is_active(),
            "{status}"
        );
        let failed = status == SessionStatus::Failed;
        assert_eq!(state.failure_code().is_some(), failed, "{status}");
    }
}

#[test]
fn a_withdrawn_or_cancelled_session_is_suppressed_unless_it_had_expired() {
    fn check(status: SessionStatus, withdrawn: bool, expected: bool) {
        let session = Session {
            withdrawn_at: withdrawn.then(|| at(9)),
            ..session_in(status)
        };
        assert_eq!(session.is_suppressed(), expected, "{status}, {withdrawn}");
    }
    check(SessionStatus::Created, false, false);
    check(SessionStatus::InProgress, false, false);
    check(SessionStatus::Succeeded, false, false);
    check(SessionStatus::Failed, false, false);
    check(SessionStatus::Expired, false, false);
    check(SessionStatus::Cancelled, false, true);
    check(SessionStatus::Succeeded, true, true);
    check(SessionStatus::Failed, true, true);
    check(SessionStatus::Expired, true, false);
    check(SessionStatus::Cancelled, true, true);
}
