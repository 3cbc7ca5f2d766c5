//! Routes of deliveries (contract 3.4, D12).

pub(super) mod get;
pub(super) mod list;
pub(super) mod retry;
