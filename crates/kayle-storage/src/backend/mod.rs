//! What differs between databases: how to connect, and the statements over many rows.

mod arrays;
pub(crate) mod batches;
pub(crate) mod dialect;
mod json_rows;
pub(crate) mod link;
pub(crate) mod open_file;
pub(crate) mod open_postgres;
pub(crate) mod open_sqlite;
mod pooler;
pub(crate) mod postgres;
pub(crate) mod session;
pub(crate) mod sqlite;
pub(crate) mod unusable;
