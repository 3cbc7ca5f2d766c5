//! The disk below an SQLite database has no room left, until somebody makes some.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures_util::future::join;
use kayle_testkit::receiver::Behaviour;
use tempfile::TempDir;

use super::ledger::expect_nothing_lost;
use super::verifiers::Verifiers;
use super::{IN_FLIGHT_MAX, SETTINGS, rounds, under_load};
use crate::support::database::Database;
use crate::support::{Customer, Installation, tools};

/// What can be full.
trait Disk {
    fn fill(&self);
    fn free(&self);
}

/// Every user may have this done to a process of its own, on every machine.
#[tokio::test(flavor = "multi_thread")]
async fn while_no_file_may_grow_reports_are_put_off_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::sqlite(folder.path());
    let installation = Installation::start_deaf_to_file_limits(database, &SETTINGS).await;
    let limit = FileLimit {
        process: installation.service.process_id(),
    };
    nothing_is_lost(&installation, &limit).await;
}

/// A real file system, where the machine lets us mount one.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_is_full_reports_are_put_off_and_none_is_lost() {
    if tools::mounts_are_refused() {
        println!("this user may mount nothing: the limit on files has to do");
        return;
    }
    let disk = SmallDisk::mount();
    let database = Database::sqlite(disk.folder.path());
    let installation = Installation::start_on(database, &SETTINGS).await;
    nothing_is_lost(&installation, &disk).await;
}

async fn nothing_is_lost(installation: &Installation, disk: &impl Disk) {
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let mut verifiers = Verifiers::of(installation);
    for round in rounds() {
        verifiers.open_sessions(installation).await;
        let filling = async {
            under_load(&customer).await;
            disk.fill();
            verifiers.are_refused().await;
            disk.free();
        };
        join(verifiers.report_all(), filling).await;
        expect_nothing_lost(installation, &customer, &verifiers, round * IN_FLIGHT_MAX).await;
    }
}

/// A limit of zero bytes on the files that a process writes.
struct FileLimit {
    process: u32,
}

impl FileLimit {
    fn set(&self, bytes: &str) {
        let mut prlimit = Command::new("prlimit");
        prlimit.arg(format!("--pid={}", self.process));
        // The hard limit stays: only root could raise it again.
        run(prlimit.arg(format!("--fsize={bytes}:")));
    }
}

impl Disk for FileLimit {
    fn fill(&self) {
        self.set("0");
    }

    fn free(&self) {
        self.set("unlimited");
    }
}

/// A file system in memory; dropping it unmounts it.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256m", "tmpfs"]);
        run(mount.arg(folder.path()));
        Self { folder }
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }
}

impl Disk for SmallDisk {
    fn fill(&self) {
        let mut filler = File::create(self.filler()).expect("a file can be made");
        // The last write fails: that is what a full disk is.
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.filler()).expect("it is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(self.folder.path());
    }
}

/// The service may still be ending: the mount goes when its last file is closed.
fn unmount(folder: &Path) {
    run(Command::new("umount").arg("--lazy").arg(folder));
}

fn run(command: &mut Command) {
    let output = command.output().expect("it is installed");
    assert!(output.status.success(), "{command:?}: {output:?}");
}
