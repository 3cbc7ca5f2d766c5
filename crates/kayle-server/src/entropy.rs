//! The operating system's randomness.

use kayle_primitives::Entropy;
use ring::rand::{SecureRandom, SystemRandom};

/// Returns what the operating system's generator gives.
pub(crate) struct SystemEntropy(SystemRandom);

impl SystemEntropy {
    pub(crate) fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .fill(bytes)
            .expect("without randomness nothing here is safe to do");
    }
}
