//! `cargo xtask dist`: the program as it is shipped.
//!
//! One file that needs nothing of the machine it runs on, not even a C library, so that an image can
//! hold it alone; its debug symbols lie in a file beside it, which a debugger finds by the build id.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::workspace;

const TARGET: &str = "x86_64-unknown-linux-gnu";
const PROGRAM: &str = "kayle-webhooks";

/// What an image may weigh at most, its pages and its debug symbols aside.
const BYTES_MAX: u64 = 25 * 1024 * 1024;

/// What was built.
pub struct Built {
    program: PathBuf,
    symbols: PathBuf,
    bytes: u64,
}

/// Builds the program in `target/dist`, which takes minutes.
///
/// # Errors
/// It does not build, is larger than 25 MiB, needs a library, or binutils are not installed.
pub fn build() -> anyhow::Result<Built> {
    let mut cargo = workspace::command("cargo");
    cargo
        .args([
            "build",
            "--locked",
            "--profile",
            "dist",
            "--package",
            "kayle-server",
        ])
        .args(["--bin", PROGRAM, "--target", TARGET])
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env("KAYLE_REVISION", revision()?);
    workspace::run(&mut cargo)?;

    let folder = workspace::target_dir()?;
    let whole = folder.join(TARGET).join("dist").join(PROGRAM);
    let folder = folder.join("dist");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let (program, symbols) = (
        folder.join(PROGRAM),
        folder.join(format!("{PROGRAM}.debug")),
    );
    binutils("objcopy", &["--only-keep-debug"], &[&whole, &symbols])?;
    let link = format!("--add-gnu-debuglink={}", symbols.display());
    binutils("objcopy", &["--strip-all", &link], &[&whole, &program])?;

    let bytes = fs::metadata(&program)?.len();
    ensure!(
        bytes <= BYTES_MAX,
        "{} has {bytes} bytes, over {BYTES_MAX}",
        program.display()
    );
    ensure_static(&program)?;
    Ok(Built {
        program,
        symbols,
        bytes,
    })
}

/// Returns what is checked out, as the program says of itself.
fn revision() -> anyhow::Result<String> {
    let git = Command::new("git")
        .current_dir(workspace::root())
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output()
        .context("git cannot be started")?;
    ensure!(
        git.status.success(),
        "git does not know what is checked out"
    );
    Ok(String::from_utf8_lossy(&git.stdout).trim().to_owned())
}

fn binutils(tool: &str, options: &[&str], files: &[&Path]) -> anyhow::Result<()> {
    let mut command = Command::new(tool);
    let ran = command.args(options).args(files).status();
    let ran = ran.with_context(|| format!("{tool} is missing: Debian's package is binutils"))?;
    ensure!(ran.success(), "{tool} fails");
    Ok(())
}

/// Looks whether the program asks for a loader of libraries.
fn ensure_static(program: &Path) -> anyhow::Result<()> {
    let headers = Command::new("readelf")
        .arg("--program-headers")
        .arg(program)
        .output();
    let headers = headers.context("readelf is missing: Debian's package is binutils")?;
    if String::from_utf8_lossy(&headers.stdout).contains("INTERP") {
        bail!("{} is not static", program.display());
    }
    Ok(())
}

impl fmt::Display for Built {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            program,
            symbols,
            bytes,
        } = self;
        let kib = bytes / 1024;
        writeln!(formatter, "{} ({kib} KiB)", program.display())?;
        write!(formatter, "{}", symbols.display())
    }
}
