//! The store on SQLite.

mod conformance;
mod connections;
mod copy;
mod database;
mod group;
mod schema;
