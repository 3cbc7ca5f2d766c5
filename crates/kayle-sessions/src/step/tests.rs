//! Every status against every input as a table, then what each step says and counts.

use std::str::FromStr;

use super::*;
use crate::fixtures::{WINDOW_S, at, attempt_id, good_claims, key, opened, session_in, text};

mod laws;

/// Rows: inputs. Columns: the status before; the last two are active sessions past their window.
/// A cell is the status afterwards, or how the input was refused.
const TABLE: &str = "
input         created     in_progress succeeded failed   expired  cancelled created_late in_progress_late
begin         in_progress in_progress terminal  terminal terminal terminal  late         late
success       succeeded   succeeded   terminal  terminal terminal terminal  late         late
bad_claims    claims      claims      terminal  terminal terminal terminal  late         late
nfc           in_progress in_progress terminal  terminal terminal terminal  late         late
liveness      in_progress in_progress terminal  terminal terminal terminal  late         late
rescan        in_progress in_progress terminal  terminal terminal terminal  late         late
clone         failed      failed      terminal  terminal terminal terminal  late         late
window_passed early       early       terminal  terminal terminal terminal  expired      expired
cancel        cancelled   cancelled   terminal  terminal terminal terminal  late         late
";

fn reported(outcome: ReportedOutcome) -> Input {
    Input::AttemptReported {
        attempt_id: attempt_id(),
        outcome,
    }
}

fn failure(code: FailureCode) -> Input {
    reported(ReportedOutcome::Failed(code))
}

fn input(name: &str) -> Input {
    match name {
        "begin" => Input::Begin,
        "success" => reported(ReportedOutcome::Succeeded(good_claims())),
        "bad_claims" => reported(ReportedOutcome::Succeeded(Claims::new())),
        "nfc" => failure(FailureCode::DocumentAuthenticityFailed),
        "liveness" => failure(FailureCode::LivenessFailed),
        "rescan" => failure(FailureCode::DocumentDataInvalid),
        "clone" => failure(FailureCode::DocumentAntiCloningAttestationFailed),
        "window_passed" => Input::WindowPassed,
        "cancel" => Input::Cancel,
        unknown => panic!("no such input: {unknown}"),
    }
}

fn word(result: &Result<Step, Refusal>) -> &'static str {
    match result {
        Ok(step) => step.session.state.status().as_str(),
        Err(Refusal::Terminal(_)) => "terminal",
        Err(Refusal::PastWindow) => "late",
        Err(Refusal::InsideWindow) => "early",
        Err(Refusal::Claims(_)) => "claims",
    }
}

#[test]
fn every_status_takes_every_input_as_the_table_says() {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty());
    let columns: Vec<_> = lines.next().unwrap().split_whitespace().skip(1).collect();
    for line in lines {
        let (name, expected) = line.split_once(' ').unwrap();
        for (column, expected) in columns.iter().zip(expected.split_whitespace()) {
            let (status, now) = match column.strip_suffix("_late") {
                Some(status) => (status, at(WINDOW_S)),
                None => (*column, at(WINDOW_S - 1)),
            };
            let session = session_in(SessionStatus::from_str(status).unwrap());
            let result = step(session.clone(), input(name), now);
            assert_eq!(word(&result), expected, "{name} in {column}");
        }
    }
}

/// Walks a fresh session through failures; gives the last step.
fn after(codes: &[FailureCode]) -> Step {
    let mut session = opened();
    let mut last = None;
    for (code, second) in codes.iter().zip(1..) {
        let taken = step(session.clone(), failure(*code), at(second)).unwrap();
        session = taken.session.clone();
        last = Some(taken);
    }
    last.expect("at least one failure")
}

