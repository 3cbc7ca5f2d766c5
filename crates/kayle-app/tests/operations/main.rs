//! The operations over the doubles, one module a subject.

mod access;
mod activity;
mod api_key_changes;
mod audit_chain;
mod audit_rows;
mod dispatch;
mod encryption_keys;
mod endpoint_changes;
mod endpoint_deletion;
mod endpoints;
mod faults;
mod isolation;
mod key_activation;
mod key_proofs;
mod organizations;
mod purge;
mod quotas;
mod replay;
mod retry;
mod retry_failed;
mod rotation;
mod secret_keys;
mod sessions;
mod sweep;
mod withdrawal;
mod world;
