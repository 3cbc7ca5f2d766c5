//! What forms do: one deed a file. Each answers with the way to the page that shows its result.

pub(crate) mod api_keys;
pub(crate) mod create_endpoint;
pub(crate) mod doctor;
pub(crate) mod keys;
pub(crate) mod pause;
pub(crate) mod replay;
pub(crate) mod retry;
pub(crate) mod retry_failed;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod test_endpoint;
pub(crate) mod theme;
