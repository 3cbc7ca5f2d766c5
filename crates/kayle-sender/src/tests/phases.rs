//! Which phases of an attempt are measured.

use std::net::{IpAddr, Ipv4Addr};

use kayle_delivery::{ConnectionUse, FailureReason, Phases};
use tokio::net::TcpListener;
use tokio::time::{Duration, Instant};

use super::builders::*;
use super::server::{RawServer, Reaction, status};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Names the phases that have a time.
fn timed(phases: &Phases) -> Vec<&'static str> {
    let times = [
        ("dns", phases.dns),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("first_byte", phases.first_byte),
    ];
    let known = times.into_iter().filter(|(_, time)| time.is_some());
    known.map(|(name, _)| name).collect()
}

#[tokio::test]
async fn a_first_attempt_resolves_connects_and_waits_for_the_answer() {
    let server = RawServer::start(status(204)).await;
    let sender = Setup {
        hosts: "127.0.0.1 localhost",
        ..Setup::default()
    };
    let url = format!("http://localhost:{}/", server.address.port());
    let began_at = Instant::now();
    let sent = sent(&sender.build(), &url).await;
    let took = began_at.elapsed();
    let phases = sent.phases;
    assert_eq!(phases.connection, Some(ConnectionUse::New));
    assert_eq!(phases.remote_address, Some(LOCALHOST));
    assert_eq!(timed(&phases), ["dns", "connect", "first_byte"]);
    let times = [phases.dns, phases.connect, phases.first_byte];
    assert!(times.into_iter().flatten().sum::<Duration>() <= took);
}

#[tokio::test]
async fn an_address_in_the_url_is_not_resolved() {
    let server = RawServer::start(status(500)).await;
    let sent = sent(&sender(), &http(server.address, "/")).await;
    assert_eq!(timed(&sent.phases), ["connect", "first_byte"]);
}

#[tokio::test]
async fn a_second_attempt_over_the_same_connection_only_waits_for_the_answer() {
    let server = RawServer::start(status(204)).await;
    let sender = sender();
    let url = http(server.address, "/");
    sent(&sender, &url).await;
    // The client puts the connection back.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let again = sent(&sender, &url).await;
    assert_eq!(server.connections(), [0, 0]);
    assert_eq!(again.phases.connection, Some(ConnectionUse::Reused));
    assert_eq!(again.phases.remote_address, Some(LOCALHOST));
    assert_eq!(timed(&again.phases), ["first_byte"]);
}

#[tokio::test]
async fn a_silent_server_was_reached_and_has_no_first_byte() {
    let server = RawServer::start(Reaction::Silence).await;
    let sender = Setup {
        timeout: Duration::from_millis(300),
        ..Setup::default()
    };
    let sent = sent(&sender.build(), &http(server.address, "/")).await;
    assert_eq!(sent.outcome, no_answer(FailureReason::Timeout));
    assert_eq!(sent.phases.remote_address, Some(LOCALHOST));
    assert_eq!(timed(&sent.phases), ["connect"]);
}

#[tokio::test]
async fn a_refused_connection_has_no_address_and_took_time() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let sent = sent(&sender(), &http(address, "/")).await;
    assert_eq!(sent.outcome, no_answer(FailureReason::Connect));
    assert_eq!(sent.phases.connection, None);
    assert_eq!(sent.phases.remote_address, None);
    assert_eq!(timed(&sent.phases), ["connect"]);
}

#[tokio::test]
async fn a_blocked_address_is_not_connected_to() {
    let sender = Setup {
        hosts: "169.254.169.254 hooks.example",
        ..Setup::default()
    };
    let sent = sent(&sender.build(), "https://hooks.example/").await;
    assert_eq!(sent.outcome, blocked("169.254.169.254"));
    assert_eq!(timed(&sent.phases), ["dns"]);
}
