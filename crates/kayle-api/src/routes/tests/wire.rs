//! What only a real connection shows.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use actix_web::rt;

use crate::limits::BODY_BYTES_MAX;
use crate::testing::TestApi;
use crate::{Connections, Surface, server};

/// Serves for as long as `talk` speaks to it, then stops.
async fn with_server(talk: impl FnOnce(SocketAddr) + Send + 'static) {
    let test = TestApi::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let running = server(
        listener,
        test.api,
        Surface::Everything,
        Connections::new(1000),
        Duration::from_secs(1),
    )
    .unwrap();
    let handle = running.handle();
    let served = rt::spawn(running);
    rt::task::spawn_blocking(move || talk(address))
        .await
        .unwrap();
    handle.stop(true).await;
    served.await.unwrap().unwrap();
}

/// Sends bytes and reads until the server closes.
fn exchange(address: SocketAddr, parts: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    for part in parts {
        // A server that has answered may close while the client still sends.
        if stream.write_all(part).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[actix_web::test]
async fn an_announced_body_that_is_too_large_is_refused_unread() {
    with_server(|address| {
        let head = format!(
            "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
            BODY_BYTES_MAX + 1
        );
        let answer = exchange(address, &[head.as_bytes()]);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
    })
    .await;
}

#[actix_web::test]
async fn a_caller_who_sends_too_much_all_the_same_reads_the_refusal() {
    with_server(|address| {
        let size = BODY_BYTES_MAX * 2;
        let head = format!(
            "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
        );
        let answer = exchange(address, &[head.as_bytes(), &vec![b' '; size]]);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer:?}");
    })
    .await;
}

#[actix_web::test]
async fn a_chunked_body_is_counted() {
    with_server(|address| {
        let head = b"POST /v1/sessions HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
        let mut parts = vec![head.as_slice()];
        parts.extend(std::iter::repeat_n(chunk.as_slice(), 33));
        parts.push(b"0\r\n\r\n");
        let answer = exchange(address, &parts);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer:?}");
    })
    .await;
}

#[actix_web::test]
async fn a_broken_chunk_is_a_bad_request() {
    with_server(|address| {
        let request =
            b"POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
        let answer = exchange(address, &[request]);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer:?}");
    })
    .await;
}

#[actix_web::test]
async fn head_is_get_without_a_body() {
    with_server(|address| {
        let ask = |method: &str| {
            let head =
                format!("{method} /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            exchange(address, &[head.as_bytes()])
        };
        let (get, head) = (ask("GET"), ask("HEAD"));
        let (get_head, get_body) = get.split_once("\r\n\r\n").unwrap();
        let (head_head, head_body) = head.split_once("\r\n\r\n").unwrap();
        assert!(get_body.contains("healthy"));
        assert_eq!(head_body, "");
        let length = format!("content-length: {}", get_body.len());
        assert!(head_head.contains(&length), "{head_head}");
        assert_eq!(get_head.lines().next(), head_head.lines().next());
    })
    .await;
}

#[actix_web::test]
async fn strangers_who_hold_every_connection_keep_nobody_out() {
    // More than the thousand that the server takes.
    with_server(|address| {
        let whole = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut held = Vec::new();
        for number in 0..1100 {
            let mut stream = TcpStream::connect(address).unwrap();
            // Some say nothing, some begin, some begin once more.
            let said: &[u8] = match number % 3 {
                0 => b"",
                1 => b"GET / HTTP/1.1\r\nHost:",
                _ => &[whole.as_slice(), b"GET /"].concat(),
            };
            // Those that were closed already cannot be written to.
            let _ = stream.write_all(said);
            held.push(stream);
        }
        let request = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let answer = exchange(address, &[request]);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
        drop(held);
    })
    .await;
}
