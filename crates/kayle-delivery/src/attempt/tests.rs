use strum::IntoEnumIterator;

use super::*;

fn every_outcome() -> Vec<AttemptOutcome> {
    let answered = [200, 204, 299, 302, 410, 500].map(AttemptOutcome::from_status_code);
    let unanswered = FailureReason::iter()
        .map(AttemptOutcome::NoAnswer)
        .collect::<Vec<_>>();
    let unsent = [AttemptOutcome::NotEncrypted, AttemptOutcome::UrlRejected];
    let blocked = ["10.0.0.1", "fe80::1"].map(|address| AttemptOutcome::Blocked {
        address: address.parse().unwrap(),
    });
    [&answered[..], &unanswered[..], &unsent[..], &blocked[..]].concat()
}

#[test]
fn only_200_to_299_is_success() {
    fn check(status_code: u16, expected: AttemptStatus) {
        let outcome = AttemptOutcome::from_status_code(status_code);
        assert_eq!(outcome.status(), expected, "{status_code}");
        assert_eq!(outcome.status_code(), Some(status_code));
    }
    check(100, AttemptStatus::Failed);
    check(199, AttemptStatus::Failed);
    check(200, AttemptStatus::Succeeded);
    check(299, AttemptStatus::Succeeded);
    check(300, AttemptStatus::Failed);
    check(307, AttemptStatus::Failed);
    check(410, AttemptStatus::Failed);
    check(429, AttemptStatus::Failed);
    check(503, AttemptStatus::Failed);
}

#[test]
fn what_is_recorded_is_what_the_contract_names() {
    fn check(outcome: AttemptOutcome, status_code: Option<u16>, failure_reason: Option<&str>) {
        assert_eq!(outcome.status_code(), status_code, "{outcome:?}");
        let recorded = outcome.failure_reason().map(AttemptFailure::as_str);
        assert_eq!(recorded, failure_reason, "{outcome:?}");
    }
    let no_answer = AttemptOutcome::NoAnswer;
    check(AttemptOutcome::from_status_code(204), Some(204), None);
    check(
        AttemptOutcome::from_status_code(302),
        Some(302),
        Some("http_status"),
    );
    check(AttemptOutcome::UrlRejected, Some(400), Some("url_rejected"));
    check(AttemptOutcome::NotEncrypted, None, None);
    check(no_answer(FailureReason::Timeout), None, Some("timeout"));
    check(no_answer(FailureReason::Dns), None, Some("dns"));
    check(no_answer(FailureReason::Connect), None, Some("connect"));
    check(no_answer(FailureReason::Tls), None, Some("tls"));
    check(
        no_answer(FailureReason::BlockedAddress),
        None,
        Some("blocked_address"),
    );
    check(
        no_answer(FailureReason::SigningSecretUnavailable),
        None,
        Some("signing_secret_unavailable"),
    );
    check(
        no_answer(FailureReason::LeaseExpired),
        None,
        Some("lease_expired"),
    );
}

#[test]
fn every_outcome_is_read_back_from_its_record() {
    for outcome in every_outcome() {
        let read = AttemptOutcome::from_recorded(
            outcome.status_code(),
            outcome.failure_reason(),
            outcome.refused_address(),
        );
        assert_eq!(read, Some(outcome));
    }
}

#[test]
fn a_record_that_nobody_wrote_is_not_read() {
    let timeout = AttemptFailure::NoAnswer(FailureReason::Timeout);
    let http_status = AttemptFailure::HttpStatus;
    for (status_code, failure) in [(Some(200), timeout), (None, http_status)] {
        let read = AttemptOutcome::from_recorded(status_code, Some(failure), None);
        assert_eq!(read, None);
    }
}

#[test]
fn every_reason_is_read_back_from_its_name_alone() {
    for reason in AttemptFailure::iter() {
        assert_eq!(reason.as_str().parse(), Ok(reason));
        assert!(
            reason
                .as_str()
                .to_uppercase()
                .parse::<AttemptFailure>()
                .is_err()
        );
    }
}

#[test]
fn only_429_and_503_say_when_to_come_again() {
    let postponed: Vec<AttemptOutcome> = (100..=599)
        .map(AttemptOutcome::from_status_code)
        .chain(every_outcome())
        .filter(|outcome| outcome.is_postponed())
        .collect();
    let expected = [429, 503].map(AttemptOutcome::from_status_code);
    assert_eq!(postponed, expected);
}

#[test]
fn a_date_to_come_again_is_judged_by_the_clock_and_a_delay_is_not() {
    let date = Timestamp::from_unix_ms(90_000);
    let delay =
        |retry_after: RetryAfter, wall_ms| retry_after.delay(Timestamp::from_unix_ms(wall_ms));
    assert_eq!(
        delay(RetryAfter::Date(date), 60_000),
        Duration::from_secs(30)
    );
    assert_eq!(delay(RetryAfter::Date(date), 90_000), Duration::ZERO);
    assert_eq!(
        delay(RetryAfter::Date(date), 95_000),
        Duration::ZERO,
        "it has passed"
    );
    let two_minutes = Duration::from_mins(2);
    assert_eq!(delay(RetryAfter::Delay(two_minutes), 60_000), two_minutes);
}
