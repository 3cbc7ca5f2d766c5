use kayle_primitives::DeliveryAttemptId;
use std::time::Duration;
use strum::IntoEnumIterator;

use super::*;
use crate::Phases;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn attempt(outcome: AttemptOutcome) -> Attempt {
    Attempt {
        id: DeliveryAttemptId::parse("wha_1").unwrap(),
        delivery_id: kayle_primitives::DeliveryId::parse("whd_1").unwrap(),
        outcome,
        duration: ms(42),
        attempted_at: at("2026-05-05T11:00:00Z"),
        phases: Phases::default(),
        test: None,
    }
}

/// Returns the activity of one delivery that took so long.
fn delivered(took: Duration) -> Activity {
    let mut activity = Activity::default();
    activity.deliveries.delivered = 1;
    activity.latency.count(took);
    activity
}

#[test]
fn bounds_are_about_a_root_of_two_apart_and_then_double() {
    for pair in LATENCY_BOUNDS_MS.windows(2) {
        let (low, high) = (pair[0], pair[1]);
        let is_root = (13..=15).contains(&(high * 10 / low)) || low == 5;
        assert!(
            is_root || high == 2 * low || high == 172_800_000,
            "{low} {high}"
        );
    }
    assert_eq!(LATENCY_BOUNDS_MS[..24], ANSWER_BOUNDS_MS);
}

#[test]
fn a_percentile_is_the_bound_that_so_many_did_not_exceed() {
    let mut latency = Latency::default();
    assert_eq!(latency.percentile(50), None);
    for took in 1..=100 {
        latency.count(ms(took));
    }
    assert_eq!(latency.percentile(50), Some(57));
    assert_eq!(latency.percentile(80), Some(80));
    assert_eq!(latency.percentile(81), Some(113));
    assert_eq!(latency.percentile(100), Some(113));
}

#[test]
fn a_duration_at_a_bound_belongs_to_it_and_the_longest_to_the_last() {
    fn check(took: Duration, expected: u64) {
        let mut latency = Latency::default();
        latency.count(took);
        assert_eq!(latency.percentile(1), Some(expected), "{took:?}");
        assert_eq!(latency.total(), 1);
    }
    check(ms(0), 5);
    check(ms(5), 5);
    check(ms(6), 7);
    check(ms(15_000), 15_000);
    check(ms(15_001), 30_000);
    check(Duration::from_hours(72), 172_800_000);
    check(Duration::MAX, 172_800_000);
}

#[test]
fn counts_are_read_back_only_if_there_are_as_many() {
    let mut answers = AnswerTimes::default();
    answers.count(ms(100));
    assert_eq!(AnswerTimes::from_counts(answers.counts()), Some(answers));
    assert_eq!(AnswerTimes::from_counts(&[0; 23]), None);
    assert_eq!(Latency::from_counts(answers.counts()), None);
}

#[test]
fn every_outcome_of_an_attempt_is_counted_once_or_is_no_request() {
    fn check(outcome: AttemptOutcome, of: impl Fn(&mut AttemptCounts) -> &mut u64, answers: u64) {
        let mut activity = Activity::default();
        activity.count_attempt(&attempt(outcome));
        let mut expected = AttemptCounts::default();
        *of(&mut expected) += 1;
        assert_eq!(activity.attempts, expected, "{outcome:?}");
        assert_eq!(activity.answers.total(), answers, "{outcome:?}");
    }
    check(
        AttemptOutcome::Accepted { status_code: 204 },
        |it| &mut it.http_2xx,
        1,
    );
    for (status_code, of) in [
        (
            100,
            (|it| &mut it.http_3xx) as fn(&mut AttemptCounts) -> &mut u64,
        ),
        (302, |it| &mut it.http_3xx),
        (400, |it| &mut it.http_4xx),
        (499, |it| &mut it.http_4xx),
        (500, |it| &mut it.http_5xx),
        (999, |it| &mut it.http_5xx),
    ] {
        check(AttemptOutcome::Refused { status_code }, of, 1);
    }
    for reason in FailureReason::iter() {
        let of: fn(&mut AttemptCounts) -> &mut u64 = match reason {
            FailureReason::Timeout => |it| &mut it.timeout,
            FailureReason::Dns | FailureReason::Connect | FailureReason::Tls => {
                |it| &mut it.unreachable
            }
            FailureReason::BlockedAddress => |it| &mut it.blocked,
            FailureReason::SigningSecretUnavailable | FailureReason::LeaseExpired => {
                |it| &mut it.interrupted
            }
        };
        check(AttemptOutcome::NoAnswer(reason), of, 0);
    }
    let address = std::net::Ipv4Addr::LOCALHOST.into();
    check(AttemptOutcome::Blocked { address }, |it| &mut it.blocked, 0);
    check(AttemptOutcome::UrlRejected, |it| &mut it.blocked, 0);

    let mut activity = Activity::default();
    activity.count_attempt(&attempt(AttemptOutcome::NotEncrypted));
    assert_eq!(activity, Activity::default());
}

