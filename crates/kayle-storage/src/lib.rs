//! The store and the queue over sea-orm, on SQLite and PostgreSQL.
//!
//! The cast: [`SqlStore`] holds the connections and gives transactions; one file per repository
//! says what is read and written; `queue`, `due` and `settle` are the dispatcher's side of the
//! deliveries; `wakeup` and `clock` are what processes share besides rows; `group` has transactions
//! share commits, and `silence` ends every wait for a database that has vanished; `copy` moves all
//! rows to another database, `backup` copies a file that is in use, `gauges` reads what operators are shown and `log` keeps its log short;
//! `entities` are the rows, which never leave this crate; `backend` holds what differs between
//! databases: how each is opened, and its `Dialect`. The schema is the migration crate's.
//!
//! Where several write at once, rows are locked in one order: endpoints, organizations,
//! deliveries, the organization's audit chain; of each kind in the order of the ids.
//!
//! A statement on SQLite costs 40 to 60 µs of thread hand-over however small it is: what is many
//! is written with one statement, never in a loop.

#![warn(missing_docs)]

mod activity;
mod api_keys;
mod audit;
mod backend;
mod backup;
mod clock;
mod copy;
mod count;
mod damaged;
mod database_url;
mod deliveries;
mod due;
mod encryption_keys;
mod endpoints;
mod entities;
mod error;
mod events;
mod failed;
mod gauges;
mod group;
mod invariants;
mod log;
mod nodes;
mod options;
mod organizations;
mod page;
#[cfg(test)]
mod plans;
mod purge;
mod queue;
mod readable;
mod secret_keys;
mod service_tokens;
mod sessions;
mod settle;
mod sign_in;
mod silence;
mod store;
mod wakeup;

pub use backup::BackupError;
pub use copy::{CopiedTable, CopyError};
pub use database_url::{DatabaseUrl, InvalidDatabaseUrl, SqliteAccess, SqliteFile};
pub use error::{ConnectError, ErrorKind, error_counts};
pub use gauges::{COUNTED_MAX, OVERDUE_AFTER};
pub use options::StoreOptions;
pub use store::{ConnectionCounts, SqlStore};
