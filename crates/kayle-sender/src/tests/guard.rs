//! Which addresses are reached, and which are not.

use std::net::IpAddr;

use kayle_endpoints::{AddressPolicy, AllowedNetworks, Environment};

use super::builders::*;
use super::server::{RawServer, status};
use crate::guard::{Guard, literal};
use crate::trip::Trip;

fn production() -> AddressPolicy {
    AddressPolicy::new(Environment::Production, AllowedNetworks::default())
}

fn with_hosts(hosts: &'static str) -> crate::HyperSender {
    Setup {
        hosts,
        ..Setup::default()
    }
    .build()
}

#[tokio::test]
async fn localhost_is_reached_without_a_name_server_in_development() {
    let server = RawServer::start(status(204)).await;
    let port = server.address.port();
    for host in ["localhost", "localhost.", "127.0.0.1"] {
        let outcome = attempt(&sender(), &format!("http://{host}:{port}/")).await;
        assert_eq!(outcome, accepted(204), "{host}");
    }
}

#[tokio::test]
async fn loopback_is_blocked_in_production() {
    let server = RawServer::start(status(204)).await;
    let port = server.address.port();
    let sender = Setup {
        policy: production(),
        hosts: "127.0.0.1 rebound.example",
        ..Setup::default()
    }
    .build();
    for url in [
        format!("http://localhost:{port}/"),
        format!("http://127.0.0.1:{port}/"),
        format!("https://rebound.example:{port}/"),
    ] {
        let outcome = attempt(&sender, &url).await;
        assert_eq!(outcome, blocked("127.0.0.1"), "{url}");
    }
    assert_eq!(server.received(), []);
}

#[tokio::test]
async fn a_literal_address_in_the_url_is_judged_too() {
    let outcome = attempt(&sender(), "https://10.0.0.1/").await;
    assert_eq!(outcome, blocked("10.0.0.1"));
}

#[tokio::test]
async fn one_forbidden_address_blocks_the_whole_name() {
    for (hosts, refused) in [
        (
            "127.0.0.1 mixed.example\n10.0.0.1 mixed.example",
            "10.0.0.1",
        ),
        (
            "10.0.0.1 mixed.example\n127.0.0.1 mixed.example",
            "10.0.0.1",
        ),
        ("127.0.0.1 mixed.example\nfd00::1 mixed.example", "fd00::1"),
        (
            "127.0.0.1 mixed.example\n169.254.169.254 mixed.example",
            "169.254.169.254",
        ),
    ] {
        let outcome = attempt(&with_hosts(hosts), "https://mixed.example/").await;
        assert_eq!(outcome, blocked(refused), "{hosts}");
    }
}

#[tokio::test]
async fn the_addresses_of_a_name_are_tried_in_turn() {
    let server = RawServer::start(status(204)).await;
    let sender = with_hosts("127.0.0.2 localhost\n127.0.0.1 localhost");
    let url = format!("http://localhost:{}/", server.address.port());
    assert_eq!(attempt(&sender, &url).await, accepted(204));
}

#[tokio::test]
async fn a_trailing_dot_and_capitals_make_no_difference() {
    let guard = Guard::new(
        resolver("203.0.113.1 other.example\n9.9.9.9 hooks.example"),
        production(),
    );
    for host in ["hooks.example", "hooks.example.", "HOOKS.example"] {
        let addresses = guard
            .judge_addresses_of(host, &Trip::default())
            .await
            .unwrap();
        assert_eq!(addresses, [IpAddr::from([9, 9, 9, 9])], "{host}");
    }
}

#[test]
fn a_literal_address_is_read_with_and_without_brackets() {
    assert_eq!(literal("127.0.0.1"), Some(IpAddr::from([127, 0, 0, 1])));
    assert_eq!(literal("[::1]"), "::1".parse().ok());
    assert_eq!(literal("::1"), "::1".parse().ok());
    assert_eq!(literal("hooks.example"), None);
}
