//! What happens by age: sessions expire, payloads are scrubbed, lost leases are taken over, old
//! rows are deleted.

mod purge;
mod sweep;

pub use purge::{
    AUDIT_RETENTION, EVENT_RETENTION, Purged, SESSION_DETAILS_RETENTION, SESSION_RETENTION,
};
pub(crate) use sweep::Found;
pub use sweep::Swept;
