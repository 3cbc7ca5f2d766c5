//! The binaries that are measured: this checkout's, another revision's, or a given one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use xtask::workspace::{self, Profile};

use super::machine::checkout;

/// A binary, and what to call it.
pub(super) struct Server {
    pub(super) binary: PathBuf,
    pub(super) revision: String,
}

/// The worktree that other revisions are checked out in, and the folder that they are built in. All
/// revisions share both, so that the crates of the registry are built once.
const SOURCE: &str = "load-source";
const BUILD: &str = "load-build";

const BINARY: &str = "kayle-webhooks";

impl Server {
    /// Builds this checkout for release.
    pub(super) fn of_this_checkout() -> anyhow::Result<Self> {
        Ok(Self {
            binary: workspace::build_binary(Profile::Release)?,
            revision: checkout(),
        })
    }

    /// Returns the binary at this path, relative to the checkout.
    ///
    /// # Errors
    /// There is no such file.
    pub(super) fn given(path: &Path) -> anyhow::Result<Self> {
        let binary = fs::canonicalize(workspace::root().join(path));
        let binary = binary.with_context(|| format!("there is no {}", path.display()))?;
        let revision = binary.display().to_string();
        Ok(Self { binary, revision })
    }

    /// Builds another revision for release, unless it was built before: a commit never changes.
    ///
    /// # Errors
    /// There is no such revision, or it does not build.
    pub(super) fn of_revision(revision: &str) -> anyhow::Result<Self> {
        let commit = commit(revision)?;
        let target = workspace::target_dir()?;
        let binary = target.join(format!("load-{commit}")).join(BINARY);
        if !binary.exists() {
            let built = Worktree::add(target.join(SOURCE), &commit)?.build(&target.join(BUILD))?;
            let folder = binary.parent().context("it was joined to one")?;
            fs::create_dir_all(folder).context("no folder for the binary")?;
            keep(&built, &binary)?;
        }
        Ok(Self {
            binary,
            revision: commit,
        })
    }
}

/// Copies a file, which is there only when it is complete.
fn keep(file: &Path, copy: &Path) -> anyhow::Result<()> {
    let half = copy.with_extension("half");
    fs::copy(file, &half).with_context(|| format!("cannot copy {}", file.display()))?;
    fs::rename(&half, copy).with_context(|| format!("cannot write {}", copy.display()))
}

fn commit(revision: &str) -> anyhow::Result<String> {
    let mut git = workspace::command("git");
    git.args(["rev-parse", "--verify", "--quiet", "--short=10"]);
    git.args(["--end-of-options", &format!("{revision}^{{commit}}")]);
    let output = git.output().context("cannot run git")?;
    ensure!(
        output.status.success(),
        "git knows no revision {revision:?}"
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A second checkout; dropping it removes it.
struct Worktree(PathBuf);

impl Worktree {
    fn add(folder: PathBuf, commit: &str) -> anyhow::Result<Self> {
        // One that was interrupted has left it behind.
        remove(&folder);
        let mut git = workspace::command("git");
        git.args(["worktree", "add", "--quiet", "--force", "--detach"]);
        workspace::run(git.arg(&folder).arg(commit))?;
        Ok(Self(folder))
    }

    /// Builds the binary into a folder of its own and returns its path.
    fn build(&self, target: &Path) -> anyhow::Result<PathBuf> {
        let mut cargo = workspace::command("cargo");
        cargo
            .current_dir(&self.0)
            .args(["build", "--locked", "--release"])
            .args(["--package", "kayle-server", "--bin", BINARY])
            .arg("--target-dir")
            .arg(target);
        workspace::run(&mut cargo)?;
        Ok(target.join("release").join(BINARY))
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(folder: &Path) {
    let mut git = workspace::command("git");
    git.args(["worktree", "remove", "--force"]).arg(folder);
    // What is not there needs no removal.
    workspace::succeeds(&mut git);
}
