//! Who is calling (contract 5, 12, 13.3).

mod bearer;
mod customer;
mod origin;
mod service;

pub(crate) use customer::{
    Customer, authenticate_customer, authenticate_person, require_organization, require_role,
    require_scope,
};
pub(crate) use origin::require_own_origin;
pub(crate) use service::authenticate_service;
