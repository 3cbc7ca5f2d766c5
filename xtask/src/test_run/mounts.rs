//! Whether this user may mount a file system, which a full disk is played on.

use std::process::Command;

use anyhow::Context;

use crate::workspace;

/// What the machine allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mounts {
    Allowed,
    Refused,
}

impl Mounts {
    /// Tries it, and says so if it cannot be.
    pub(super) fn probe() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("there is no room for a throw-away folder")?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]);
        if !workspace::succeeds(mount.arg(folder.path())) {
            println!("this user may not mount: a full disk is a limit on the size of files only");
            return Ok(Self::Refused);
        }
        workspace::run(Command::new("umount").arg(folder.path()))?;
        Ok(Self::Allowed)
    }

    /// Tells a test run.
    pub(super) fn announce(self, tests: &mut Command) -> &mut Command {
        match self {
            Self::Allowed => tests.env("TEST_MOUNTS", "allowed"),
            Self::Refused => tests.env("TEST_MOUNTS", "refused"),
        }
    }
}
