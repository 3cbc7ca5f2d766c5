//! Points in time, to the millisecond, and the clock they come from.

use std::fmt;
use std::time::Duration;

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// Says what time it is. The real one runs forward, whoever sets the machine's clock.
pub trait Clock: Send + Sync {
    /// Returns the present moment: for all that waits, ends, or is noted.
    fn now(&self) -> Timestamp;

    /// Returns what everybody else takes the present moment for: for what their clocks are compared
    /// with, such as signatures and tokens. It may jump.
    fn wall(&self) -> Timestamp {
        self.now()
    }

    /// Returns the present moment for what erases or deletes by age; `None` while the clocks
    /// disagree about it.
    fn certain_now(&self) -> Option<Timestamp> {
        Some(self.now())
    }
}

/// A point in time: milliseconds since 1970 in UTC, up to the year 9999.
///
/// Displays as the contract writes it (2.2): `2026-05-05T11:00:00.000Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 9999-12-31T23:59:59.999Z, the last moment that the text form can say.
const UNIX_MS_MAX: i64 = 253_402_300_799_999;

impl Timestamp {
    /// Takes milliseconds since 1970; what lies outside the range becomes its nearest end.
    pub fn from_unix_ms(ms: i64) -> Self {
        Self(ms.clamp(0, UNIX_MS_MAX))
    }

    /// Returns milliseconds since 1970, never negative.
    pub fn unix_ms(self) -> i64 {
        self.0
    }

    /// Returns whole seconds since 1970, rounded down.
    pub fn unix_s(self) -> i64 {
        self.0 / 1000
    }

    /// Returns the moment this much later; at most the end of the range.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(UNIX_MS_MAX);
        Self::from_unix_ms(self.0.saturating_add(ms))
    }

    /// Returns the moment this much earlier; at least the start of the range.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(UNIX_MS_MAX);
        Self::from_unix_ms(self.0.saturating_sub(ms))
    }

    /// Returns how long ago `earlier` was; zero if it lies ahead (clocks may step back).
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Parses ISO 8601 as callers may write it: `YYYY-MM-DDThh:mm[:ss[.fraction]]Z`. Digits
    /// beyond the millisecond are cut off. A bare date or a numeric offset is refused
    /// (contract 2.2).
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        parse_iso(text).ok_or(InvalidTimestamp)
    }
}

/// The text is not a point in time as the API writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a UTC time such as 2026-05-05T11:00:00.000Z")]
pub struct InvalidTimestamp;

fn parse_iso(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z')?;
    let (date, clock) = text.split_once('T')?;
    let mut date = date.split('-');
    let year = digits(date.next()?, 4)?;
    let month = digits(date.next()?, 2)?;
    let day = digits(date.next()?, 2)?;
    let mut clock = clock.split(':');
    let hour = digits(clock.next()?, 2)?;
    let minute = digits(clock.next()?, 2)?;
    let (second, millisecond) = clock.next().map_or(Some((0, 0)), seconds)?;
    if date.next().is_some() || clock.next().is_some() {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    let time = Time::from_hms_milli(
        u8::try_from(hour).ok()?,
        u8::try_from(minute).ok()?,
        u8::try_from(second).ok()?,
        millisecond,
    )
    .ok()?;
    let nanos = PrimitiveDateTime::new(date, time)
        .assume_utc()
        .unix_timestamp_nanos();
    i64::try_from(nanos / 1_000_000)
        .ok()
        .map(Timestamp::from_unix_ms)
}

fn seconds(text: &str) -> Option<(u16, u16)> {
    let Some((whole, fraction)) = text.split_once('.') else {
        return Some((digits(text, 2)?, 0));
    };
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded: String = fraction.chars().chain("00".chars()).take(3).collect();
    Some((digits(whole, 2)?, digits(&padded, 3)?))
}

fn digits(text: &str, count: usize) -> Option<u16> {
    if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .expect("the range of a timestamp lies inside the calendar's");
        write!(
            formatter,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            moment.year(),
            u8::from(moment.month()),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second(),
            moment.millisecond()
        )
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_timestamp_is_written_with_three_fractional_digits() {
        assert_eq!(
            Timestamp::from_unix_ms(1_777_978_800_007).to_string(),
            "2026-05-05T11:00:00.007Z"
        );
    }

    #[test]
    fn the_accepted_forms_are_those_of_the_contract() {
        fn check(text: &str, expected: Option<&str>) {
            let parsed = Timestamp::parse(text).ok().map(|parsed| parsed.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text:?}");
        }
        check("2026-05-05T11:00:00Z", Some("2026-05-05T11:00:00.000Z"));
        check("2026-05-05T11:00Z", Some("2026-05-05T11:00:00.000Z"));
        check("2026-05-05T11:00:01.5Z", Some("2026-05-05T11:00:01.500Z"));
        check(
            "2026-05-05T11:00:01.123456789Z",
            Some("2026-05-05T11:00:01.123Z"),
        );
        check("2024-02-29T00:00:00Z", Some("2024-02-29T00:00:00.000Z"));
        check("2026-05-05", None);
        check("2026-05-05T11:00:00+00:00", None);
        check("2026-05-05T11:00:00", None);
        check("2026-05-05t11:00:00z", None);
        check("2026-05-05T11:00:00.Z", None);
        check("2026-02-30T11:00:00Z", None);
        check("2026-05-05T24:00:00Z", None);
        check("2026-05-05T11Z", None);
        check("2026-05-05T11:00:00:00Z", None);
        check("+026-05-05T11:00:00Z", None);
        check("", None);
    }

    #[test]
    fn time_that_ran_backwards_counts_as_no_time() {
        let (early, late) = (Timestamp::from_unix_ms(5), Timestamp::from_unix_ms(9));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(late.since(early), Duration::from_millis(4));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(ms in 0..=UNIX_MS_MAX) {
            let timestamp = Timestamp::from_unix_ms(ms);
            prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Ok(timestamp));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = Timestamp::parse(&text);
        }
    }
}
