//! Who is calling (contract 5, 12).

mod bearer;
mod customer;
mod service;

pub(crate) use customer::{authenticate_customer, require};
pub(crate) use service::authenticate_service;
