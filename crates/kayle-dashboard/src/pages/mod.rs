//! The pages: one a file, with what its template shows.

pub(crate) mod api_key_secret;
pub(crate) mod api_keys;
pub(crate) mod audit_log;
pub(crate) mod confirm;
pub(crate) mod deliveries;
pub(crate) mod delivery;
pub(crate) mod delivery_rows;
pub(crate) mod endpoint;
pub(crate) mod endpoint_form;
pub(crate) mod endpoints;
pub(crate) mod event;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod key_proof;
pub(crate) mod keys;
pub(crate) mod new_endpoint;
pub(crate) mod nothing;
pub(crate) mod phases;
pub(crate) mod retry_failed;
pub(crate) mod search;
pub(crate) mod secret;
pub(crate) mod settings;
pub(crate) mod setup_test;
pub(crate) mod sign_in;
pub(crate) mod waiting;
