//! The store on SQLite.

mod conformance;
mod connections;
mod database;
mod group;
mod schema;
