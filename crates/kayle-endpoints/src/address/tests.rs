use proptest::prelude::*;

use super::*;

fn policy(environment: Environment, networks: &[&str]) -> AddressPolicy {
    let networks = networks.iter().map(|net| net.parse().unwrap()).collect();
    AddressPolicy::new(environment, AllowedNetworks::new(networks))
}

fn check(address: &str, policy: &AddressPolicy, permitted: bool) {
    let parsed = address.parse().unwrap();
    assert_eq!(policy.permits(parsed), permitted, "{address} by {policy:?}");
}

#[test]
fn global_addresses_are_permitted() {
    for environment in [Environment::Development, Environment::Production] {
        let policy = policy(environment, &[]);
        let global = [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ];
        for address in global {
            check(address, &policy, true);
        }
    }
}

#[test]
fn special_addresses_are_refused_in_both_environments() {
    let special_v4 = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200", // metadata on Alibaba Cloud
        "168.63.129.16",   // metadata on Azure
        "169.254.169.254", // metadata nearly everywhere
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192", // metadata on Oracle Cloud
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
    ];
    let special_v6 = [
        "::",
        "::7f00:1", // IPv4-compatible, deprecated
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254", // metadata on AWS
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for environment in [Environment::Development, Environment::Production] {
        let policy = policy(environment, &[]);
        for address in special_v4 {
            check(address, &policy, false);
            check(&format!("::ffff:{address}"), &policy, false);
            check(&format!("64:ff9b::{address}"), &policy, false);
        }
        for address in special_v6 {
            check(address, &policy, false);
        }
    }
}

const LOOPBACK: [&str; 6] = [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:127.9.9.9",
    "64:ff9b::7f00:1",
];

#[test]
fn loopback_is_permitted_in_development() {
    let development = policy(Environment::Development, &[]);
    for address in LOOPBACK {
        check(address, &development, true);
    }
}

#[test]
fn loopback_is_refused_in_production_whatever_is_allowed() {
    for networks in [&[][..], &["127.0.0.0/8", "::1/128"], &["0.0.0.0/0", "::/0"]] {
        let production = policy(Environment::Production, networks);
        for address in LOOPBACK {
            check(address, &production, false);
        }
    }
}

#[test]
fn allowed_networks_are_permitted_and_nothing_beside_them() {
    let policy = policy(Environment::Production, &["10.1.0.0/16", "fd12::/16"]);
    check("10.1.2.3", &policy, true);
    check("::ffff:10.1.2.3", &policy, true);
    check("fd12::1", &policy, true);
    check("10.2.0.1", &policy, false);
    check("fd13::1", &policy, false);
    check("169.254.169.254", &policy, false);
}

#[test]
fn the_unspecified_address_is_never_permitted() {
    let everything = policy(Environment::Development, &["0.0.0.0/0", "::/0"]);
    check("0.0.0.0", &everything, false);
    check("::", &everything, false);
    check("::ffff:0.0.0.0", &everything, false);
}

proptest! {
    #[test]
    fn an_address_is_judged_alike_however_it_is_wrapped(bits: u32) {
        let v4 = Ipv4Addr::from(bits);
        for environment in [Environment::Development, Environment::Production] {
            let policy = policy(environment, &["10.0.0.0/8"]);
            let [a, b, c, d] = v4.octets().map(u16::from);
            let nat64 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a << 8 | b, c << 8 | d);
            let expected = policy.permits(IpAddr::V4(v4));
            prop_assert_eq!(policy.permits(IpAddr::V6(v4.to_ipv6_mapped())), expected);
            prop_assert_eq!(policy.permits(IpAddr::V6(nat64)), expected);
        }
    }

    #[test]
    fn no_private_or_local_address_is_permitted_in_production(bits: u32) {
        let v4 = Ipv4Addr::from(bits);
        let inside = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast();
        let policy = policy(Environment::Production, &[]);
        prop_assert!(!(inside && policy.permits(IpAddr::V4(v4))));
    }
}
