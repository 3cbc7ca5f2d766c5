//! Where numbers lie in a picture, in percent of its width and height. Zero is at the bottom.

/// How wide a bucket is in the drawing of lines, in units of its own.
pub(super) const BUCKET_WIDTH: usize = 10;

/// The part of a bucket's width that its bar takes; the rest is the gap between two.
const BAR: f64 = 0.8;

/// The least height of what is not zero: two pixels. One failure among thousands is seen, too.
const LEAST_HEIGHT: f64 = 1.5;

/// Where a bucket and its bar lie from left to right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) bar_x: f64,
    pub(super) bar_width: f64,
}

impl Place {
    pub(super) fn of(place: usize, buckets: usize) -> Self {
        let width = percent_of(1, as_u64(buckets));
        let x = percent_of(as_u64(place), as_u64(buckets));
        Self {
            x,
            width,
            bar_x: x + width * (1.0 - BAR) / 2.0,
            bar_width: width * BAR,
        }
    }
}

/// Returns the top of an axis of counts: the least number that is not below the highest, and whose
/// half is as round as itself.
pub(super) fn round_up(highest: u64) -> u64 {
    let mut magnitude: u64 = 1;
    loop {
        for step in [1, 2, 3, 4, 5, 6, 8] {
            if let Some(top) = magnitude.checked_mul(step)
                && highest <= top
                && 4 <= top
                && top % 2 == 0
            {
                return top;
            }
        }
        match magnitude.checked_mul(10) {
            Some(next) => magnitude = next,
            None => return u64::MAX,
        }
    }
}

/// Returns how high a part of an axis is drawn.
pub(super) fn height(part: u64, top: u64) -> f64 {
    if part == 0 {
        return 0.0;
    }
    percent_of(part, top).max(LEAST_HEIGHT)
}

/// Returns a part in percent of a whole.
pub(super) fn percent_of(part: u64, whole: u64) -> f64 {
    100.0 * as_f64(part) / as_f64(whole.max(1))
}

/// An axis of times: each step upward is the same factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeAxis {
    top_ms: u64,
}

impl TimeAxis {
    /// What stands beside the axis. The last is the longest that is told apart.
    const MARKS_MS: [u64; 10] = [
        1,
        10,
        100,
        1_000,
        10_000,
        60_000,
        600_000,
        3_600_000,
        36_000_000,
        172_800_000,
    ];

    /// Returns an axis that has all of these in it, up to 100 milliseconds at least.
    pub(super) fn of(values_ms: impl Iterator<Item = u64>) -> Self {
        let highest = values_ms.max().unwrap_or(0).max(100);
        let top = Self::MARKS_MS.into_iter().find(|mark| highest <= *mark);
        Self {
            top_ms: top.unwrap_or(highest),
        }
    }

    /// Returns the times that are marked, from the bottom to the top.
    pub(super) fn marks(self) -> impl Iterator<Item = u64> {
        let marks = Self::MARKS_MS.into_iter();
        marks.filter(move |mark| *mark <= self.top_ms)
    }

    /// Returns how far below the top a time is drawn.
    pub(super) fn y(self, ms: u64) -> f64 {
        let top = as_f64(self.top_ms).ln();
        100.0 * (top - as_f64(ms.clamp(1, self.top_ms)).ln()) / top
    }
}

/// Writes a coordinate, to a hundredth.
pub(super) fn coordinate(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a plot shows no more than three digits"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}
