//! The rows, and how they become what the domain knows.
//!
//! A row is read without trust: what does not parse is [`StoreError::Corrupt`], never a panic.
//!
//! [`StoreError::Corrupt`]: kayle_app::ports::store::StoreError::Corrupt

pub(crate) mod activity;
pub(crate) mod api_key;
pub(crate) mod attempt;
pub(crate) mod audit_chain;
pub(crate) mod audit_row;
pub(crate) mod delivery;
pub(crate) mod delivery_attempt;
pub(crate) mod delivery_payload;
pub(crate) mod encryption_key;
pub(crate) mod endpoint;
pub(crate) mod event;
pub(crate) mod key_challenge;
pub(crate) mod node;
pub(crate) mod organization;
pub(crate) mod retired_key;
pub(crate) mod service_token;
pub(crate) mod session;
pub(crate) mod sign_in_link;
pub(crate) mod values;
