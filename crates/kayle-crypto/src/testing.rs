//! Entropy for this crate's own tests.

use std::sync::atomic::{AtomicU64, Ordering};

use kayle_primitives::Entropy;
use ring::digest::{SHA256, digest};

/// Gives SHA-256 of 0, 1, 2 …: the same in every run, never twice the same within one.
#[derive(Default)]
pub(crate) struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let block = digest(&SHA256, &count.to_be_bytes());
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
    }
}