#[test]
fn a_range_ends_with_the_bucket_of_now() {
    fn check(range: ActivityRange, from: &str, to: &str) {
        let span = range.span(at("2026-05-05T11:07:30Z"));
        let expected = Span {
            from: at(from),
            to: at(to),
        };
        assert_eq!(span, expected, "{range:?}");
    }
    check(
        ActivityRange::Hour,
        "2026-05-05T10:08:00Z",
        "2026-05-05T11:08:00Z",
    );
    check(
        ActivityRange::Day,
        "2026-05-04T12:00:00Z",
        "2026-05-05T12:00:00Z",
    );
    check(
        ActivityRange::Week,
        "2026-04-28T12:00:00Z",
        "2026-05-05T12:00:00Z",
    );
    check(
        ActivityRange::Month,
        "2026-04-06T00:00:00Z",
        "2026-05-06T00:00:00Z",
    );
}

#[test]
fn what_was_counted_stands_in_its_bucket_and_nowhere_else() {
    for range in ActivityRange::iter() {
        let span = range.span(at("2026-05-05T11:07:30Z"));
        let one = delivered(ms(30));
        let moments = [
            span.from,
            span.to.minus(ms(1)),
            span.to,
            span.from.minus(ms(1)),
        ];
        let counted = moments.map(|at| (at, &one));
        let buckets = in_buckets(range, span, span.from, counted);
        assert_eq!(buckets.len(), range.buckets() as usize);
        let delivered: Vec<u64> = buckets
            .iter()
            .map(|bucket| bucket.activity.as_ref().unwrap().deliveries.delivered)
            .collect();
        assert_eq!(
            (delivered[0], *delivered.last().unwrap()),
            (1, 1),
            "{range:?}"
        );
        assert_eq!(delivered.iter().sum::<u64>(), 2, "{range:?}");
        let total = total(&buckets).unwrap();
        assert_eq!(total.deliveries.delivered, 2);
        assert_eq!(total.latency.percentile(99), Some(40));
    }
}

#[test]
fn nothing_is_known_of_buckets_that_were_over_before() {
    let range = ActivityRange::Day;
    let span = range.span(at("2026-05-05T11:07:30Z"));
    let buckets = in_buckets(range, span, at("2026-05-05T09:30:00Z"), []);
    let known: Vec<bool> = buckets
        .iter()
        .map(|bucket| bucket.activity.is_some())
        .collect();
    let mut expected = vec![false; 21];
    expected.extend([true; 3]);
    assert_eq!(known, expected);
    assert_eq!(total(&buckets), Some(Activity::default()));
    assert_eq!(total(&buckets[..21]), None);
}

#[test]
fn what_is_erased_is_no_failure() {
    let mut counts = DeliveryCounts::default();
    assert_eq!(counts.success_rate(), None);
    counts.erased = 5;
    assert_eq!(counts.success_rate(), None);
    counts.delivered = 3;
    counts.unsendable = 1;
    assert_eq!(counts.success_rate(), Some(0.75));
}

#[test]
fn counts_stand_in_their_bucket_and_add_up() {
    let now = at("2026-05-05T11:07:30Z");
    let range = ActivityRange::Day;
    let span = range.span(now);
    let mut counts = Counts::default();
    counts.deliveries.delivered = 2;
    counts.deliveries.unsendable = 1;
    counts.attempts.http_2xx = 2;
    counts.attempts.timeout = 1;
    let before = span.from.minus(ms(1));
    let counted = [
        (now, &counts),
        (span.from, &counts),
        (now, &counts),
        (before, &counts),
    ];
    let buckets = counts_in_buckets(range, span, counted);
    assert_eq!(buckets.len(), 24);
    assert_eq!(buckets[0], counts);
    assert!(
        buckets[1..23]
            .iter()
            .all(|bucket| *bucket == Counts::default())
    );
    let last = buckets[23];
    assert_eq!((last.deliveries.failed(), last.attempts.failed()), (2, 2));
}
