//! The guard: which addresses a host may be reached at (contract 9).
//!
//! It speaks at every connection, because whoever owns a name can change what is behind it.

use std::net::IpAddr;

use kayle_endpoints::AddressPolicy;

use crate::connect_error::ConnectError;
use crate::resolver::Resolver;
use crate::trip::Trip;

/// Resolves hosts and judges what they lead to.
pub(crate) struct Guard {
    resolver: Resolver,
    policy: AddressPolicy,
}

impl Guard {
    pub(crate) fn new(resolver: Resolver, policy: AddressPolicy) -> Self {
        Self { resolver, policy }
    }

    /// Returns all addresses of a host, at least one, every one of them judged.
    ///
    /// One forbidden address condemns the host: a public name has no business with a private
    /// address, and whoever mixes them is trying which one is taken.
    pub(crate) async fn judge_addresses_of(
        &self,
        host: &str,
        trip: &Trip,
    ) -> Result<Vec<IpAddr>, ConnectError> {
        let addresses = match literal(host) {
            Some(address) => vec![address],
            None => trip.time_dns(self.resolver.addresses_of(host)).await?,
        };
        trip.note_addresses(&addresses);
        let refused = addresses.iter().find(|ip| !self.policy.permits(**ip));
        match refused {
            None => Ok(addresses),
            Some(refused) => Err(ConnectError::BlockedAddress(*refused)),
        }
    }
}

/// Reads an address that stands in a URL, an IPv6 one in its brackets.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    bare.parse().ok()
}
