//! A server that speaks bytes: it records what came over which connection, and answers with exactly
//! what a test gave it, HTTP or not.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What the server does when a request is complete.
#[derive(Debug, Clone)]
pub(super) enum Reaction {
    /// Writes these bytes and waits for the next request.
    Write(Vec<u8>),
    /// Writes these bytes and closes the connection.
    WriteAndClose(Vec<u8>),
    /// Writes these bytes and resets the connection.
    WriteAndReset(Vec<u8>),
    /// Writes this head, and blanks until nobody takes them.
    EndlessBody(Vec<u8>),
    /// Writes these bytes to the first request of a connection, and closes it under the second.
    WriteOnce(Vec<u8>),
    /// Writes nothing and keeps the connection open.
    Silence,
}

/// One request, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawRequest {
    /// The number of its connection, from 0 in the order in which they were accepted.
    pub(super) connection: usize,
    pub(super) bytes: Vec<u8>,
}

pub(super) struct RawServer {
    pub(super) address: SocketAddr,
    received: Arc<Mutex<Vec<RawRequest>>>,
    _accepting: JoinSet<()>,
}

/// An answer without a body that leaves the connection open.
pub(super) fn status(code: u16) -> Reaction {
    Reaction::Write(format!("HTTP/1.1 {code} x\r\nContent-Length: 0\r\n\r\n").into_bytes())
}

impl RawServer {
    /// Reacts to every request in the same way.
    pub(super) async fn start(reaction: Reaction) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::default();
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, reaction, Arc::clone(&received)));
        Self {
            address,
            received,
            _accepting: accepting,
        }
    }

    pub(super) fn received(&self) -> Vec<RawRequest> {
        self.received.lock().unwrap().clone()
    }

    /// Returns for every request the number of its connection.
    pub(super) fn connections(&self) -> Vec<usize> {
        let requests = self.received();
        requests.iter().map(|request| request.connection).collect()
    }
}

async fn accept(listener: TcpListener, reaction: Reaction, received: Arc<Mutex<Vec<RawRequest>>>) {
    let mut connections = JoinSet::new();
    for connection in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(serve(
            stream,
            connection,
            reaction.clone(),
            Arc::clone(&received),
        ));
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    reaction: Reaction,
    received: Arc<Mutex<Vec<RawRequest>>>,
) {
    let mut is_first = true;
    while let Some(bytes) = read_request(&mut stream).await {
        let request = RawRequest { connection, bytes };
        received.lock().unwrap().push(request);
        match &reaction {
            // The client may have gone; then the next read says so.
            Reaction::Write(bytes) => drop(stream.write_all(bytes).await),
            Reaction::WriteAndClose(bytes) => {
                drop(stream.write_all(bytes).await);
                return;
            }
            Reaction::WriteAndReset(bytes) => {
                drop(stream.write_all(bytes).await);
                stream.set_zero_linger().unwrap();
                return;
            }
            Reaction::EndlessBody(head) => {
                drop(stream.write_all(head).await);
                while stream.write_all(&[b' '; 4096]).await.is_ok() {}
                return;
            }
            Reaction::WriteOnce(bytes) if is_first => drop(stream.write_all(bytes).await),
            Reaction::WriteOnce(_) => return,
            Reaction::Silence => {}
        }
        is_first = false;
    }
}

/// Reads one request with its body; `None` when the client closed.
pub(super) async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if is_complete(&bytes) {
            return Some(bytes);
        }
    }
}

fn is_complete(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}
