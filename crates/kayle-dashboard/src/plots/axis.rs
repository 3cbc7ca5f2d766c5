//! What stands beside a picture: numbers at the left, times below.

use std::time::Duration;

use kayle_delivery::activity::ActivityRange;
use kayle_primitives::Timestamp;

use super::scale::{TimeAxis, coordinate, percent_of};
use crate::words::{grouped, lasting};

/// A grid line, with what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) y: String,
    /// Empty where there is no room for words.
    pub(super) word: String,
}

/// Most grid lines with words: more would stand in one another.
const WORDS_MAX: usize = 6;

/// Returns four grid lines above zero of an axis of counts.
pub(super) fn counts(top: u64) -> Vec<Tick> {
    let word = |quarters: u64| match quarters {
        0 | 2 | 4 => short(top * quarters / 4),
        _ => String::new(),
    };
    quarters(word)
}

/// Returns four grid lines above zero of an axis of percents.
pub(super) fn percents() -> Vec<Tick> {
    let word = |quarters: u64| match quarters {
        0 | 2 | 4 => format!("{} %", quarters * 25),
        _ => String::new(),
    };
    quarters(word)
}

fn quarters(word: impl Fn(u64) -> String) -> Vec<Tick> {
    let tick = |quarters: u64| Tick {
        y: coordinate(100.0 - percent_of(quarters, 4)),
        word: word(quarters),
    };
    (0..=4).map(tick).collect()
}

/// Returns a count in few characters.
fn short(count: u64) -> String {
    match count {
        0..10_000 => grouped(count),
        10_000..1_000_000 => format!("{}k", grouped(count / 1000)),
        _ => format!("{}M", grouped(count / 1_000_000)),
    }
}

/// Returns the grid lines of an axis of times.
pub(super) fn times(axis: TimeAxis) -> Vec<Tick> {
    let marks: Vec<u64> = axis.marks().collect();
    let every = if marks.len() <= WORDS_MAX { 1 } else { 2 };
    let shown = marks.iter().rev().step_by(every);
    let tick = |ms: &u64| Tick {
        y: coordinate(axis.y(*ms)),
        word: lasting(Duration::from_millis(*ms)),
    };
    shown.map(tick).collect()
}

/// How much of a moment is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Clock,
    Day,
    DayAndClock,
}

/// A moment in UTC, as short as it can be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) exact: String,
    pub(super) short: String,
}

impl Label {
    pub(super) fn new(at: Timestamp, form: Form) -> Self {
        let exact = at.to_string();
        let part = |places| exact.get(places).unwrap_or_default();
        let (clock, day) = (part(11..16), day(part(5..7), part(8..10)));
        let short = match form {
            Form::Clock => clock.to_owned(),
            Form::Day => day,
            Form::DayAndClock => format!("{day} {clock}"),
        };
        Self { exact, short }
    }

    /// Returns the moments below the beginning and the middle of a picture.
    pub(super) fn below(range: ActivityRange, from: Timestamp) -> [Self; 2] {
        let middle = from.plus(range.bucket() * (range.buckets() / 2));
        let forms = match range {
            ActivityRange::Hour => [Form::Clock, Form::Clock],
            ActivityRange::Day => [Form::DayAndClock, Form::Clock],
            ActivityRange::Week | ActivityRange::Month => [Form::Day, Form::Day],
        };
        [Self::new(from, forms[0]), Self::new(middle, forms[1])]
    }

    /// Returns when a bucket begins.
    pub(super) fn of_bucket(range: ActivityRange, at: Timestamp) -> Self {
        let form = match range {
            ActivityRange::Hour => Form::Clock,
            ActivityRange::Day | ActivityRange::Week => Form::DayAndClock,
            ActivityRange::Month => Form::Day,
        };
        Self::new(at, form)
    }
}

/// Turns `11` and `05` into `5 Nov`.
fn day(month: &str, day: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month: usize = month.parse().unwrap_or(0);
    let name = month.checked_sub(1).and_then(|place| MONTHS.get(place));
    let name = name.copied().unwrap_or_default();
    format!("{} {name}", day.trim_start_matches('0'))
}
