//! What is hardly HTTP, or far too much of it.

use super::cases::expect_unharmed;
use crate::support::api::send;
use crate::support::{Installation, raw};

/// One byte more than a body may have (contract 3.10).
const TOO_MANY_BYTES: usize = 2 * 1024 * 1024 + 1;

/// The largest body there may be is read, and found to be no JSON.
const MOST_BYTES: usize = TOO_MANY_BYTES - 1;

#[tokio::test]
async fn garbage_gets_an_answer_and_does_no_harm() {
    let mut installation = Installation::start(&[]).await;
    for request in garbage() {
        let answer = raw::exchange(installation.service.address(), &request).await;
        let shown: String = String::from_utf8_lossy(&request)
            .chars()
            .take(100)
            .collect();
        let status = answer
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..1));
        assert_eq!(status, Some("4"), "{shown:?} is answered {answer:?}");
    }
    expect_unharmed(&mut installation).await;
}

fn garbage() -> Vec<Vec<u8>> {
    let header = |line: &str| {
        format!("GET /v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{line}\r\n\r\n")
    };
    let target =
        |target: &str| format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let texts = [
        "nonsense\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET /v1/sessions\r\n\r\n".to_owned(),
        "GET /v1/sessions HTTP/9.9\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n".to_owned(),
        target("/v1/sessions%"),
        target("/v1/sessions%zz"),
        target("/v1/sessions/%00"),
        target("/v1/sessions/%ff%fe"),
        target("/v1/sessions?limit=%"),
        target("/v1/sessions?limit=%ff"),
        target("/v1/sessions?%00=%00"),
        target("/v1/../../etc/passwd"),
        target("http://elsewhere.example/v1/sessions"),
        target("*"),
        target("/v1/ses\0sions"),
        target("/v1/\u{e9}"),
        target(&format!("/v1/{}", "a".repeat(200_000))),
        header(&format!("x-long: {}", "a".repeat(500_000))),
        header(&"x-many: 1\r\n".repeat(10_000)),
        header("no colon here"),
        header("x-nul: a\0b"),
        header("authorization: Bearer \u{e9}"),
        header("content-length: -1"),
        header("content-length: 99999999999999999999999"),
        header("content-length: 1\r\ncontent-length: 2"),
        header("transfer-encoding: nonsense"),
        header("transfer-encoding: chunked\r\n\r\nzz\r\n"),
        header("content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n"),
    ];
    let mut requests: Vec<_> = texts.into_iter().map(String::into_bytes).collect();
    requests.push(b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n".to_vec());
    requests.push(b"\0\0\0\0\0\0\0\0\r\n\r\n".to_vec());
    requests
}

#[tokio::test]
async fn a_body_of_two_mebibytes_is_read_and_a_larger_one_is_refused() {
    let mut installation = Installation::start(&[]).await;
    for path in ["/v1/webhooks/endpoints", "/v1/sessions"] {
        let post = async |bytes: usize| {
            let request = installation.api().request(reqwest::Method::POST, path);
            let request = request.header("content-type", "application/json");
            send(request.body(vec![b' '; bytes])).await
        };
        post(TOO_MANY_BYTES)
            .await
            .expect_refusal(413, "PAYLOAD_TOO_LARGE");
        post(MOST_BYTES).await.expect_refusal(400, "BAD_REQUEST");
    }
    expect_unharmed(&mut installation).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_anything_else() {
    let mut installation = Installation::start(&[]).await;
    let address = installation.service.address();
    let head = "POST /v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                content-type: application/json\r\n";

    // Announced, sent or not; the caller has no credential either.
    let mut announced = format!("{head}content-length: {TOO_MANY_BYTES}\r\n\r\n").into_bytes();
    expect_too_large(&raw::exchange(address, &announced).await);
    announced.resize(announced.len() + TOO_MANY_BYTES, b' ');
    expect_too_large(&raw::exchange(address, &announced).await);

    // Without an announcement, in chunks.
    let mut chunked = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    let chunk = vec![b' '; 64 * 1024];
    for _ in 0..=TOO_MANY_BYTES / chunk.len() {
        chunked.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunked.extend(&chunk);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    expect_too_large(&raw::exchange(address, &chunked).await);
    expect_unharmed(&mut installation).await;
}

fn expect_too_large(answer: &str) {
    let head: String = answer.chars().take(200).collect();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{head:?}");
    assert!(answer.contains("PAYLOAD_TOO_LARGE"), "{head:?}");
}
