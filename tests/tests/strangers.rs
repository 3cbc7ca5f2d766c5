//! Callers who mean no good, and have no credential.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tokio::time::timeout;

use crate::support::{Installation, PATIENCE, raw};

const WHOLE: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn a_head_that_does_not_end_costs_its_connection() {
    let installation = Installation::start(&[]).await;
    let address = installation.service.address().to_owned();
    let unfinished = b"GET / HTTP/1.1\r\nHost:";
    // The library limits the time of the first head only.
    let second = [WHOLE, unfinished].concat();
    let (first, second) =
        tokio::join!(ended(address.clone(), unfinished), ended(address, &second),);
    assert!(first && second);
}

#[tokio::test]
async fn a_body_without_a_credential_is_not_waited_for() {
    let installation = Installation::start(&[]).await;
    let address = installation.service.address().to_owned();
    let head = b"POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 2097151\r\n\r\n";
    let answer = talk(address, head, |stream| {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).map(|()| answer)
    });
    assert_eq!(&answer.await.expect("an answer comes"), b"HTTP/1.1 401");
}

#[tokio::test]
async fn what_is_no_request_is_answered_like_one() {
    let installation = Installation::start(&[]).await;
    let long = [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
        &vec![b'x'; 200_000][..],
    ]
    .concat();
    for (said, status) in [
        (&b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"[..], "400"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", "400"),
        (
            b"POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            "400",
        ),
        (&long, "431"),
        (b"GET / HTTP/1.1\r\nHost:", "408"),
    ] {
        let answer = raw::exchange(installation.service.address(), said).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("it is an answer");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        for header in ["x-content-type-options: nosniff", "cache-control: no-store"] {
            assert!(head.contains(header), "{answer}");
        }
        let body: serde_json::Value = serde_json::from_str(body).expect("it has a body");
        assert_eq!(body["error"]["code"], "BAD_REQUEST", "{answer}");
    }
}

#[tokio::test]
async fn another_protocol_is_not_waited_for() {
    let installation = Installation::start(&[]).await;
    let upgrade = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for (request, status) in [
        (format!("GET /health/live HTTP/1.1\r\n{upgrade}"), "200"),
        (format!("GET /v1/sessions HTTP/1.1\r\n{upgrade}"), "401"),
        (format!("POST /v1/sessions HTTP/1.1\r\n{upgrade}"), "401"),
        (format!("GET /nothing HTTP/1.1\r\n{upgrade}"), "404"),
        (
            "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n".to_owned(),
            "404",
        ),
    ] {
        let exchange = raw::exchange(installation.service.address(), request.as_bytes());
        let answer = timeout(BODY_PATIENCE, exchange).await;
        let answer = answer.expect("nothing more is waited for");
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_prefix_in_another_spelling_is_another_path() {
    let installation = Installation::start(&[]).await;
    let attempts = format!("v1/sessions/vs_{}/attempts", "0".repeat(64));
    for (method, path, status) in [
        ("POST", format!("/internal/{attempts}"), "401"),
        ("POST", format!("/%69nternal/{attempts}"), "404"),
        ("POST", format!("/internal/%76{}", &attempts[1..]), "404"),
        ("GET", "/v1/nope".to_owned(), "401"),
        ("GET", "/%76%31/nope".to_owned(), "404"),
        ("GET", "/v%31/webhooks/endpoints".to_owned(), "404"),
        ("GET", "/health/%6Cive".to_owned(), "404"),
    ] {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = raw::exchange(installation.service.address(), request.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {answer}"
        );
    }
}

/// Far less than the service waits for a body.
const BODY_PATIENCE: Duration = Duration::from_secs(15);

/// Says something, and tells whether the service closes the connection afterwards.
async fn ended(address: String, said: &[u8]) -> bool {
    let ended = talk(address, said, |stream| {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)
    });
    ended.await.is_ok()
}

async fn talk<T: Send + 'static>(
    address: String,
    said: &[u8],
    listen: impl FnOnce(&mut TcpStream) -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    let said = said.to_vec();
    let talking = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&said)?;
        listen(&mut stream)
    });
    talking.await.expect("the talk ends")
}
