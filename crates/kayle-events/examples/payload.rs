//! Builds what a customer is told of a verification, before it is encrypted:
//! `cargo run -p kayle-events --example payload`.

use std::error::Error;

use kayle_events::{ClaimKey, ClaimValue, Claims, Event, EventData};
use kayle_primitives::{Entropy, EventId, OrganizationId, SessionId, Timestamp};

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
    let now = Timestamp::parse("2026-05-05T12:00:00Z")?;
    let claims = Claims::from([
        (ClaimKey::parse("family_name")?, text("Curie")),
        (ClaimKey::parse("age_over_18")?, ClaimValue::Boolean(true)),
    ]);
    let data = EventData::SessionSucceeded { claims };

    let event = Event {
        id: EventId::generate(now, &entropy),
        organization_id: OrganizationId::generate(&entropy),
        event_type: data.event_type(),
        session_id: SessionId::generate(now, &entropy),
        attempt_id: None,
        created_at: now,
        challenge: None,
    };
    let plaintext = data.to_plaintext(&event);

    println!("{plaintext:?} never shows itself in a log; whoever encrypts it, exposes it:");
    println!("{}", std::str::from_utf8(plaintext.expose())?);
    Ok(())
}

fn text(text: &str) -> ClaimValue {
    ClaimValue::Text(text.to_owned().into())
}
