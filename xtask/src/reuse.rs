//! `cargo xtask reuse`: whether other services can go on using the crates that are meant for them,
//! which are those that may be published.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use cargo_metadata::{Metadata, MetadataCommand, Package};

use crate::workspace;

/// What releases are tagged with: `v1.2.3`.
const RELEASE_TAGS: &str = "v[0-9]*";

/// Runs every example of these crates, packages them as a registry would have them, and compares
/// them to the last release.
///
/// # Errors
/// An example fails, a package does not build by itself, or something public changed in a way that
/// the version does not announce.
pub fn check() -> anyhow::Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata gives no answer")?;
    let crates = reusable(&metadata);
    for package in &crates {
        run_examples(package)?;
    }
    let names = crates.iter().map(|package| package.name.as_str());
    let names: Vec<_> = names.flat_map(|name| ["--package", name]).collect();
    let mut cargo = workspace::command("cargo");
    workspace::run(
        cargo
            .args(["package", "--locked", "--allow-dirty"])
            .args(&names),
    )?;
    compare_to_last_release(&names)
}

fn reusable(metadata: &Metadata) -> Vec<&Package> {
    let packages = metadata.workspace_packages().into_iter();
    packages
        .filter(|package| package.publish.is_none())
        .collect()
}

fn run_examples(package: &Package) -> anyhow::Result<()> {
    let name = package.name.as_str();
    let examples = package.targets.iter().filter(|target| target.is_example());
    for example in examples {
        println!("{name}, example {}:", example.name);
        let mut cargo = workspace::command("cargo");
        cargo.args(["run", "--quiet", "--locked", "--package", name]);
        // Some examples work on what they are given.
        cargo.stdin(Stdio::null());
        workspace::run(cargo.args(["--example", &example.name]))?;
    }
    Ok(())
}

fn compare_to_last_release(names: &[&str]) -> anyhow::Result<()> {
    let Some(release) = last_release()? else {
        println!("there is no release yet that the crates could differ from");
        return Ok(());
    };
    if !workspace::succeeds(Command::new("cargo").args(["semver-checks", "--version"])) {
        bail!("cargo-semver-checks is missing: cargo install cargo-semver-checks --locked");
    }
    let mut cargo = workspace::command("cargo");
    cargo.args(["semver-checks", "check-release", "--baseline-rev", &release]);
    workspace::run(cargo.args(names))
}

/// Returns the tag of the last release; `None` before the first.
fn last_release() -> anyhow::Result<Option<String>> {
    let mut git = workspace::command("git");
    git.args(["describe", "--tags", "--abbrev=0", "--match", RELEASE_TAGS]);
    let described = git.output().context("git cannot be run")?;
    let tag = String::from_utf8(described.stdout).context("the tag is no text")?;
    Ok(Some(tag.trim().to_owned()).filter(|tag| !tag.is_empty()))
}
