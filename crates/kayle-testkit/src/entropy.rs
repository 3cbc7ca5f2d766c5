//! Entropy that is not random: the same seed gives the same bytes in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use kayle_primitives::Entropy;

/// The increment of `SplitMix64`: 2^64 divided by the golden ratio, so that the counter visits
/// every value once.
const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

/// `SplitMix64` from a seed. For tests only: whoever sees one block can compute all others.
#[derive(Debug)]
pub struct SeededEntropy {
    counter: AtomicU64,
}

impl SeededEntropy {
    /// Starts the sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            counter: AtomicU64::new(seed),
        }
    }

    /// Returns the next 64 bits of the sequence.
    pub fn next_u64(&self) -> u64 {
        let before = self.counter.fetch_add(INCREMENT, Ordering::Relaxed);
        mixed(before.wrapping_add(INCREMENT))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let block = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

fn mixed(counter: u64) -> u64 {
    let once = (counter ^ (counter >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    twice ^ (twice >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_splitmix64() {
        // The first outputs for seed 0 that Java's SplittableRandom and the reference in C agree on.
        let entropy = SeededEntropy::new(0);
        assert_eq!(entropy.next_u64(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(entropy.next_u64(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn a_seed_gives_the_same_bytes_again() {
        let draw = |seed| {
            let mut bytes = [0; 11];
            SeededEntropy::new(seed).fill(&mut bytes);
            bytes
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
