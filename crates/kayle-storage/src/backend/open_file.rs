//! Whether the file of an SQLite database is still the one that was opened.
//!
//! A file that is removed, or replaced by another one, stays there for those who have it open.
//! SQLite goes on writing to it, and all of that is lost when the last of them closes it. So what
//! the path leads to is looked at before each commit.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sea_orm::{DbErr, RuntimeErr};

use crate::database_url::beside;

/// The file behind open connections, and its log.
#[derive(Debug)]
pub(crate) struct OpenFile {
    path: PathBuf,
    opened: Identity,
    log: PathBuf,
    /// Known once it was there: SQLite makes it with the first write.
    opened_log: OnceLock<Identity>,
}

/// What an ordinary report may need: it touches some thirty pages of 4 KiB for each endpoint.
const ROOM_MIN: u64 = 1024 * 1024;

/// What makes a file the same one whatever its name: device and inode.
type Identity = (u64, u64);

/// The path no longer leads to what was opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileLost {
    #[error("{0} was removed while it was open: put it back, or restart on a backup")]
    Removed(PathBuf),
    #[error("{0} was replaced while it was open: put the old file back, or restart on this one")]
    Replaced(PathBuf),
}

impl OpenFile {
    /// Remembers what the path leads to.
    pub(crate) fn new(path: PathBuf) -> io::Result<Self> {
        let opened = identity(&path)?;
        Ok(Self {
            log: beside(&path, "-wal"),
            path,
            opened,
            opened_log: OnceLock::new(),
        })
    }

    /// Fails if what is written now would be lost.
    pub(crate) fn check(&self) -> Result<(), DbErr> {
        let checked = check(&self.path, self.opened).and_then(|()| self.check_log());
        checked.map_err(|lost| DbErr::Conn(RuntimeErr::Internal(lost.to_string())))
    }

    /// Fails if the file system is too full for a report. A small write can still find room then,
    /// in what the log has already.
    pub(crate) fn check_room(&self) -> Result<(), DbErr> {
        match rustix::fs::statvfs(&self.path) {
            Ok(found) if found.f_bavail.saturating_mul(found.f_frsize) < ROOM_MIN => {
                Err(DbErr::Conn(RuntimeErr::Internal(
                    "the file system of the database is full".to_owned(),
                )))
            }
            // It cannot be told; the write itself will tell.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn check_log(&self) -> Result<(), FileLost> {
        match (self.opened_log.get(), identity(&self.log)) {
            (Some(opened), _) => check(&self.log, *opened),
            (None, Ok(first)) => {
                let _ = self.opened_log.set(first);
                Ok(())
            }
            (None, Err(_)) => Ok(()),
        }
    }

    /// Returns how many bytes the log has.
    pub(crate) fn log_bytes(&self) -> u64 {
        fs::metadata(&self.log).map_or(0, |log| log.len())
    }
}

fn check(path: &Path, opened: Identity) -> Result<(), FileLost> {
    match identity(path) {
        Ok(found) if found == opened => Ok(()),
        Ok(_) => Err(FileLost::Replaced(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(FileLost::Removed(path.to_owned()))
        }
        // It cannot be told; the write itself will tell.
        Err(_) => Ok(()),
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    let found = fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}
