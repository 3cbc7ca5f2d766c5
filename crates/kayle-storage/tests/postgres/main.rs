//! The store on PostgreSQL: `cargo xtask test` starts one and says where in `TEST_POSTGRES_URL`.

mod conformance;
mod connections;
mod copy;
mod damage;
mod database;
mod processes;
mod proxy;
mod races;
mod schema;
mod server;
mod silence;

#[path = "../damage/mod.rs"]
mod village;
