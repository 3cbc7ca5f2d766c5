//! Steps a delivery through its retry schedule, with a clock that is moved by hand:
//! `cargo run -p kayle-delivery --example schedule`.

use std::error::Error;
use std::time::Duration;

use kayle_delivery::fanout::{Birth, Encrypted};
use kayle_delivery::step::AfterFailure;
use kayle_delivery::{
    AttemptOutcome, Delivery, DeliveryState, Input, Lease, LeaseHolder, RetrySchedules, step,
};
use kayle_endpoints::{Endpoint, EndpointUrl, Labels, Retention, RetryScheduleName, Subscription};
use kayle_events::{Event, EventType};
use kayle_primitives::{
    DeliveryAttemptId, DeliveryId, EncryptionKeyId, EndpointId, Entropy, EventId, OrganizationId,
    SessionId, Timestamp,
};

/// The operating system's randomness belongs here; an example repeats itself.
struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(7, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let entropy = Counting(0.into());
    let schedules = RetrySchedules::default();
    let mut now = Timestamp::parse("2026-05-05T12:00:00Z")?;
    let endpoint = endpoint(now, &entropy);
    let birth = Birth {
        id: DeliveryId::generate(now, &entropy),
        attempt_id: DeliveryAttemptId::generate(now, &entropy),
        event: &event(endpoint.organization_id, now, &entropy),
        endpoint: &endpoint,
        encrypted: Encrypted::With(EncryptionKeyId::generate(now, &entropy)),
        schedule: schedules.named(endpoint.retry_schedule),
        now,
    };
    let mut delivery = birth.create().delivery;

    while let DeliveryState::Pending { due_at } = delivery.state {
        now = due_at;
        let lease = Lease {
            holder: LeaseHolder("this example".to_owned()),
            until: now.plus(Duration::from_mins(1)),
        };
        delivery = step(&delivery, Input::Claimed { lease }, now)?.delivery;
        let failed = Input::AttemptFinished {
            attempt_id: DeliveryAttemptId::generate(now, &entropy),
            started_at: now,
            outcome: AttemptOutcome::from_status_code(503),
            after_failure: AfterFailure {
                schedule: schedules.named(endpoint.retry_schedule),
                retention: endpoint.retention,
                retry_after: None,
            },
        };
        delivery = step(&delivery, failed, now)?.delivery;
        show(&delivery, now);
    }

    let requeued = step(&delivery, Input::Requeued, now)?.delivery;
    println!("asked for again by hand: {}", requeued.status().as_str());
    Ok(())
}

fn show(delivery: &Delivery, now: Timestamp) {
    let (count, status) = (delivery.attempt_count, delivery.status().as_str());
    match delivery.next_attempt_at(now) {
        Some(next) => println!("{now} attempt {count} failed: {status}, next at {next}"),
        None => println!("{now} attempt {count} failed: {status}"),
    }
    if let (DeliveryState::Failed, Some(until)) = (&delivery.state, delivery.payload.expires_at()) {
        println!("the payload is kept until {until}");
    }
}

fn endpoint(now: Timestamp, entropy: &dyn Entropy) -> Endpoint {
    Endpoint {
        id: EndpointId::generate(now, entropy),
        organization_id: OrganizationId::generate(entropy),
        name: None,
        labels: Labels::default(),
        url: EndpointUrl::from_stored("https://shop.example/webhooks".to_owned()),
        subscription: Subscription::default(),
        retention: Retention::OneDay,
        retry_schedule: RetryScheduleName::Standard,
        created_at: now,
        updated_at: now,
        disabled_at: None,
    }
}

fn event(organization_id: OrganizationId, now: Timestamp, entropy: &dyn Entropy) -> Event {
    Event {
        id: EventId::generate(now, entropy),
        organization_id,
        event_type: EventType::SessionSucceeded,
        session_id: SessionId::generate(now, entropy),
        attempt_id: None,
        created_at: now,
        challenge: None,
    }
}
