//! What happens by age: sessions expire, payloads are scrubbed, lost leases are taken over.

mod sweep;

pub use sweep::Swept;
