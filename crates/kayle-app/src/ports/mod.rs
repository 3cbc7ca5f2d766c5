//! What the operations need from outside. Each port has two implementations: the real one in an
//! adapter crate or in the binary, and a double in kayle-testkit.

pub mod meter;
pub mod queue;
pub mod sender;
pub mod store;
pub mod wakeup;
