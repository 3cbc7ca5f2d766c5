//! What a dispatcher does with due deliveries: claim, prepare, (send,) settle.

mod claim;
mod prepare;
mod settle;

pub use claim::{Claim, Room};
pub use prepare::{Prepared, ToSend};
pub use settle::{Finished, InFlight, Outcome};
