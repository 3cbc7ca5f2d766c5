//! Takes leases on due deliveries.

use kayle_delivery::{Lease, LeaseHolder};
use kayle_primitives::Timestamp;
use kayle_primitives::id::random_uuid;

use crate::Webhooks;
use crate::limits::CLAIM_BATCH_MAX;
use crate::ports::meter::BatchKind;
use crate::ports::queue::{ClaimRequest, Claimed, Room};
use crate::ports::store::StoreError;

/// The deliveries that one claim took.
#[derive(Debug)]
pub struct Claim {
    /// Names the claim.
    pub holder: LeaseHolder,
    /// The longest due first.
    pub deliveries: Vec<Claimed>,
    /// When it was committed.
    pub committed_at: Timestamp,
}

impl Webhooks {
    /// Takes as many due deliveries as there is room for, up to one batch.
    pub async fn claim_deliveries(&self, room: &Room) -> Result<Claim, StoreError> {
        let lease = self.new_lease();
        let holder = lease.holder.clone();
        let request = ClaimRequest {
            now: self.clock.now(),
            lease,
            room: Room {
                total: room.total.min(CLAIM_BATCH_MAX),
                ..room.clone()
            },
        };
        let deliveries = self.queue.claim_due(&request).await?;
        let committed_at = self.clock.now();
        if !deliveries.is_empty() {
            let took = committed_at.since(request.now);
            self.meter
                .batch_ended(BatchKind::Claim, deliveries.len(), took);
        }
        Ok(Claim {
            holder,
            deliveries,
            committed_at,
        })
    }

    /// Returns a lease for one claim, from now on.
    pub(crate) fn new_lease(&self) -> Lease {
        Lease {
            holder: LeaseHolder(random_uuid(&*self.entropy).to_string()),
            until: self.clock.now().plus(self.settings.lease),
        }
    }

    /// Returns when the next pending delivery is due.
    pub async fn next_delivery_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.queue.next_due_at().await
    }
}
