//! The files of an embedded database: where they lie, and who else can get at them.
//!
//! Whoever may write to their folder can put a file or a link of his own in the place of one of
//! them. Production does not start like that; in development it is only said.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kayle_endpoints::Environment;
use kayle_storage::SqliteFile;
use rustix::fs::OFlags;
use rustix::process::geteuid;

/// The permission bits of those who are neither the owner nor in the group.
const OTHERS_READ: u32 = 0o004;
const OTHERS_WRITE: u32 = 0o002;

/// Judges the folder and the file of a database.
///
/// # Errors
/// Other users may write to one of them, in production.
pub(crate) fn judge_database(
    database: &SqliteFile,
    environment: Environment,
) -> anyhow::Result<()> {
    let named = std::path::absolute(database.path())?;
    let real = real_path(database)?;
    let folders = [named.parent(), real.parent()].map(|folder| folder.map(Path::to_owned));
    let folders: BTreeSet<PathBuf> = folders.into_iter().flatten().collect();
    for path in folders.into_iter().chain([real]) {
        match fs::metadata(&path) {
            Ok(found) => judge(&path, &found, environment).context("KAYLE_DATABASE_URL")?,
            // It is about to be made, or its absence is about to be told.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        }
    }
    Ok(())
}

/// Judges the file of a secret key that was opened.
///
/// # Errors
/// Other users may write to it, or it belongs to one, in production.
pub(crate) fn judge_key(path: &Path, file: &File, environment: Environment) -> anyhow::Result<()> {
    let found = file.metadata()?;
    if ![0, geteuid().as_raw()].contains(&found.uid()) {
        let problem = format!(
            "{} belongs to another user, who knows what is in it: make a new one, or chown it",
            path.display()
        );
        refuse_or_warn(problem, environment)?;
    }
    judge(path, &found, environment)
}

fn judge(path: &Path, found: &Metadata, environment: Environment) -> anyhow::Result<()> {
    let shown = path.display();
    if found.mode() & OTHERS_WRITE != 0 {
        let problem = format!("other users can write to {shown}: run `chmod o-w {shown}`");
        return refuse_or_warn(problem, environment);
    }
    if found.is_file() && found.mode() & OTHERS_READ != 0 {
        tracing::warn!("other users can read {shown}: run `chmod 600 {shown}`");
    }
    Ok(())
}

fn refuse_or_warn(problem: String, environment: Environment) -> anyhow::Result<()> {
    match environment {
        Environment::Production => bail!(problem),
        Environment::Development => {
            tracing::warn!("{problem}; production does not start like this");
            Ok(())
        }
    }
}

/// Returns the path of the file that a database's path leads to in the end.
pub(crate) fn real_path(database: &SqliteFile) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(database.path())?;
    match (fs::canonicalize(&path), path.parent(), path.file_name()) {
        (Ok(path), _, _) => Ok(path),
        // It is not there yet.
        (Err(_), Some(folder), Some(name)) => {
            let folder = fs::canonicalize(folder);
            let folder =
                folder.with_context(|| format!("KAYLE_DATABASE_URL: {}", path.display()))?;
            Ok(folder.join(name))
        }
        (Err(error), _, _) => Err(error).context("KAYLE_DATABASE_URL"),
    }
}

/// Creates a file that its owner alone can read, where nothing is, not even a link.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    private().write(true).create_new(true).open(path)
}

/// Opens a file to lock it, and creates it if it is not there. A link is not followed.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    let no_links = OFlags::NOFOLLOW.bits().cast_signed();
    let mut options = private();
    options.append(true).create(true).custom_flags(no_links);
    options.open(path)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}
