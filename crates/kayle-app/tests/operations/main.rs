//! The operations over the doubles, one module a subject.

mod access;
mod dispatch;
mod encryption_keys;
mod endpoints;
mod faults;
mod isolation;
mod organizations;
mod replay;
mod retry;
mod sessions;
mod sweep;
mod world;
