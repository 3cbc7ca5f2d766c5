//! The binaries that are measured: this checkout's or a given one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use xtask::workspace::{self, Profile};

use super::machine::checkout;

/// A binary, and what to call it.
pub(super) struct Server {
    pub(super) binary: PathBuf,
    pub(super) revision: String,
}

impl Server {
    /// Builds this checkout for release.
    pub(super) fn of_this_checkout() -> anyhow::Result<Self> {
        Ok(Self {
            binary: workspace::build_binary(Profile::Release)?,
            revision: checkout(),
        })
    }

    /// Takes a binary that is there.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn given(path: &Path) -> anyhow::Result<Self> {
        let binary = fs::canonicalize(workspace::root().join(path));
        let binary = binary.with_context(|| format!("there is no {}", path.display()))?;
        let revision = binary.display().to_string();
        Ok(Self { binary, revision })
    }
}
