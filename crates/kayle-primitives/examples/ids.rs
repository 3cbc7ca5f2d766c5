//! Makes ids and times, and reads them back: `cargo run -p kayle-primitives --example ids`.

use std::error::Error;
use std::time::Duration;

use kayle_primitives::{EndpointId, Entropy, EventId, OrganizationId, Timestamp};

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
    let noon = Timestamp::parse("2026-05-05T12:00:00Z")?;

    println!("an endpoint:      {}", EndpointId::generate(noon, &entropy));
    println!("an organization:  {}", OrganizationId::generate(&entropy));
    println!("an event at noon: {}", EventId::generate(noon, &entropy));
    let later = noon.plus(Duration::from_mins(1));
    println!("a minute later:   {}", EventId::generate(later, &entropy));

    println!("{later} is {:?} after {noon}", later.since(noon));
    for text in ["whe_1", "whe 1", "2026-05-05"] {
        match EndpointId::parse(text) {
            Ok(id) => println!("{text:?} is an id: {id}"),
            Err(error) => println!("{text:?} {error}"),
        }
    }
    Ok(())
}