#[test]
fn three_failures_of_one_check_end_the_session_and_others_do_not_count() {
    use FailureCode::{
        DocumentActiveAuthenticationFailed as Active,
        DocumentAntiCloningAttestationFailed as Clone, DocumentAuthenticityFailed as Nfc,
        DocumentChipAuthenticationFailed as Chip, DocumentDataInvalid as Rescan,
        LivenessFailed as Liveness, SelfieFaceMismatch as Face,
    };
    fn check(codes: &[FailureCode], tries: (u8, u8), over: bool) {
        let step = after(codes);
        let session = &step.session;
        assert_eq!(
            (session.nfc_tries_used, session.liveness_tries_used),
            tries,
            "{codes:?}"
        );
        let last = *codes.last().unwrap();
        assert_eq!(
            session.state.failure_code(),
            over.then_some(last),
            "{codes:?}"
        );
        let mut expected = vec![EventData::AttemptFailed { failure_code: last }];
        expected.extend(over.then_some(EventData::SessionFailed {
            failure_code: last,
            nfc_tries_used: tries.0,
            liveness_tries_used: tries.1,
        }));
        assert_eq!(step.events, expected, "{codes:?}");
    }
    check(&[Nfc], (1, 0), false);
    check(&[Nfc, Active], (2, 0), false);
    check(&[Nfc, Active, Chip], (3, 0), true);
    check(&[Face, Liveness, Face], (0, 3), true);
    check(&[Nfc, Face, Chip, Liveness], (2, 2), false);
    check(&[Nfc, Face, Chip, Liveness, Active], (3, 2), true);
    check(&[Clone], (0, 0), true);
    check(&[Nfc, Liveness, Clone], (1, 1), true);
    check(&[Rescan; 20], (0, 0), false);
    check(&[Nfc, Rescan, Nfc, Rescan, Nfc], (3, 0), true);
}

#[test]
fn a_success_tells_the_portrait_in_the_attempt_event_only() {
    let step = step(opened(), input("success"), at(5)).unwrap();
    let mut told = good_claims();
    told.remove(&key("document_photo"));
    let expected = vec![
        EventData::AttemptSucceeded {
            claims: good_claims(),
        },
        EventData::SessionSucceeded { claims: told },
    ];
    assert_eq!(step.events, expected);
    assert_eq!(step.session.state.completed_at(), Some(at(5)));
}

#[test]
fn claims_that_were_not_asked_for_are_refused_by_name() {
    let mut claims = good_claims();
    claims.insert(key("sex_marker"), text("X"));
    let refusal = step(
        opened(),
        reported(ReportedOutcome::Succeeded(claims)),
        at(5),
    );
    let expected = InvalidClaims::NotInContract(key("sex_marker"));
    assert_eq!(refusal, Err(Refusal::Claims(expected)));
}

#[test]
fn an_attempt_remembers_how_far_the_session_had_come() {
    let first = step(opened(), input("nfc"), at(1)).unwrap();
    let second = step(first.session.clone(), input("clone"), at(2)).unwrap();
    let attempt = first.attempt.unwrap();
    assert_eq!(attempt.outcome.as_str(), "failed");
    assert_eq!(attempt.created_at, at(1));
    let earlier = second.session.clone().as_of(attempt.progress);
    let expected = Session {
        revision: second.session.revision,
        ..first.session
    };
    assert_eq!(earlier, expected);
    let last = second.attempt.unwrap();
    assert_eq!(second.session.clone().as_of(last.progress), second.session);
}

#[test]
fn a_cancel_says_whether_a_check_had_failed() {
    fn check(nfc_tries_used: u8, liveness_tries_used: u8, reason: CancelReason) {
        let session = Session {
            nfc_tries_used,
            liveness_tries_used,
            ..opened()
        };
        let step = step(session.clone(), Input::Cancel, at(3)).unwrap();
        let expected = EventData::SessionCancelled {
            reason,
            nfc_tries_used,
            liveness_tries_used,
        };
        assert_eq!(step.events, [expected]);
        assert_eq!(step.attempt, None);
    }
    check(0, 0, CancelReason::Cancelled);
    check(1, 0, CancelReason::CancelledAfterFailedCheck);
    check(0, 2, CancelReason::CancelledAfterFailedCheck);
}

#[test]
fn a_repeated_begin_changes_nothing() {
    let begun = step(opened(), Input::Begin, at(1)).unwrap();
    assert_eq!(
        (begun.session.revision, begun.session.updated_at),
        (1, at(1))
    );
    let again = step(begun.session.clone(), Input::Begin, at(2)).unwrap();
    assert_eq!(again, begun);
}

#[test]
fn an_overdue_session_expires_once_with_an_empty_event() {
    let expired = step(opened(), Input::WindowPassed, at(WINDOW_S + 9)).unwrap();
    assert_eq!(expired.events, [EventData::SessionExpired]);
    assert_eq!(expired.session.state.completed_at(), Some(at(WINDOW_S + 9)));
    let again = step(
        expired.session.clone(),
        Input::WindowPassed,
        at(WINDOW_S + 10),
    );
    assert_eq!(again, Err(Refusal::Terminal(SessionStatus::Expired)));
}
