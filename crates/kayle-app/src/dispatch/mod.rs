//! What a dispatcher does with due deliveries: claim, prepare, (send,) settle.

mod claim;
mod prepare;
mod settle;

pub use crate::ports::queue::Room;
pub use claim::Claim;
pub use prepare::{Prepared, ToSend};
pub use settle::{Finished, InFlight, Outcome};
