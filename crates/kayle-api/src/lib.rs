//! HTTP in front of the operations (contract 3, 4, 5, 12).
//!
//! The cast: [`Api`] is what the operations need, [`server`] puts them behind a listener; `routes`
//! holds one operation a file; `operation` says what one is and runs it, and the order of the
//! checks stands there; `extract` reads paths, queries and bodies, and names the field at fault;
//! `auth` says who is calling; `views` are what is answered, of values as `wire` writes them;
//! `error` is the one place where an operation's error becomes a status, a code, a message and a
//! hint; `operators` is a small server beside all this, with pages for operators; `openapi` says all this to customers, and the tests hold every answer against it.
//!
//! A new operation is one file in `routes/<resource>/` and a line in the `mod.rs` beside it, where
//! the compiler asks for all that must be said of it. `CONTRIBUTING.md` has the steps.

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
mod operation;
mod operators;
mod rate_limit;
mod refusal;
mod routes;
mod server;
#[cfg(test)]
mod testing;
mod views;
mod wire;

/// A running server and the handle that stops it, as the HTTP library of this crate has them.
pub use actix_web::dev::{Server, ServerHandle};
pub use api::{Api, Mount, Surface};
pub use connection::Connections;
pub use operators::{Check, OperatorPages, operator_server};
pub use rate_limit::{InvalidRateLimit, RateLimit, RateLimiter};
pub use routes::route_patterns;
pub use server::server;
