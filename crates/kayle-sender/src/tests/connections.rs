//! Which connections carry a second attempt.

use std::net::Ipv4Addr;

use kayle_delivery::FailureReason;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::builders::*;
use super::server::{RawServer, Reaction, read_request, status};
use crate::HyperSender;
use crate::limits::DRAINED_BYTES_MAX;

/// Lets the tasks of the client and the server do what they can, such as putting a connection back.
async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

/// Makes two attempts, and returns the numbers of the connections that carried them.
async fn two_attempts(sender: &HyperSender, reaction: Reaction) -> Vec<usize> {
    let server = RawServer::start(reaction).await;
    for _ in 0..2 {
        attempt(sender, &http(server.address, "/")).await;
        settle().await;
    }
    server.connections()
}

fn with_body(body_bytes: usize) -> Reaction {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {body_bytes}\r\n\r\n");
    Reaction::Write([head.into_bytes(), vec![b' '; body_bytes]].concat())
}

#[tokio::test]
async fn an_answer_without_a_body_leaves_its_connection_for_the_next() {
    assert_eq!(two_attempts(&sender(), status(204)).await, [0, 0]);
}

#[tokio::test]
async fn a_drained_body_leaves_its_connection_for_the_next() {
    for body_bytes in [1, 2048, DRAINED_BYTES_MAX] {
        let connections = two_attempts(&sender(), with_body(body_bytes)).await;
        assert_eq!(connections, [0, 0], "{body_bytes}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_costs_its_connection() {
    let connections = two_attempts(&sender(), with_body(16 * DRAINED_BYTES_MAX)).await;
    assert_eq!(connections, [0, 1]);
}

#[tokio::test]
async fn a_late_body_holds_up_nobody_and_keeps_its_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = http(listener.local_addr().unwrap(), "/");
    let sender = sender();

    let (outcome, mut stream) = tokio::join!(attempt(&sender, &url), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await.unwrap();
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
        stream.write_all(head).await.unwrap();
        stream
    });
    assert_eq!(outcome, accepted(200));

    stream.write_all(b"late").await.unwrap();
    settle().await;
    let (outcome, ()) = tokio::join!(attempt(&sender, &url), async {
        read_request(&mut stream).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    });
    assert_eq!(outcome, accepted(204));
}

#[tokio::test]
async fn an_endless_body_costs_its_connection() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let connections = two_attempts(&sender(), Reaction::EndlessBody(head)).await;
    assert_eq!(connections, [0, 1]);
}

#[tokio::test]
async fn a_refusal_leaves_its_connection_for_the_next() {
    assert_eq!(two_attempts(&sender(), status(500)).await, [0, 0]);
}

#[tokio::test]
async fn a_server_that_says_close_gets_a_new_connection() {
    let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec();
    let connections = two_attempts(&sender(), Reaction::WriteAndClose(answer)).await;
    assert_eq!(connections, [0, 1]);
}

#[tokio::test]
async fn a_server_that_closes_without_a_word_gets_one_request_per_attempt() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
    let server = RawServer::start(Reaction::WriteAndClose(answer)).await;
    let sender = sender();
    let mut accepted_attempts = 0;
    for _ in 0..10 {
        let outcome = attempt(&sender, &http(server.address, "/")).await;
        // The client may see the end of a connection only when it uses it again.
        assert!(
            outcome == accepted(200) || outcome == no_answer(FailureReason::Connect),
            "{outcome:?}"
        );
        accepted_attempts += usize::from(outcome == accepted(200));
    }
    assert_eq!(server.received().len(), accepted_attempts);
}

#[tokio::test]
async fn a_server_that_announces_an_early_end_gets_fresh_connections() {
    let answer = b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2, max=100\r\nContent-Length: 0\r\n\r\n";
    let server = RawServer::start(Reaction::Write(answer.to_vec())).await;
    let sender = sender();
    for _ in 0..3 {
        attempt(&sender, &http(server.address, "/")).await;
        settle().await;
    }
    // The first one lies in the pool until it is closed.
    assert_eq!(server.connections(), [0, 1, 2]);
}

#[tokio::test]
async fn a_host_that_closes_under_a_request_loses_one_of_a_hundred_attempts() {
    let answer = b"HTTP/1.1 204 x\r\n\r\n".to_vec();
    let server = RawServer::start(Reaction::WriteOnce(answer)).await;
    let sender = sender();
    let mut lost = Vec::new();
    for number in 0..100 {
        let outcome = attempt(&sender, &http(server.address, "/")).await;
        if outcome != accepted(204) {
            assert_eq!(outcome, no_answer(FailureReason::Connect));
            lost.push(number);
        }
        settle().await;
    }
    assert_eq!(lost, [1], "the second alone goes over a kept connection");
}
