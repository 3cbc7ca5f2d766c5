use kayle_events::FailureCode;
use strum::IntoEnumIterator;

use super::*;
use crate::fixtures::{WINDOW_S, at, session_in};
use crate::session::SessionStatus;

const RECEIVED: [Received; 3] = [Received::ByNobody, Received::BySome, Received::ByAll];

fn withdrawn(status: SessionStatus, received: Received) -> Withdrawal {
    let session = Session {
        nfc_tries_used: 2,
        ..session_in(status)
    };
    withdraw(&session, received, at(9)).unwrap()
}

#[test]
fn a_withdrawal_does_what_the_status_and_the_receivers_allow() {
    fn check(
        status: SessionStatus,
        received: &[Received],
        after: SessionStatus,
        reason: Option<CancelReason>,
        payloads: StoredPayloads,
    ) {
        let expected = reason.map(|reason| EventData::SessionCancelled {
            reason,
            nfc_tries_used: 2,
            liveness_tries_used: 0,
        });
        for received in received {
            let withdrawal = withdrawn(status, *received);
            assert_eq!(
                withdrawal.session.state.status(),
                after,
                "{status}, {received:?}"
            );
            assert_eq!(withdrawal.event, expected, "{status}, {received:?}");
            assert_eq!(withdrawal.payloads, payloads, "{status}, {received:?}");
        }
    }
    use Received::{ByAll, ByNobody, BySome};
    use SessionStatus::{Cancelled, Created, Expired, Failed, InProgress, Succeeded};
    use StoredPayloads::{Keep, Scrub};
    let ordinary = Some(CancelReason::CancelledAfterFailedCheck);
    let success = Some(CancelReason::PrivacyCancelledAfterTerminalSuccess);
    let failure = Some(CancelReason::PrivacyCancelledAfterTerminalFailure);
    check(Created, &RECEIVED, Cancelled, ordinary, Scrub);
    check(InProgress, &RECEIVED, Cancelled, ordinary, Scrub);
    check(Succeeded, &[ByNobody], Cancelled, success, Scrub);
    check(Succeeded, &[BySome], Succeeded, success, Scrub);
    check(Succeeded, &[ByAll], Succeeded, None, Scrub);
    check(Failed, &[ByNobody], Cancelled, failure, Scrub);
    check(Failed, &[BySome], Failed, failure, Scrub);
    check(Failed, &[ByAll], Failed, None, Scrub);
    check(Expired, &RECEIVED, Expired, None, Keep);
    check(Cancelled, &RECEIVED, Cancelled, None, Keep);
}

#[test]
fn every_withdrawal_is_one_marked_revision() {
    for status in SessionStatus::iter() {
        for received in RECEIVED {
            let session = withdrawn(status, received).session;
            assert_eq!(session.withdrawn_at, Some(at(9)), "{status}");
            assert_eq!(session.updated_at, at(9), "{status}");
            assert_eq!(session.revision, 1, "{status}");
        }
    }
}

#[test]
fn an_ended_session_keeps_the_moment_it_ended_and_loses_what_identifies() {
    for status in [SessionStatus::Succeeded, SessionStatus::Failed] {
        for received in RECEIVED {
            let session = withdrawn(status, received).session;
            assert_eq!(
                session.state.completed_at(),
                Some(at(7)),
                "{status}, {received:?}"
            );
            assert_eq!(session.redirect_url, None, "{status}, {received:?}");
        }
    }
}

#[test]
fn a_failed_session_that_stays_failed_keeps_its_reason() {
    let stays = withdrawn(SessionStatus::Failed, Received::BySome)
        .session
        .state;
    assert_eq!(stays.failure_code(), Some(FailureCode::LivenessFailed));
    let cancelled = withdrawn(SessionStatus::Failed, Received::ByNobody)
        .session
        .state;
    assert_eq!(cancelled.failure_code(), None);
}

#[test]
fn an_overdue_session_must_be_expired_first() {
    let session = session_in(SessionStatus::InProgress);
    let refusal = withdraw(&session, Received::ByNobody, at(WINDOW_S)).unwrap_err();
    assert_eq!(refusal, Refusal::PastWindow);
}
