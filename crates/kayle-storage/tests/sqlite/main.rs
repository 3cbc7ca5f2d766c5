//! The store on SQLite.

mod conformance;
mod connections;
mod copy;
mod damage;
mod database;
mod group;
mod schema;

#[path = "../damage/mod.rs"]
mod village;
