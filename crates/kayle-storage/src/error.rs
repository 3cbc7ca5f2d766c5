//! The database's errors in the store's three kinds.

mod counts;

use std::io;
use std::path::PathBuf;

use kayle_app::ports::store::StoreError;
use sea_orm::{DbErr, RuntimeErr, SqlxError};
use sqlx::error::ErrorKind as RuleKind;

pub use self::counts::{ErrorKind, error_counts};

/// The store could not be connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL of a PostgreSQL cannot be read. Not said is which part of it: it holds a password.
    #[error("the database URL is not of the form postgres://user:password@host:port/database")]
    BrokenUrl,
    /// Something that the URL of a PostgreSQL names is not on this machine.
    #[error(
        "a file that the database URL names (sslrootcert, sslcert, sslkey, or a socket) is not there"
    )]
    MissingFile,
    /// The URL of an SQLite database asks for what cannot be worked with.
    #[error("the database URL says mode=ro, and the service writes: use mode=rw")]
    ReadOnly,
    /// An SQLite database is not there and is not to be made.
    #[error("there is no file {0}; without mode=rw in the database URL it is made")]
    NoFile(PathBuf),
    /// The file of an SQLite database cannot be made or looked at.
    #[error("the file {0} cannot be opened")]
    File(PathBuf, #[source] io::Error),
    /// The sessions of a PostgreSQL are shared among the connections to it.
    #[error(
        "a pooler in front of the database gives each transaction or statement another session: \
         use pool_mode = session, or connect to the database directly"
    )]
    SharedSessions,
    /// It was to be opened alone, and is open elsewhere.
    #[error("another process has the database open")]
    InUse,
    /// The database did not answer, or is not one.
    #[error("the database cannot be opened")]
    Database(#[source] DbErr),
}

/// Turns an error of the database into one of the store, and counts it.
pub(crate) fn store_error(error: DbErr) -> StoreError {
    let kind = counts::kind_of(&error);
    counts::count(kind);
    if kind == ErrorKind::Conflict {
        return StoreError::Conflict;
    }
    if kind == ErrorKind::Corrupt {
        // Whole rows are read by `readable`, which knows their table. What is left is an answer to
        // a question of our own.
        return StoreError::Corrupt {
            table: "an answer",
            column: "a value",
            id: undecodable_column(&error).unwrap_or_default(),
        };
    }
    // What is left is the database's own trouble: busy, full, unreadable, closed, gone.
    StoreError::Unavailable(Box::new(error))
}

/// The transaction could not be put beside another one: "serialization failure" and "deadlock
/// detected". It is undone; as with every conflict, reading again helps.
const LOST_TO_ANOTHER: [&str; 2] = ["40001", "40P01"];

/// A value that its column does not take, such as a number out of range: SQLSTATE class 22.
const DATA_EXCEPTION: &str = "22";

/// Returns whether somebody else has the lock of an SQLite file.
pub(crate) fn is_busy(error: &DbErr) -> bool {
    /// What the low byte of every `SQLITE_BUSY` says.
    const BUSY: i32 = 5;
    let Some(SqlxError::Database(error)) = driver_error(error) else {
        return false;
    };
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == BUSY)
}

/// SQLSTATE has five characters; SQLite's codes are plain numbers.
fn is_refused_value(code: &str) -> bool {
    code.len() == 5 && code.starts_with(DATA_EXCEPTION)
}

/// Returns whether the schema refused the change, or another change came first.
fn breaks_a_rule(error: &DbErr) -> bool {
    let Some(SqlxError::Database(error)) = driver_error(error) else {
        return false;
    };
    if error
        .code()
        .is_some_and(|code| LOST_TO_ANOTHER.contains(&code.as_ref()) || is_refused_value(&code))
    {
        return true;
    }
    matches!(
        error.kind(),
        RuleKind::UniqueViolation
            | RuleKind::ForeignKeyViolation
            | RuleKind::NotNullViolation
            | RuleKind::CheckViolation
    )
}

/// Returns whether a value is of another type than its column's.
pub(crate) fn is_undecodable(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(error) => matches!(
            error,
            SqlxError::ColumnDecode { .. } | SqlxError::Decode(_) | SqlxError::TypeNotFound { .. }
        ),
        None => matches!(
            error,
            DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. }
        ),
    }
}

fn undecodable_column(error: &DbErr) -> Option<String> {
    match driver_error(error) {
        Some(SqlxError::ColumnDecode { index, .. }) => Some(index.clone()),
        Some(_) | None => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign, open enum")]
fn driver_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}
