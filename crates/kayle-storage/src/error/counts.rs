//! How often the database failed in which way, for operators.
//!
//! One set of counts a process, because an error is made where nobody knows of a meter: every error
//! of the database passes `store_error`.

use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{DbErr, SqlxError};
use strum::{EnumCount, EnumIter, IntoEnumIterator, IntoStaticStr};

use super::{breaks_a_rule, driver_error, is_undecodable};

/// In which way the database failed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumCount, EnumIter, IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum ErrorKind {
    /// It cannot be reached, does not answer, or is too busy.
    Unavailable,
    /// No connection was free in time, or a statement or a lock took too long.
    Timeout,
    /// It takes no writes: a standby, or a disk that was mounted read-only.
    ReadOnly,
    /// Its disk is full.
    Full,
    /// Another change came first, or a rule of the schema forbids this one.
    Conflict,
    /// It answered what cannot be understood.
    Corrupt,
}

static COUNTS: [AtomicU64; ErrorKind::COUNT] = [const { AtomicU64::new(0) }; ErrorKind::COUNT];

/// Returns how often the databases of this process failed, in each way.
pub fn error_counts() -> Vec<(ErrorKind, u64)> {
    let counts = COUNTS.iter().map(|count| count.load(Ordering::Relaxed));
    ErrorKind::iter().zip(counts).collect()
}

pub(super) fn count(kind: ErrorKind) {
    let place = ErrorKind::iter().position(|known| known == kind);
    if let Some(count) = place.and_then(|place| COUNTS.get(place)) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns in which way the database failed.
pub(super) fn kind_of(error: &DbErr) -> ErrorKind {
    if breaks_a_rule(error) {
        return ErrorKind::Conflict;
    }
    if is_undecodable(error) {
        return ErrorKind::Corrupt;
    }
    match driver_error(error) {
        Some(SqlxError::PoolTimedOut) => ErrorKind::Timeout,
        Some(SqlxError::Database(error)) => of_code(error.code().as_deref().unwrap_or_default()),
        Some(_) | None => ErrorKind::Unavailable,
    }
}

/// Says what a database's own code means: five characters of SQL, or a number of SQLite's whose low
/// byte is the kind.
fn of_code(code: &str) -> ErrorKind {
    const SQLITE_READ_ONLY: i32 = 8;
    const SQLITE_FULL: i32 = 13;
    match code {
        // read_only_sql_transaction
        "25006" => ErrorKind::ReadOnly,
        // disk_full
        "53100" => ErrorKind::Full,
        // query_canceled (statement_timeout), lock_not_available
        "57014" | "55P03" => ErrorKind::Timeout,
        other => match other.parse::<i32>().map(|code| code & 0xff) {
            Ok(SQLITE_READ_ONLY) if other.len() < 5 => ErrorKind::ReadOnly,
            Ok(SQLITE_FULL) if other.len() < 5 => ErrorKind::Full,
            Ok(_) | Err(_) => ErrorKind::Unavailable,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        let cases = [
            ("25006", ErrorKind::ReadOnly),
            ("8", ErrorKind::ReadOnly),
            ("1032", ErrorKind::ReadOnly),
            ("53100", ErrorKind::Full),
            ("13", ErrorKind::Full),
            ("57014", ErrorKind::Timeout),
            ("57P01", ErrorKind::Unavailable),
            ("5", ErrorKind::Unavailable),
        ];
        for (code, expected) in cases {
            assert_eq!(of_code(code), expected, "{code}");
        }
    }

    #[test]
    fn a_failure_is_counted_by_its_kind() {
        let before = error_counts();
        count(ErrorKind::Full);
        let full = |counts: &[(ErrorKind, u64)]| {
            let full = counts.iter().find(|(kind, _)| *kind == ErrorKind::Full);
            full.map_or(0, |(_, count)| *count)
        };
        assert!(full(&before) < full(&error_counts()));
    }
}
