//! What a request says, read so that every refusal names the field at fault.

mod body;
mod call;
mod members;
mod query;

pub(crate) use body::{Body, read_body};
pub(crate) use call::Call;
pub(crate) use members::{boolean, echoed_name, list, object, required, text};
pub(crate) use query::Query;
