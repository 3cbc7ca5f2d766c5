//! The spans that people look at, and their buckets.

use std::time::Duration;

use kayle_primitives::{Timestamp, UnknownName};
use strum::{EnumIter, EnumString, IntoStaticStr};

/// How far back people look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, IntoStaticStr, EnumString, EnumIter)]
#[strum(parse_err_ty = UnknownName<ActivityRange>, parse_err_fn = UnknownName::of)]
pub enum ActivityRange {
    /// 60 minutes.
    #[strum(serialize = "1h")]
    Hour,
    /// 24 hours.
    #[default]
    #[strum(serialize = "24h")]
    Day,
    /// 28 times six hours.
    #[strum(serialize = "7d")]
    Week,
    /// 30 days.
    #[strum(serialize = "30d")]
    Month,
}

/// A span of time, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The beginning.
    pub from: Timestamp,
    /// The end.
    pub to: Timestamp,
}

impl ActivityRange {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns how long a bucket is. It begins at a multiple of that since 1970.
    pub fn bucket(self) -> Duration {
        match self {
            Self::Hour => Duration::from_mins(1),
            Self::Day => Duration::from_hours(1),
            Self::Week => Duration::from_hours(6),
            Self::Month => Duration::from_hours(24),
        }
    }

    /// Returns how many buckets there are.
    pub fn buckets(self) -> u32 {
        match self {
            Self::Hour => 60,
            Self::Day => 24,
            Self::Week => 28,
            Self::Month => 30,
        }
    }

    /// Returns the span whose last bucket is the one that `now` lies in.
    pub fn span(self, now: Timestamp) -> Span {
        let to = floor(now, self.bucket()).plus(self.bucket());
        Span {
            from: to.minus(self.bucket() * self.buckets()),
            to,
        }
    }

    /// Returns when each bucket of a span begins.
    pub(super) fn starts(self, span: Span) -> impl Iterator<Item = Timestamp> {
        (0..self.buckets()).map(move |place| span.from.plus(self.bucket() * place))
    }

    /// Returns which bucket of a span a moment lies in.
    pub(super) fn place(self, span: Span, at: Timestamp) -> Option<usize> {
        let is_inside = span.from <= at && at < span.to;
        let place = at.since(span.from).as_millis() / self.bucket().as_millis();
        is_inside.then(|| usize::try_from(place).ok()).flatten()
    }
}

/// Returns the last multiple of a unit since 1970 that is not later than a moment.
pub fn floor(at: Timestamp, unit: Duration) -> Timestamp {
    let unit_ms = i64::try_from(unit.as_millis()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_unix_ms(at.unix_ms() - at.unix_ms() % unit_ms)
}
