//! What is measured, and the machine that it is measured on.

use std::num::NonZeroUsize;

use anyhow::Context;
use xtask::workspace;

/// What was measured, and on what.
pub(super) struct Machine {
    /// The commit, with `-dirty` if the checkout holds changes; or the path of a given binary.
    pub(super) revision: String,
    pub(super) cores: NonZeroUsize,
}

impl Machine {
    /// Asks this machine; `revision` says what is measured.
    pub(super) fn measuring(revision: String) -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism();
        let cores = cores.context("the machine does not say how many cores it has")?;
        Ok(Self { revision, cores })
    }
}

/// Returns what this checkout holds: the commit, with `-dirty` if there are changes.
pub(super) fn checkout() -> String {
    let mut git = workspace::command("git");
    git.args(["describe", "--always", "--dirty", "--abbrev=10"]);
    let described = git.output().ok().filter(|output| output.status.success());
    let described = described.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    described.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}
