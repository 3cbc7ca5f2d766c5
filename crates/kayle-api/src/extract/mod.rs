//! What a request says, read so that every refusal names the field at fault.

mod api_key_id;
mod body;
mod call;
mod members;
mod query;

pub(crate) use api_key_id::api_key_id;
pub(crate) use body::{Body, UnreadBody};
pub(crate) use call::Call;
pub(crate) use members::{boolean, echoed_name, expect_one_of, list, object, required, text};
pub(crate) use query::Query;
