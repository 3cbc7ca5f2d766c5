//! Callers who mean no good, and have no credential.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{Installation, PATIENCE};

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
