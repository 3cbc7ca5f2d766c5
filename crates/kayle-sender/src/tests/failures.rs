//! What happens where there is nobody to answer.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use kayle_app::ports::sender::Sender;
use kayle_delivery::FailureReason;
use kayle_endpoints::{AllowedNetworks, EndpointUrl, Environment, UrlPolicy};
use tokio::net::TcpListener;

use super::builders::*;
use super::server::{RawServer, Reaction};
use crate::HyperSender;

/// Short enough to wait for, long enough for loopback.
const SHORT: Duration = Duration::from_millis(150);

fn impatient() -> HyperSender {
    Setup {
        timeout: SHORT,
        ..Setup::default()
    }
    .build()
}

/// A port on which nobody listens.
async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn a_server_that_never_answers_runs_into_the_timeout() {
    let server = RawServer::start(Reaction::Silence).await;
    let outcome = attempt(&impatient(), &http(server.address, "/")).await;
    assert_eq!(outcome, no_answer(FailureReason::Timeout));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn half_a_head_runs_into_the_timeout() {
    let half = b"HTTP/1.1 200 OK\r\nContent-".to_vec();
    let server = RawServer::start(Reaction::Write(half)).await;
    let outcome = attempt(&impatient(), &http(server.address, "/")).await;
    assert_eq!(outcome, no_answer(FailureReason::Timeout));
}

#[tokio::test]
async fn a_server_that_never_shakes_hands_runs_into_the_timeout() {
    let server = RawServer::start(Reaction::Silence).await;
    let url = format!("https://{}/", server.address);
    let outcome = attempt(&impatient(), &url).await;
    assert_eq!(outcome, no_answer(FailureReason::Timeout));
}

#[tokio::test]
async fn a_closed_port_is_a_failed_connection() {
    let address = closed_port().await;
    let outcome = attempt(&sender(), &http(address, "/")).await;
    assert_eq!(outcome, no_answer(FailureReason::Connect));
}

#[tokio::test]
async fn a_name_that_does_not_exist_does_not_resolve() {
    for url in [
        "https://no-such-host.invalid/",
        "https://no-such-host.invalid./",
    ] {
        let outcome = attempt(&sender(), url).await;
        assert_eq!(outcome, no_answer(FailureReason::Dns), "{url}");
    }
}

#[test]
fn a_name_that_no_server_can_know_does_not_come_as_far_as_a_request() {
    let long_label = format!("https://{}.example/", "a".repeat(64));
    for url in [
        "https://a..example/",
        "https://a.example../",
        "https://a{b}.example/",
        &long_label,
    ] {
        let policy = UrlPolicy {
            environment: Environment::Development,
            allowed: AllowedNetworks::default(),
        };
        let stored = EndpointUrl::from_stored(url.to_owned());
        assert!(stored.judge(&policy).is_err(), "{url}");
    }
}

#[tokio::test]
async fn the_next_attempt_after_a_timeout_has_its_own_connection() {
    let server = RawServer::start(Reaction::Silence).await;
    let sender = impatient();
    for _ in 0..2 {
        sender
            .send(request_to(&http(server.address, "/")))
            .await
            .unwrap();
    }
    assert_eq!(server.connections(), [0, 1]);
}
