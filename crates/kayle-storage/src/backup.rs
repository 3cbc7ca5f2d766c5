//! A copy of an SQLite database while it is in use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::backend::link::Link;
use crate::database_url::beside;
use crate::store::SqlStore;

/// No backup was made, and nothing is left of the try.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is a PostgreSQL.
    #[error("the database is a PostgreSQL's: back it up with pg_dump")]
    NotSqlite,
    /// The file is there already.
    #[error("{0} is there already, and is not overwritten")]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("{0} cannot be written")]
    File(PathBuf, #[source] io::Error),
    /// The database cannot be read, or the disk is full.
    #[error("the database could not be copied")]
    Database(#[source] DbErr),
}

impl SqlStore {
    /// Writes the whole database, as of one moment, into a new file that only its owner can read,
    /// and returns how many bytes it has. Whoever else uses the database goes on.
    ///
    /// The file gets its name when it is complete and on disk: one that has the name is whole.
    pub async fn back_up(&self, file: &Path) -> Result<u64, BackupError> {
        let Link::Readers(_) = &*self.readers else {
            return Err(BackupError::NotSqlite);
        };
        // A link that leads nowhere counts, too.
        if fs::symlink_metadata(file).is_ok() {
            return Err(BackupError::Exists(file.to_owned()));
        }
        let draft = Draft::new(file)?;
        let path = draft.0.to_string_lossy().into_owned();
        let copy =
            Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [path.into()]);
        let copied = self.writer.execute_raw(copy).await;
        copied.map_err(BackupError::Database)?;
        draft.publish(file)
    }
}

/// A file under another name; removed when it is dropped.
struct Draft(PathBuf);

impl Draft {
    fn new(file: &Path) -> Result<Self, BackupError> {
        let path = beside(file, &format!(".{}.part", std::process::id()));
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        made.map_err(|error| BackupError::File(file.to_owned(), error))?;
        Ok(Self(path))
    }

    fn publish(self, file: &Path) -> Result<u64, BackupError> {
        let published = (|| {
            let copy = File::open(&self.0)?;
            copy.sync_all()?;
            // Unlike a rename, this overwrites nothing that somebody has put there meanwhile.
            fs::hard_link(&self.0, file)?;
            fs::remove_file(&self.0)?;
            let folder = file
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(copy.metadata()?.len())
        })();
        published.map_err(|error: io::Error| {
            if error.kind() == ErrorKind::AlreadyExists {
                BackupError::Exists(file.to_owned())
            } else {
                BackupError::File(file.to_owned(), error)
            }
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It is gone when all went well.
        let _ = fs::remove_file(&self.0);
    }
}
