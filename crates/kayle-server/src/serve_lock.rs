//! One `serve` at a time on an embedded database.
//!
//! Two would wait for each other's writes, and neither would hear what the other has left to send.
//! The lock is on a file of its own beside the database: SQLite's own locks must not be touched,
//! and commands go on working beside the service. The system frees it however the process ends.

use std::fs::{File, TryLockError};

use anyhow::{Context, bail};
use kayle_storage::{SqliteAccess, SqliteFile};

use crate::files::{open_or_create, real_path};

/// The right to serve a database, until it is dropped.
pub(crate) struct ServeLock(#[expect(dead_code, reason = "held, never read")] File);

impl ServeLock {
    /// Takes the lock of a database, whichever of its names it is given.
    ///
    /// # Errors
    /// Another process has it, or the file cannot be made.
    pub(crate) fn take(database: &SqliteFile) -> anyhow::Result<Self> {
        let path = SqliteFile::new(real_path(database)?, SqliteAccess::Write).beside(".lock");
        let file = open_or_create(&path)
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
