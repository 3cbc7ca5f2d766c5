//! What statements go over.

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use super::dialect::Dialect;
use super::open_file::OpenFile;
use super::postgres::Postgres;
use super::session::{Server, Session};
use super::sqlite::Sqlite;
use crate::group::Turn;

/// The open connections; both may be the same pool.
pub(crate) struct Connections {
    pub(crate) writer: DatabaseConnection,
    pub(crate) readers: Link,
    /// The file that must stay where it is; `None` for a PostgreSQL.
    pub(crate) file: Option<OpenFile>,
}

/// What statements go over: sea-orm's connections for SQLite, which is in this process and always
/// answers; ours for PostgreSQL. What can be read over each is said in the repositories' files.
#[derive(Debug)]
pub(crate) enum Link {
    /// SQLite, to read only.
    Readers(DatabaseConnection),
    /// A transaction of SQLite.
    Turn(Turn),
    /// PostgreSQL, whichever connection is free.
    Server(Server),
    /// A transaction of PostgreSQL.
    Session(Session),
}

impl Link {
    /// Returns what is spoken on it.
    pub(crate) fn dialect(&self) -> &'static dyn Dialect {
        match self {
            Self::Readers(_) | Self::Turn(_) => &Sqlite,
            Self::Server(_) | Self::Session(_) => &Postgres,
        }
    }
}

/// Makes the same call on whichever connection it is.
macro_rules! call {
    ($link:expr, $connection:ident => $call:expr) => {
        match $link {
            Link::Readers($connection) => $call,
            Link::Turn($connection) => $call,
            Link::Server($connection) => $call,
            Link::Session($connection) => $call,
        }
    };
}

#[async_trait]
impl ConnectionTrait for Link {
    fn get_database_backend(&self) -> DbBackend {
        self.dialect().backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        call!(self, connection => connection.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        call!(self, connection => connection.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        call!(self, connection => connection.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        call!(self, connection => connection.query_all_raw(statement).await)
    }
}
