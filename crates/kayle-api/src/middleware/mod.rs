//! What happens around every request.

mod cors;
mod request_log;
mod security_headers;

pub(crate) use cors::allow_dashboard;
pub(crate) use request_log::log_request;
pub(crate) use security_headers::{HEADERS, TRANSPORT_SECURITY, set_security_headers};
