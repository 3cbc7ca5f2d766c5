//! What the seed decides.

use std::time::Duration;

use kayle_testkit::entropy::SeededEntropy;

/// Apart from the entropy of the operations, so that they may draw more or less of it.
const STREAM: u64 = 0x5eed_0fc4_01ce_55ee;

/// Draws one decision after the other from a seed.
pub(crate) struct Choices(SeededEntropy);

impl Choices {
    pub(crate) fn new(seed: u64) -> Self {
        let first = SeededEntropy::new(seed ^ STREAM).next_u64();
        Self(SeededEntropy::new(first))
    }

    /// Returns a number below `end`, which is not 0.
    pub(crate) fn below(&self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a count fits 64 bits");
        usize::try_from(self.0.next_u64() % end).expect("it is below a count")
    }

    /// Says yes so many times out of a hundred.
    pub(crate) fn percent(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Picks one; `None` if there is none.
    pub(crate) fn pick<'a, T>(&self, among: &'a [T]) -> Option<&'a T> {
        (!among.is_empty()).then(|| &among[self.below(among.len())])
    }

    /// Returns a duration of up to `longest`, to the millisecond.
    pub(crate) fn up_to(&self, longest: Duration) -> Duration {
        let ms = u64::try_from(longest.as_millis()).expect("no simulation lasts so long");
        Duration::from_millis(self.0.next_u64() % (ms + 1))
    }
}
