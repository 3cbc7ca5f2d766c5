//! The error of operations that can fail for one reason only.

use std::fmt::Display;

use crate::ports::store::StoreError;

/// What an operation is about does not exist, or the store failed.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// The organization has nothing of this kind with this id.
    #[error("no {what} has the id {id}")]
    NotFound {
        /// What was looked for, such as `endpoint`.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Missing {
    pub(crate) fn new(what: &'static str, id: impl Display) -> Self {
        let id = id.to_string();
        Self::NotFound { what, id }
    }
}
