//! HTTP in front of the operations (contract 3, 4, 5, 12).
//!
//! The cast: [`Api`] is what the routes are made of, [`server`] puts them behind a listener;
//! `routes` holds one operation a file, each run through `routes/operation.rs`, where the order of
//! the checks stands; `extract` reads paths, queries and bodies, and names the field at fault;
//! `auth` says who is calling; `views` are what is answered; `error` is the one place where an
//! operation's error becomes a status, a code, a message and a hint; `openapi` says all this to
//! customers, and the tests hold every answer against it.
//!
//! A new operation is one file in `routes/<resource>/`, a description in `openapi/descriptions/`,
//! and the one line in `routes/mod.rs` that binds them.

#![warn(missing_docs)]

mod api;
mod app;
mod auth;
mod connection;
mod error;
mod extract;
mod limits;
mod middleware;
mod openapi;
mod origin;
mod routes;
mod server;
#[cfg(test)]
mod testing;
mod views;

/// A running server and the handle that stops it, as the HTTP library of this crate has them.
pub use actix_web::dev::{Server, ServerHandle};
pub use api::{Api, Surface};
pub use connection::Connections;
pub use server::server;
