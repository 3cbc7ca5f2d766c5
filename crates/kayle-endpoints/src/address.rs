//! Which resolved addresses a delivery may connect to (contract 9).
//!
//! A name is judged when it is registered; the address behind it is judged at every connection,
//! because whoever owns the name can change the address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::environment::Environment;

/// Private networks that deliveries may reach, chosen by whoever runs the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedNetworks(Vec<IpNet>);

impl AllowedNetworks {
    /// Takes the networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Returns whether an address lies in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Decides which addresses a delivery may connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPolicy {
    environment: Environment,
    allowed: AllowedNetworks,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix)
}

/// What the IANA IPv4 Special-Purpose Address Registry lists as not globally reachable, and
/// multicast (RFC 5771).
const SPECIAL_V4: [Ipv4Net; 17] = [
    v4(0, 0, 0, 0, 8),          // this network, RFC 791
    v4(10, 0, 0, 0, 8),         // private, RFC 1918
    v4(100, 64, 0, 0, 10),      // carrier-grade NAT, RFC 6598
    v4(127, 0, 0, 0, 8),        // loopback, RFC 1122
    v4(168, 63, 129, 16, 32),   // a public address, yet Azure's metadata service
    v4(169, 254, 0, 0, 16),     // link-local and the clouds' metadata services, RFC 3927
    v4(172, 16, 0, 0, 12),      // private, RFC 1918
    v4(192, 0, 0, 0, 24),       // protocol assignments, RFC 6890
    v4(192, 0, 2, 0, 24),       // documentation, RFC 5737
    v4(192, 88, 99, 0, 24),     // 6to4 relays, RFC 7526
    v4(192, 168, 0, 0, 16),     // private, RFC 1918
    v4(198, 18, 0, 0, 15),      // benchmarks, RFC 2544
    v4(198, 51, 100, 0, 24),    // documentation, RFC 5737
    v4(203, 0, 113, 0, 24),     // documentation, RFC 5737
    v4(224, 0, 0, 0, 4),        // multicast, RFC 5771
    v4(240, 0, 0, 0, 4),        // reserved, RFC 1112
    v4(255, 255, 255, 255, 32), // broadcast, RFC 8190
];

/// Global unicast (RFC 4291). Whatever lies outside is loopback, local, multicast or unassigned.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What the IANA IPv6 Special-Purpose Address Registry carves out of global unicast.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments, Teredo among them, RFC 2928
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation, RFC 3849
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4 carries any IPv4 address inside, RFC 3056
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation, RFC 9637
];

/// IPv4 addresses translated by a NAT64 gateway (RFC 6052).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

impl AddressPolicy {
    /// Makes the policy of an environment.
    pub fn new(environment: Environment, allowed: AllowedNetworks) -> Self {
        Self {
            environment,
            allowed,
        }
    }

    /// Returns whether a delivery may connect to this address.
    ///
    /// Loopback is reachable in development only, whatever networks are allowed. An IPv4 address
    /// inside an IPv6 one is judged as the IPv4 address. The unspecified address, which systems
    /// take for loopback, is never reachable.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = unwrap_ipv4(address);
        if address.is_loopback() {
            return self.environment == Environment::Development;
        }
        !address.is_unspecified() && (self.allowed.contain(address) || is_global(address))
    }
}

/// Returns the IPv4 address that an IPv6 one stands for, where it stands for one.
fn unwrap_ipv4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let [.., a, b, c, d] = v6.octets();
    if NAT64.contains(&v6) {
        return IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    }
    v6.to_canonical()
}

fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address)
                && !SPECIAL_V6.iter().any(|network| network.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests;
