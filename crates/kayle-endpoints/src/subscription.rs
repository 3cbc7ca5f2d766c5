//! The subscription: which events an endpoint wants (contract 2.3, D1).

use kayle_events::EventType;

/// A set of event types in the order they were given. Empty means that nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription(Vec<EventType>);

impl Subscription {
    /// Takes the given types; repeats are stored once.
    pub fn new(event_types: &[EventType]) -> Self {
        let mut unique = Vec::with_capacity(event_types.len());
        for event_type in event_types {
            if !unique.contains(event_type) {
                unique.push(*event_type);
            }
        }
        Self(unique)
    }

    /// Returns whether events of this type are wanted.
    pub fn contains(&self, event_type: EventType) -> bool {
        self.0.contains(&event_type)
    }

    /// Returns the types, in order.
    pub fn as_slice(&self) -> &[EventType] {
        &self.0
    }
}

impl Default for Subscription {
    /// Returns the four session events (contract 2.3).
    fn default() -> Self {
        Self::new(&EventType::DEFAULT_SUBSCRIPTION)
    }
}

#[cfg(test)]
mod tests;
