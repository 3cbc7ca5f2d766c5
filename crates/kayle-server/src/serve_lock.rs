//! One `serve` at a time on an embedded database.
//!
//! Two would wait for each other's writes, and neither would hear what the other has left to send.
//! The lock is on a file of its own beside the database: SQLite's own locks must not be touched,
//! and commands go on working beside the service. The system frees it however the process ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, bail};
use kayle_storage::{SqliteAccess, SqliteFile};

/// The right to serve a database, until it is dropped.
pub(crate) struct ServeLock(#[expect(dead_code, reason = "held, never read")] File);

impl ServeLock {
    /// Takes the lock of a database, whichever of its names it is given.
    ///
    /// # Errors
    /// Another process has it, or the file cannot be made.
    pub(crate) fn take(database: &SqliteFile) -> anyhow::Result<Self> {
        let path = lock_file(database)?;
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("KAYLE_DATABASE_URL: cannot make {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => bail!(
                "KAYLE_DATABASE_URL: another `serve` runs on {}; an embedded database belongs to \
                 one process",
                database.path().display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}

/// Returns the lock's place beside the file that the path leads to in the end.
fn lock_file(database: &SqliteFile) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(database.path())?;
    let path = match (fs::canonicalize(&path), path.parent(), path.file_name()) {
        (Ok(path), _, _) => path,
        // It is not there yet.
        (Err(_), Some(folder), Some(name)) => {
            let folder = fs::canonicalize(folder);
            folder
                .with_context(|| format!("KAYLE_DATABASE_URL: {}", path.display()))?
                .join(name)
        }
        (Err(error), _, _) => return Err(error).context("KAYLE_DATABASE_URL"),
    };
    Ok(SqliteFile::new(path, SqliteAccess::Write).beside(".lock"))
}
