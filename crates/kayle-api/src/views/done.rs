//! The answer to what leaves nothing to show (contract 2.4, 3.7).

use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{Shown, ShownSuccess, Success};

#[derive(Serialize, ToSchema)]
#[schema(as = Done)]
pub(crate) struct DoneView {
    /// What was done, for people.
    message: &'static str,
    status: ShownSuccess,
}

impl DoneView {
    /// Says, in `message`, what was done.
    pub(crate) fn new(message: &'static str) -> Self {
        Self {
            message,
            status: Shown(Success),
        }
    }
}
