//! How answers are taken.

use std::time::Duration;

use kayle_delivery::{AttemptOutcome, FailureReason, RetryAfter};

use super::builders::*;
use super::server::{RawServer, Reaction, status};

async fn check(reaction: Reaction, expected: AttemptOutcome) {
    let server = RawServer::start(reaction.clone()).await;
    let outcome = attempt(&sender(), &http(server.address, "/")).await;
    assert_eq!(outcome, expected, "{reaction:?}");
    assert_eq!(server.received().len(), 1, "{reaction:?}");
}

fn write(answer: &str) -> Reaction {
    Reaction::Write(answer.as_bytes().to_vec())
}

#[tokio::test]
async fn from_200_to_299_is_accepted() {
    for code in [200, 201, 204, 226, 299] {
        check(status(code), accepted(code)).await;
    }
}

#[tokio::test]
async fn every_other_status_is_refused() {
    for code in [300, 304, 400, 404, 410, 429, 500, 503, 599, 999] {
        check(status(code), refused(code)).await;
    }
}

#[tokio::test]
async fn a_redirect_is_refused_and_not_followed() {
    let elsewhere = RawServer::start(status(204)).await;
    for code in [301, 302, 303, 307, 308] {
        let location = http(elsewhere.address, "/");
        let answer =
            format!("HTTP/1.1 {code} x\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        check(write(&answer), refused(code)).await;
    }
    assert_eq!(elsewhere.received(), []);
}

#[tokio::test]
async fn an_answer_says_when_it_asks_for_the_next_request() {
    async fn asked_for(header: &str) -> Option<RetryAfter> {
        let answer = format!("HTTP/1.1 503 x\r\n{header}Content-Length: 0\r\n\r\n");
        let server = RawServer::start(write(&answer)).await;
        let sent = sent(&sender(), &http(server.address, "/")).await;
        assert_eq!(sent.outcome, refused(503));
        sent.retry_after
    }
    let delay = RetryAfter::Delay(Duration::from_mins(2));
    assert_eq!(asked_for("retry-after:  120 \r\n").await, Some(delay));
    assert_eq!(asked_for("Retry-After: tomorrow\r\n").await, None);
    assert_eq!(asked_for("").await, None);
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let answer = "HTTP/1.1 100 Continue\r\n\r\n\
                  HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n\
                  HTTP/1.1 199 x\r\n\r\n\
                  HTTP/1.1 204 No Content\r\n\r\n";
    check(write(answer), accepted(204)).await;
}

#[tokio::test]
async fn a_change_of_protocol_is_refused() {
    let answer = "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    check(write(answer), refused(101)).await;
}

#[tokio::test]
async fn an_http_1_0_answer_is_an_answer() {
    let answer = b"HTTP/1.0 200 OK\r\n\r\nthanks".to_vec();
    check(Reaction::WriteAndClose(answer), accepted(200)).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_does_not_change_the_outcome() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec();
    check(Reaction::WriteAndClose(answer.clone()), accepted(200)).await;
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno length".to_vec();
    check(Reaction::Write(answer), accepted(200)).await;
}

#[tokio::test]
async fn an_endless_body_does_not_change_the_outcome() {
    let chunkless = b"HTTP/1.1 503 x\r\n\r\n".to_vec();
    check(Reaction::EndlessBody(chunkless), refused(503)).await;
    let sized = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n".to_vec();
    check(Reaction::EndlessBody(sized), accepted(200)).await;
}

#[tokio::test]
async fn a_body_that_never_comes_does_not_change_the_outcome() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    check(write(answer), accepted(200)).await;
}

#[tokio::test]
async fn a_large_head_is_an_answer() {
    let cookie = "a".repeat(32 * 1024);
    let answer = format!("HTTP/1.1 200 OK\r\nSet-Cookie: {cookie}\r\nContent-Length: 0\r\n\r\n");
    check(write(&answer), accepted(200)).await;
}

#[tokio::test]
async fn a_head_that_does_not_end_is_no_answer() {
    let endless = b"HTTP/1.1 200 OK\r\nX-Blanks: ".to_vec();
    check(
        Reaction::EndlessBody(endless),
        no_answer(FailureReason::Connect),
    )
    .await;
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for garbage in [
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
        "\0\0\0\0",
        "HTTP/1.1 20 x\r\n\r\n",
        "HTTP/1.1 099 x\r\n\r\n",
    ] {
        let reaction = Reaction::WriteAndClose(garbage.as_bytes().to_vec());
        check(reaction, no_answer(FailureReason::Connect)).await;
    }
}

#[tokio::test]
async fn a_connection_that_ends_within_the_head_is_no_answer() {
    let half = b"HTTP/1.1 200 OK\r\nContent-".to_vec();
    let broken = no_answer(FailureReason::Connect);
    check(Reaction::WriteAndClose(half.clone()), broken).await;
    check(Reaction::WriteAndReset(half), broken).await;
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_carries_one_request() {
    let broken = no_answer(FailureReason::Connect);
    check(Reaction::WriteAndClose(Vec::new()), broken).await;
    check(Reaction::WriteAndReset(Vec::new()), broken).await;
}

#[tokio::test]
async fn a_head_that_is_not_quite_right_still_has_its_status() {
    for headers in [
        "X-A: one\r\n two\r\n".to_owned(),
        "X-A : one\r\n".to_owned(),
        "X A: one\r\n".to_owned(),
        "no header at all\r\n".to_owned(),
        "X-A: y\r\n".repeat(101),
        "X-A: y\r\n".repeat(800),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\n\r\n");
        let server = RawServer::start(Reaction::Write(head.into_bytes())).await;
        let sender = sender();
        for _ in 0..2 {
            let outcome = attempt(&sender, &http(server.address, "/")).await;
            assert_eq!(
                outcome,
                accepted(200),
                "{}",
                headers.lines().next().unwrap()
            );
        }
    }
}

#[tokio::test]
async fn a_length_that_is_no_number_is_no_answer() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n".to_vec();
    let server = RawServer::start(Reaction::Write(head)).await;
    let outcome = attempt(&sender(), &http(server.address, "/")).await;
    assert_eq!(outcome, no_answer(FailureReason::Connect));
}
