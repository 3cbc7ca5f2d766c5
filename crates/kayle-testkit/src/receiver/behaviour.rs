//! How a receiver answers.

use std::time::Duration;

/// How a receiver answers its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// The reactions to the first requests, in order.
    pub script: Vec<Reaction>,
    /// The reaction to every request after them.
    pub afterwards: Reaction,
}

/// What a receiver does when a request is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// Answers with this status and no body.
    Status(u16),
    /// Answers with this status after a while.
    StatusAfter(Duration, u16),
    /// Answers with this status once [`super::Receiver::release`] was called for it.
    StatusOnRelease(u16),
    /// Answers with this status and this `Location`.
    Redirect(u16, String),
    /// Answers with this status and this `Retry-After`.
    RetryAfter(u16, String),
    /// Answers with this status and a body of this many bytes.
    Body(u16, u64),
    /// Answers with this status and a body that never comes, of a length that is not said.
    StalledBody(u16),
    /// Never answers; the connection stays open.
    Silence,
    /// Closes the connection without an answer.
    HangUp,
}

impl Behaviour {
    /// Answers every request with 204.
    pub fn good() -> Self {
        Self::script([])
    }

    /// Reacts to the first requests as told, and with 204 afterwards.
    pub fn script(reactions: impl IntoIterator<Item = Reaction>) -> Self {
        Self {
            script: reactions.into_iter().collect(),
            afterwards: Reaction::Status(204),
        }
    }

    /// Reacts to every request in the same way.
    pub fn always(reaction: Reaction) -> Self {
        Self {
            script: Vec::new(),
            afterwards: reaction,
        }
    }
}
