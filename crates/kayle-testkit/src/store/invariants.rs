//! What must not be, looked for row by row.

use std::time::Duration;

use async_trait::async_trait;
use kayle_app::ports::store::{
    EXAMPLES_MAX, Invariant, InvariantReads, Overdue, StoreError, Violation,
};
use kayle_crypto::Sealed;
use kayle_delivery::fanout::recipients;
use kayle_delivery::{Delivery, DeliveryState, Payload};
use kayle_endpoints::Endpoint;
use kayle_events::Event;

use super::MemoryStore;
use super::tables::{DeliveryRow, Tables};

#[async_trait]
impl InvariantReads for MemoryStore {
    async fn violations(&self, overdue: &Overdue) -> Result<Vec<Violation>, StoreError> {
        let tables = self.committed.tables()?;
        let violations = Invariant::STORED.into_iter().filter_map(|invariant| {
            let broken = tables.breaking(invariant, overdue);
            let count = u64::try_from(broken.len()).expect("a count in memory fits 64 bits");
            (0 < count).then(|| Violation {
                invariant,
                count,
                examples: broken.into_iter().take(EXAMPLES_MAX).collect(),
            })
        });
        Ok(violations.collect())
    }

    async fn sealed_secrets(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Sealed)>, StoreError> {
        let tables = self.committed.tables()?;
        let secrets = tables.endpoints.iter().filter_map(|(id, row)| {
            let is_behind = after < Some(id.as_str());
            let secret = row.signing_secret.clone().filter(|_| is_behind)?;
            Some((id.to_string(), secret))
        });
        Ok(secrets.take(limit).collect())
    }
}

impl Tables {
    /// Returns the ids of what breaks a rule, in order.
    fn breaking(&self, invariant: Invariant, overdue: &Overdue) -> Vec<String> {
        match invariant {
            Invariant::EventIsFannedOut => {
                let events = self.events.values().map(|row| &row.event);
                events
                    .filter(|event| self.lacks_a_delivery(event))
                    .map(|event| event.id.to_string())
                    .collect()
            }
            Invariant::OneDeliveryPerEndpoint => self.deliveries_where(|row| {
                let Delivery {
                    id,
                    event_id,
                    endpoint_id,
                    ..
                } = &row.delivery;
                self.deliveries_of(event_id)
                    .any(|other| other.endpoint_id == *endpoint_id && other.id < *id)
            }),
            Invariant::DeliveryHasItsEvent => self.deliveries_where(|row| {
                let found = self.events.get(&row.delivery.event_id);
                found
                    .is_none_or(|found| found.event.organization_id != row.delivery.organization_id)
            }),
            // Of a deleted endpoint nothing is left here: only a foreign one can be told.
            Invariant::DeliveryHasItsEndpoint => self.deliveries_where(|row| {
                let found = self.endpoints.get(&row.delivery.endpoint_id);
                found.is_some_and(|found| {
                    found.endpoint.organization_id != row.delivery.organization_id
                })
            }),
            Invariant::EndedDeliveryHasNoBytes => {
                self.deliveries_where(|row| row.jwe.is_some() && expires_at(row).is_none())
            }
            Invariant::StoredPayloadHasBytes => {
                self.deliveries_where(|row| row.jwe.is_none() && expires_at(row).is_some())
            }
            Invariant::LeaseIsTakenOver => self.deliveries_where(|row| {
                matches!(&row.delivery.state, DeliveryState::Delivering { lease, .. }
                    if lease.until < overdue.leased_until)
            }),
            Invariant::ExpiredPayloadIsScrubbed => self.deliveries_where(|row| {
                expires_at(row).is_some_and(|at| at < overdue.payload_expired_at)
            }),
            Invariant::DueDeliveryIsClaimed => self.deliveries_where(|row| {
                matches!(row.delivery.state, DeliveryState::Pending { due_at }
                    if due_at < overdue.due_at)
            }),
            // What lies in memory is read already.
            Invariant::RowIsReadable
            | Invariant::AuditLogIsWhole
            | Invariant::SigningSecretOpens => Vec::new(),
        }
    }

    fn deliveries_where(&self, is_meant: impl Fn(&DeliveryRow) -> bool) -> Vec<String> {
        let meant = self.deliveries.values().filter(|row| is_meant(row));
        meant.map(|row| row.delivery.id.to_string()).collect()
    }

    fn lacks_a_delivery(&self, event: &Event) -> bool {
        let Some(session) = self.sessions.get(&event.session_id) else {
            return false;
        };
        let unchanged: Vec<Unchanged> = self
            .endpoints
            .values()
            .map(|row| Unchanged(row.endpoint.clone()))
            .filter(|Unchanged(endpoint)| {
                endpoint.updated_at < event.created_at.minus(Duration::from_mins(1))
            })
            .collect();
        recipients(event, session.targets.as_slice(), &unchanged)
            .into_iter()
            .any(|Unchanged(endpoint)| {
                !self
                    .deliveries_of(&event.id)
                    .any(|delivery| delivery.endpoint_id == endpoint.id)
            })
    }
}

/// An endpoint that is as it was when the event came.
struct Unchanged(Endpoint);

impl kayle_delivery::fanout::Recipient for Unchanged {
    fn endpoint(&self) -> &Endpoint {
        &self.0
    }
}

fn expires_at(row: &DeliveryRow) -> Option<kayle_primitives::Timestamp> {
    match row.delivery.payload {
        Payload::Stored { expires_at, .. } => Some(expires_at),
        Payload::Scrubbed { .. } => None,
    }
}
