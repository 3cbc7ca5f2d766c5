//! What differs between databases: how to connect, and the statements over many rows.

pub(crate) mod sqlite;
