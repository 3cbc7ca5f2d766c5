//! Activity: how many deliveries came to what in a span of time, and how long that took
//! (contract 14.3).
//!
//! The cast: [`Activity`] is what was counted, and can be added up; its two [`Histogram`]s tell how
//! long deliveries and answers took; an [`ActivityRange`] is a span that people look at, in
//! buckets, into which [`in_buckets`] puts what was counted.

mod histogram;
mod range;

use std::ops::AddAssign;

use kayle_primitives::Timestamp;

pub use histogram::{ANSWER_BOUNDS_MS, AnswerTimes, Histogram, LATENCY_BOUNDS_MS, Latency};
pub use range::{ActivityRange, Span, floor};

use crate::{Attempt, AttemptOutcome, FailureReason};

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// What became of deliveries.
    pub deliveries: DeliveryCounts,
    /// What came of attempts.
    pub attempts: AttemptCounts,
    /// From the event to the accepted answer, of each delivery that was delivered.
    pub latency: Latency,
    /// How long each attempt took that was answered.
    pub answers: AnswerTimes,
}

/// What was counted, without how long it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// What became of deliveries.
    pub deliveries: DeliveryCounts,
    /// What came of attempts.
    pub attempts: AttemptCounts,
}

/// What became of deliveries. One that is retried by hand can end more than once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Made.
    pub created: u64,
    /// The endpoint has them.
    pub delivered: u64,
    /// Their schedule ran out.
    pub exhausted: u64,
    /// Their payload was erased before they were delivered.
    pub erased: u64,
    /// Made without a payload: there was no active key, or encryption failed.
    pub unsendable: u64,
}

/// What came of attempts. Where nothing could be encrypted, no attempt is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttemptCounts {
    /// Answered with 200 to 299.
    pub http_2xx: u64,
    /// Answered with less than 200, or with 300 to 399.
    pub http_3xx: u64,
    /// Answered with 400 to 499.
    pub http_4xx: u64,
    /// Answered with 500 or more.
    pub http_5xx: u64,
    /// Not answered in time.
    pub timeout: u64,
    /// No name, no connection, or no trusted TLS.
    pub unreachable: u64,
    /// Not made: the URL or the address must not be reached.
    pub blocked: u64,
    /// Broken off by the service itself.
    pub interrupted: u64,
}

impl Activity {
    /// Counts an attempt.
    pub fn count_attempt(&mut self, attempt: &Attempt) {
        let counts = &mut self.attempts;
        let count = match attempt.outcome {
            AttemptOutcome::Accepted { .. } => &mut counts.http_2xx,
            AttemptOutcome::Refused { status_code } => match status_code {
                500.. => &mut counts.http_5xx,
                400..500 => &mut counts.http_4xx,
                ..400 => &mut counts.http_3xx,
            },
            AttemptOutcome::NoAnswer(reason) => match reason {
                FailureReason::Timeout => &mut counts.timeout,
                FailureReason::Dns | FailureReason::Connect | FailureReason::Tls => {
                    &mut counts.unreachable
                }
                FailureReason::BlockedAddress => &mut counts.blocked,
                FailureReason::SigningSecretUnavailable | FailureReason::LeaseExpired => {
                    &mut counts.interrupted
                }
            },
            AttemptOutcome::Blocked { .. } | AttemptOutcome::UrlRejected => &mut counts.blocked,
            AttemptOutcome::NotEncrypted => return,
        };
        *count += 1;
        match attempt.outcome {
            AttemptOutcome::Accepted { .. } | AttemptOutcome::Refused { .. } => {
                self.answers.count(attempt.duration);
            }
            AttemptOutcome::NoAnswer(_)
            | AttemptOutcome::Blocked { .. }
            | AttemptOutcome::NotEncrypted
            | AttemptOutcome::UrlRejected => {}
        }
    }
}

