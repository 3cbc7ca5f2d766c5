//! How long something took, as counts between fixed bounds: they can be added up, and percentiles
//! of the sum are exact to a bound.

use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

/// The upper bounds of the counts of [`AnswerTimes`], in milliseconds: √2 apart from 5 ms up to
/// 15 s, which no attempt takes longer than (contract 7.4).
pub const ANSWER_BOUNDS_MS: [u64; 24] = [
    5, 7, 10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 453, 640, 905, 1_280, 1_810, 2_560,
    3_620, 5_120, 7_241, 10_240, 15_000,
];

/// The upper bounds of the counts of [`Latency`], in milliseconds: those of an answer, and then
/// doubling up to two days, because attempts that failed may have come before. What took longer
/// stands in the last count.
pub const LATENCY_BOUNDS_MS: [u64; 38] = [
    5,
    7,
    10,
    14,
    20,
    28,
    40,
    57,
    80,
    113,
    160,
    226,
    320,
    453,
    640,
    905,
    1_280,
    1_810,
    2_560,
    3_620,
    5_120,
    7_241,
    10_240,
    15_000,
    30_000,
    60_000,
    120_000,
    240_000,
    480_000,
    960_000,
    1_920_000,
    3_840_000,
    7_680_000,
    15_360_000,
    30_720_000,
    61_440_000,
    122_880_000,
    172_800_000,
];

/// From the event to the accepted answer.
pub type Latency = Histogram<38>;

/// From the beginning of an attempt to the end of its answer.
pub type AnswerTimes = Histogram<24>;

/// How many took how long: each count is of what took at most its bound, and more than the bound
/// before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Histogram<const COUNTS: usize> {
    counts: [u64; COUNTS],
}

/// The bounds of a kind of histogram.
trait Bounds {
    const BOUNDS_MS: &'static [u64];
}

impl Bounds for Latency {
    const BOUNDS_MS: &'static [u64] = &LATENCY_BOUNDS_MS;
}

impl Bounds for AnswerTimes {
    const BOUNDS_MS: &'static [u64] = &ANSWER_BOUNDS_MS;
}

macro_rules! histograms {
    ($($kind:ty),*) => {$(
        impl $kind {
            /// Counts one that took so long.
            pub fn count(&mut self, took: Duration) {
                let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                let place = Self::BOUNDS_MS.partition_point(|bound| *bound < ms);
                let place = place.min(self.counts.len() - 1);
                self.counts[place] += 1;
            }

            /// Returns the bound, in milliseconds, that this many of a hundred did not exceed;
            /// `None` if there were none.
            pub fn percentile(&self, percent: u64) -> Option<u64> {
                let wanted = (self.total() * percent).div_ceil(100).max(1);
                let mut seen = 0;
                self.counts.iter().zip(Self::BOUNDS_MS).find_map(|(count, bound)| {
                    seen += count;
                    (wanted <= seen).then_some(*bound)
                })
            }
        }
    )*};
}

histograms!(Latency, AnswerTimes);

impl<const COUNTS: usize> Histogram<COUNTS> {
    /// Returns how many there were.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the counts, in the order of their bounds.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Takes back what [`Self::counts`] returned; `None` if there are more or fewer.
    pub fn from_counts(counts: &[u64]) -> Option<Self> {
        let counts = counts.try_into().ok()?;
        Some(Self { counts })
    }
}

impl<const COUNTS: usize> Default for Histogram<COUNTS> {
    fn default() -> Self {
        Self {
            counts: [0; COUNTS],
        }
    }
}

impl<const COUNTS: usize> AddAssign<&Self> for Histogram<COUNTS> {
    fn add_assign(&mut self, other: &Self) {
        for (ours, theirs) in self.counts.iter_mut().zip(other.counts) {
            *ours += theirs;
        }
    }
}

impl<const COUNTS: usize> fmt::Debug for Histogram<COUNTS> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.counts).finish()
    }
}
