//! What a dispatcher does with due deliveries: claim, prepare, (send,) settle.

mod claim;
pub(crate) mod handover;
mod prepare;
mod settle;
mod slots;

pub use crate::ports::queue::Room;
pub use claim::Claim;
pub use handover::HandedOver;
pub use prepare::{Prepared, ToSend};
pub use settle::{Finished, InFlight, Outcome};
pub use slots::{LeftBehind, Reservation, SlotLimits, Slots};
