//! What the service says of itself (contract 3.10, 13.4), and of what it did (2.4).

use super::form::choice;
use super::{Shown, texts};

pub(crate) type ShownHealth = Shown<Healthy>;
pub(crate) type ShownSuccess = Shown<Success>;

/// The service works; where it does not, it answers with an error.
#[derive(Clone, Copy)]
pub(crate) struct Healthy;

/// What was asked for was done.
#[derive(Clone, Copy)]
pub(crate) struct Success;

texts! {
    Healthy, |_| "healthy", choice(["healthy", "unhealthy"], "");
    Success, |_| "success", choice(["success"], "");
}
