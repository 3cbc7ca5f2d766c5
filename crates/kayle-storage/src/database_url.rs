//! Which database, out of a URL.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// Which database. `Debug` shows the kind only: the URL of a PostgreSQL has a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An SQLite database, in this process.
    Sqlite(SqliteFile),
    /// A PostgreSQL server's.
    Postgres(String),
}

/// The file of an SQLite database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteFile {
    path: PathBuf,
    access: SqliteAccess,
}

/// What may become of an SQLite file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqliteAccess {
    /// It is read and written, and made if it is not there (`mode=rwc`, the default).
    Create,
    /// It is read and written, and must be there (`mode=rw`).
    Write,
    /// It is read only (`mode=ro`).
    Read,
}

/// The text is no database's URL. Repeats nothing of it: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// Another scheme.
    #[error("must be sqlite: and a file, as in sqlite://kayle.db, or postgres://…")]
    Scheme,
    /// SQLite without a file.
    #[error("names no file after sqlite:")]
    NoFile,
    /// An SQLite database in memory, which its connections could not share.
    #[error("names an SQLite database in memory: name a file")]
    InMemory,
    /// A parameter that is not known here.
    #[error("has an unknown parameter after its ?: only mode=rwc, mode=rw and mode=ro are known")]
    Parameter,
}

const SQLITE: &str = "sqlite:";
const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];

impl DatabaseUrl {
    /// Returns the file of an SQLite database; `None` for any other.
    pub fn sqlite_file(&self) -> Option<&SqliteFile> {
        match self {
            Self::Sqlite(file) => Some(file),
            Self::Postgres(_) => None,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    /// Reads `sqlite:FILE` or `sqlite://FILE`, with the file percent-encoded and `?mode=` behind
    /// it, or a `postgres://` URL, which the driver takes apart.
    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if let Some(rest) = text.strip_prefix(SQLITE) {
            return SqliteFile::parse(rest).map(Self::Sqlite);
        }
        if POSTGRES.iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err(InvalidDatabaseUrl::Scheme)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        })
    }
}

impl SqliteFile {
    /// Returns a file by its path.
    pub fn new(path: impl Into<PathBuf>, access: SqliteAccess) -> Self {
        Self {
            path: path.into(),
            access,
        }
    }

    /// Returns the path, as it was written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what may become of the file.
    pub fn access(&self) -> SqliteAccess {
        self.access
    }

    /// Returns the path of a file beside it, such as its `.key`.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.path, suffix)
    }

    fn parse(rest: &str) -> Result<Self, InvalidDatabaseUrl> {
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        if path == ":memory:" {
            return Err(InvalidDatabaseUrl::InMemory);
        }
        let path: Vec<u8> = percent_decode_str(path).collect();
        if path.is_empty() || path.contains(&0) {
            return Err(InvalidDatabaseUrl::NoFile);
        }
        let access = match parameters {
            "" | "mode=rwc" => SqliteAccess::Create,
            "mode=rw" => SqliteAccess::Write,
            "mode=ro" => SqliteAccess::Read,
            "mode=memory" => return Err(InvalidDatabaseUrl::InMemory),
            _ => return Err(InvalidDatabaseUrl::Parameter),
        };
        Ok(Self::new(OsStr::from_bytes(&path), access))
    }
}

/// Returns the path of a file beside another one, which has its name and something behind it.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_url_is_read_in_one_way() {
        fn check(url: &str, path: &str, access: SqliteAccess) {
            let file = SqliteFile::new(path, access);
            assert_eq!(url.parse(), Ok(DatabaseUrl::Sqlite(file)), "{url}");
        }
        check(
            "sqlite://kayle.db?mode=rwc",
            "kayle.db",
            SqliteAccess::Create,
        );
        check("sqlite:kayle.db", "kayle.db", SqliteAccess::Create);
        check(
            "sqlite:///srv/kayle.db?mode=rw",
            "/srv/kayle.db",
            SqliteAccess::Write,
        );
        check(
            "sqlite:/srv/kayle.db?mode=ro",
            "/srv/kayle.db",
            SqliteAccess::Read,
        );
        check(
            "sqlite:///tmp/a%20b/k.db",
            "/tmp/a b/k.db",
            SqliteAccess::Create,
        );
        check("sqlite://./e%20e.db", "./e e.db", SqliteAccess::Create);
        check("sqlite://100%25%3f.db", "100%?.db", SqliteAccess::Create);
        check("sqlite://100%.db", "100%.db", SqliteAccess::Create);
        check("sqlite://ö%C3%B6.db", "öö.db", SqliteAccess::Create);
        check("sqlite:file:k.db", "file:k.db", SqliteAccess::Create);
    }

    #[test]
    fn what_cannot_be_kept_to_is_refused() {
        fn check(url: &str, expected: InvalidDatabaseUrl) {
            assert_eq!(url.parse::<DatabaseUrl>(), Err(expected), "{url}");
        }
        check("mysql://kayle", InvalidDatabaseUrl::Scheme);
        check("kayle.db", InvalidDatabaseUrl::Scheme);
        check("sqlite:", InvalidDatabaseUrl::NoFile);
        check("sqlite://?mode=rwc", InvalidDatabaseUrl::NoFile);
        check("sqlite://a%00.db", InvalidDatabaseUrl::NoFile);
        check("sqlite::memory:", InvalidDatabaseUrl::InMemory);
        check("sqlite://a.db?mode=memory", InvalidDatabaseUrl::InMemory);
        check("sqlite://a.db?mode=rwx", InvalidDatabaseUrl::Parameter);
        check(
            "sqlite://a.db?mode=rwc&cache=shared",
            InvalidDatabaseUrl::Parameter,
        );
    }

    #[test]
    fn a_password_is_not_shown() {
        let url: DatabaseUrl = "postgres://kayle:hunter2@db/kayle".parse().unwrap();
        assert_eq!(format!("{url:?}"), "postgres");
    }
}
