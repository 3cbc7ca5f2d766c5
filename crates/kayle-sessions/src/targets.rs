//! The endpoints that a session's events go to, when the customer chose some (contract 3.8).

use kayle_primitives::EndpointId;

/// The most endpoints that one session may name.
pub const TARGETS_MAX: usize = 25;

/// The chosen endpoints, in order, without repeats. Empty means every subscribed endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets(Vec<EndpointId>);

/// The list cannot be the targets of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTargets {
    /// An empty list.
    #[error("must name at least one endpoint, or be left out")]
    Empty,
    /// More than 25 ids.
    #[error("must name at most {TARGETS_MAX} endpoints")]
    TooMany,
}

impl Targets {
    /// Chooses every subscribed endpoint.
    pub const EVERY_ENDPOINT: Self = Self(Vec::new());

    /// Accepts 1 to 25 ids; repeats are dropped, the order of first mention is kept.
    pub fn new(ids: Vec<EndpointId>) -> Result<Self, InvalidTargets> {
        if ids.is_empty() {
            return Err(InvalidTargets::Empty);
        }
        if ids.len() > TARGETS_MAX {
            return Err(InvalidTargets::TooMany);
        }
        let mut unique = Vec::with_capacity(ids.len());
        for id in ids {
            if !unique.contains(&id) {
                unique.push(id);
            }
        }
        Ok(Self(unique))
    }

    /// Takes a stored list as it is.
    pub fn from_stored(ids: Vec<EndpointId>) -> Self {
        Self(ids)
    }

    /// Returns the chosen ids; empty means every endpoint.
    pub fn as_slice(&self) -> &[EndpointId] {
        &self.0
    }

    /// Returns whether an endpoint is among those the events may go to.
    pub fn include(&self, endpoint_id: &EndpointId) -> bool {
        self.0.is_empty() || self.0.contains(endpoint_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<EndpointId> {
        names
            .iter()
            .map(|name| EndpointId::parse(name).unwrap())
            .collect()
    }

    #[test]
    fn repeats_are_dropped_and_the_order_is_kept() {
        let targets = Targets::new(ids(&["b", "a", "b"])).unwrap();
        assert_eq!(targets.as_slice(), ids(&["b", "a"]));
    }

    #[test]
    fn one_to_twenty_five_can_be_named() {
        assert_eq!(Targets::new(vec![]), Err(InvalidTargets::Empty));
        assert!(Targets::new(ids(&["a"; 25])).is_ok());
        assert_eq!(Targets::new(ids(&["a"; 26])), Err(InvalidTargets::TooMany));
    }

    #[test]
    fn no_targets_means_every_endpoint() {
        assert!(Targets::EVERY_ENDPOINT.include(&ids(&["a"])[0]));
        assert!(!Targets::new(ids(&["b"])).unwrap().include(&ids(&["a"])[0]));
    }
}
