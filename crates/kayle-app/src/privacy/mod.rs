//! What the person whom a session is about can ask for.

mod withdraw;

pub use withdraw::WithdrawError;