impl DeliveryCounts {
    /// Returns how many ended without being delivered, or erased.
    pub fn failed(&self) -> u64 {
        self.exhausted + self.unsendable
    }

    /// Returns the part of those that ended which was delivered, from 0 to 1; `None` if none ended.
    /// Those that were erased are left out: nobody failed to deliver them.
    pub fn success_rate(&self) -> Option<f64> {
        let ended = self.delivered + self.failed();
        (0 < ended).then(|| as_f64(self.delivered) / as_f64(ended))
    }
}

impl AttemptCounts {
    /// Returns how many were not accepted.
    pub fn failed(&self) -> u64 {
        let Self {
            http_2xx: _,
            http_3xx,
            http_4xx,
            http_5xx,
            timeout,
            unreachable,
            blocked,
            interrupted,
        } = self;
        http_3xx + http_4xx + http_5xx + timeout + unreachable + blocked + interrupted
    }
}

impl AddAssign<&Self> for Activity {
    fn add_assign(&mut self, other: &Self) {
        self.deliveries += &other.deliveries;
        self.attempts += &other.attempts;
        self.latency += &other.latency;
        self.answers += &other.answers;
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        self.deliveries += &other.deliveries;
        self.attempts += &other.attempts;
    }
}

impl AddAssign<&Self> for DeliveryCounts {
    fn add_assign(&mut self, other: &Self) {
        self.created += other.created;
        self.delivered += other.delivered;
        self.exhausted += other.exhausted;
        self.erased += other.erased;
        self.unsendable += other.unsendable;
    }
}

impl AddAssign<&Self> for AttemptCounts {
    fn add_assign(&mut self, other: &Self) {
        self.http_2xx += other.http_2xx;
        self.http_3xx += other.http_3xx;
        self.http_4xx += other.http_4xx;
        self.http_5xx += other.http_5xx;
        self.timeout += other.timeout;
        self.unreachable += other.unreachable;
        self.blocked += other.blocked;
        self.interrupted += other.interrupted;
    }
}

/// A part of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// When it begins.
    pub at: Timestamp,
    /// What was counted in it; `None` where nothing is known.
    pub activity: Option<Activity>,
}

/// Puts what was counted at some moments into the buckets of a span. Nothing is known of a bucket
/// that was over by `known_since`, unless something was counted in it.
pub fn in_buckets<'a>(
    range: ActivityRange,
    span: Span,
    known_since: Timestamp,
    counted: impl IntoIterator<Item = (Timestamp, &'a Activity)>,
) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = range
        .starts(span)
        .map(|at| Bucket {
            at,
            activity: (known_since < at.plus(range.bucket())).then(Activity::default),
        })
        .collect();
    for (at, activity) in counted {
        if let Some(bucket) = range
            .place(span, at)
            .and_then(|place| buckets.get_mut(place))
        {
            *bucket.activity.get_or_insert_default() += activity;
        }
    }
    buckets
}

/// Puts what was counted at some moments into the buckets of a span, the oldest first; zeros where
/// there was nothing.
pub fn counts_in_buckets<'a>(
    range: ActivityRange,
    span: Span,
    counted: impl IntoIterator<Item = (Timestamp, &'a Counts)>,
) -> Vec<Counts> {
    let mut buckets: Vec<Counts> = range.starts(span).map(|_| Counts::default()).collect();
    for (at, counts) in counted {
        let place = range.place(span, at);
        if let Some(bucket) = place.and_then(|place| buckets.get_mut(place)) {
            *bucket += counts;
        }
    }
    buckets
}

/// Adds up all that is known; `None` if nothing is.
pub fn total(buckets: &[Bucket]) -> Option<Activity> {
    let known = buckets.iter().filter_map(|bucket| bucket.activity.as_ref());
    known.fold(None, |total: Option<Activity>, activity| {
        let mut total = total.unwrap_or_default();
        total += activity;
        Some(total)
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 9 million milliards"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
