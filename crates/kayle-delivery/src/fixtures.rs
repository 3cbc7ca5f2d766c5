//! What the tests of this crate start from.

use std::time::Duration;

use kayle_endpoints::{Endpoint, EndpointUrl, Labels, Retention, RetryScheduleName, Subscription};
use kayle_events::{Event, EventType};
use kayle_primitives::{
    DeliveryAttemptId, DeliveryId, EncryptionKeyId, EndpointId, Entropy, EventId, OrganizationId,
    SessionId, Timestamp,
};

use crate::delivery::{Delivery, Lease, LeaseHolder};
use crate::fanout::{Birth, Encrypted};
use crate::schedule::RetrySchedule;
use crate::step::Step;

/// 2026-05-05T11:00:00.000Z.
pub(crate) const START: i64 = 1_777_978_800_000;
/// How long the leases of these tests last, in seconds.
pub(crate) const LEASE_S: u64 = 60;

/// Returns the moment so many seconds after the start.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_ms(START).plus(Duration::from_secs(seconds))
}

/// Returns one organization for each seed.
pub(crate) fn organization_id(seed: u8) -> OrganizationId {
    OrganizationId::generate(&Constant(seed))
}

struct Constant(u8);

impl Entropy for Constant {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

pub(crate) fn attempt_id() -> DeliveryAttemptId {
    DeliveryAttemptId::parse("wha_1").unwrap()
}

pub(crate) fn key_id() -> EncryptionKeyId {
    EncryptionKeyId::parse("whk_1").unwrap()
}

pub(crate) fn endpoint(name: &str, retention: Retention) -> Endpoint {
    Endpoint {
        id: EndpointId::parse(name).unwrap(),
        organization_id: organization_id(0),
        name: None,
        labels: Labels::default(),
        url: EndpointUrl::from_stored("https://hooks.example/".to_owned()),
        subscription: Subscription::default(),
        retention,
        retry_schedule: RetryScheduleName::Standard,
        created_at: at(0),
        updated_at: at(0),
        disabled_at: None,
    }
}

pub(crate) fn event(event_type: EventType) -> Event {
    Event {
        id: EventId::parse("evt_1").unwrap(),
        organization_id: organization_id(0),
        event_type,
        session_id: SessionId::parse("vs_1").unwrap(),
        attempt_id: None,
        created_at: at(0),
        challenge: None,
    }
}

pub(crate) fn delivery_id() -> DeliveryId {
    DeliveryId::parse("whd_1").unwrap()
}

/// Creates a delivery at the start.
pub(crate) fn created(
    encrypted: Encrypted,
    schedule: &RetrySchedule,
    retention: Retention,
) -> Step {
    let birth = Birth {
        id: delivery_id(),
        attempt_id: attempt_id(),
        event: &event(EventType::SessionSucceeded),
        endpoint: &endpoint("whe_1", retention),
        encrypted,
        schedule,
        now: at(0),
    };
    birth.create()
}

/// Returns a delivery created at the start, with its payload.
pub(crate) fn newborn(schedule: &RetrySchedule, retention: Retention) -> Delivery {
    created(Encrypted::With(key_id()), schedule, retention).delivery
}

/// Returns a lease taken at `now`.
pub(crate) fn lease(now: Timestamp) -> Lease {
    Lease {
        holder: LeaseHolder("dispatcher 1, claim 1".to_owned()),
        until: now.plus(Duration::from_secs(LEASE_S)),
    }
}

pub(crate) const RETENTIONS: [Retention; 4] = [
    Retention::None,
    Retention::OneDay,
    Retention::ThreeDays,
    Retention::SevenDays,
];
