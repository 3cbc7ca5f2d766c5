//! A share of one core, as the kernel's control groups give it.
//!
//! On a machine with few cores, several nodes, the database and the receiver want more than there
//! is, and a measurement would tell the machine's end, not a node's. Nodes with a share each leave
//! the rest to the others.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The processor time of one process is counted anew after so many microseconds.
const PERIOD_US: u32 = 10_000;

/// Where control groups are made: of the first version, or of the second.
const ROOTS: [&str; 2] = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"];

/// Holds one process to its share; dropping it after the process has ended removes the group.
pub(super) struct CpuShare(PathBuf);

impl CpuShare {
    /// Returns a process so many hundredths of a core.
    ///
    /// # Errors
    /// This user may not, or this kernel does not.
    pub(super) fn of(process_id: u32, percent: u16) -> anyhow::Result<Self> {
        let mut roots = ROOTS.into_iter().map(Path::new);
        let root = roots.find(|root| root.join("cgroup.procs").exists());
        let root = root.context("this machine has no control groups for processor time")?;
        let group = root.join(format!("kayle-load-{process_id}"));
        fs::create_dir(&group).context("no control group can be made: be root")?;
        let share = Self(group);
        let quota_us = PERIOD_US / 100 * u32::from(percent);
        if share.0.join("cpu.max").exists() {
            share.set("cpu.max", &format!("{quota_us} {PERIOD_US}"))?;
        } else {
            share.set("cpu.cfs_period_us", &PERIOD_US.to_string())?;
            share.set("cpu.cfs_quota_us", &quota_us.to_string())?;
        }
        share.set("cgroup.procs", &process_id.to_string())?;
        Ok(share)
    }

    fn set(&self, file: &str, value: &str) -> anyhow::Result<()> {
        let file = self.0.join(file);
        fs::write(&file, value).with_context(|| format!("cannot write {}", file.display()))
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        // What is left is an empty group, which takes nothing.
        let _ = fs::remove_dir(&self.0);
    }
}
