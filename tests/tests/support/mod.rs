//! Everyone around the service.
//!
//! [`Installation`] is a running service with one organization on it; [`Service`] is its process.
//! [`Api`] is a caller and [`Answer`] what the caller gets. [`Customer`] is an organization's
//! server with its keys; [`DocumentedReceiver`] is one out of the documentation, [`Dashboard`] a
//! person who signed in. [`report`] holds what a verifier says about a session. [`eventually`]
//! waits for what takes time.

pub(crate) mod api;
pub(crate) mod binary;
pub(crate) mod customer;
pub(crate) mod dashboard;
pub(crate) mod database;
pub(crate) mod documented;
pub(crate) mod installation;
pub(crate) mod leaks;
pub(crate) mod patience;
pub(crate) mod raw;
pub(crate) mod report;
pub(crate) mod service;
pub(crate) mod tools;

pub(crate) use self::api::{Answer, Api, text};
pub(crate) use self::customer::Customer;
pub(crate) use self::dashboard::Dashboard;
pub(crate) use self::documented::DocumentedReceiver;
pub(crate) use self::installation::{Installation, Organization};
pub(crate) use self::patience::{PATIENCE, eventually, within_patience};
pub(crate) use self::service::{SECRET_KEY, Service};
