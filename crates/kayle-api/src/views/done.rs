//! The answer to what leaves nothing to show (contract 2.4, 3.7).

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct DoneView {
    message: &'static str,
    status: &'static str,
}

impl DoneView {
    /// Says, in `message`, what was done.
    pub(crate) fn new(message: &'static str) -> Self {
        Self {
            message,
            status: "success",
        }
    }
}
