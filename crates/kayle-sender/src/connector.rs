//! TCP connections to judged addresses.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use crate::connect_error::{ConnectError, NoAddress, is_exhaustion};
use crate::guard::Guard;
use crate::limits::{ADDRESSES_TRIED_MAX, NEXT_ADDRESS_DELAY};
use crate::trip::Trip;

/// Opens TCP connections for the HTTP client, to addresses that the guard judged and no others.
#[derive(Clone)]
pub(crate) struct GuardedConnector {
    guard: Arc<Guard>,
    timeout: Duration,
}

impl GuardedConnector {
    /// Connects within `timeout`.
    pub(crate) fn new(guard: Guard, timeout: Duration) -> Self {
        Self {
            guard: Arc::new(guard),
            timeout,
        }
    }
}

impl Service<Uri> for GuardedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let guard = Arc::clone(&self.guard);
        let deadline = Instant::now() + self.timeout;
        let trip = Trip::current();
        Box::pin(async move {
            let host = uri
                .host()
                .ok_or_else(|| ConnectError::Dns(NoAddress.into()))?;
            let addresses = guard.judge_addresses_of(host, &trip).await?;
            let port = port_of(&uri);
            let addresses = interleave(addresses).map(|ip| SocketAddr::new(ip, port));
            let tried: Vec<_> = addresses.take(ADDRESSES_TRIED_MAX).collect();
            let connecting = connect_to_first(&tried, deadline);
            let stream = trip.time_connect(connecting).await?;
            let peer = stream.peer_addr().map_err(ConnectError::Tcp)?;
            trip.note_connected(peer.ip(), uri.scheme() != Some(&Scheme::HTTP));
            Ok(TokioIo::new(stream))
        })
    }
}

fn port_of(uri: &Uri) -> u16 {
    match uri.port_u16() {
        Some(port) => port,
        None if uri.scheme() == Some(&Scheme::HTTP) => 80,
        None => 443,
    }
}

/// Connects to the first address that answers (RFC 8305, section 5): the next one is tried when one
/// fails, and beside it when it takes long. Those that lose are given up.
async fn connect_to_first(
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<TcpStream, ConnectError> {
    let mut left = addresses.iter().copied();
    let mut tries = JoinSet::new();
    let mut failure = ConnectError::Timeout;
    loop {
        match left.next() {
            Some(address) => drop(tries.spawn(connect_to(address))),
            None if tries.is_empty() => return Err(failure),
            None => {}
        }
        let patience = if left.len() == 0 {
            deadline
        } else {
            deadline.min(Instant::now() + NEXT_ADDRESS_DELAY)
        };
        match timeout_at(patience, tries.join_next()).await {
            Ok(Some(Ok(Ok(stream)))) => return Ok(stream),
            Ok(Some(Ok(Err(exhausted @ ConnectError::OutOfResources(_))))) => {
                return Err(exhausted);
            }
            Ok(Some(Ok(Err(error)))) => failure = error,
            Ok(Some(Err(_)) | None) => {}
            Err(_elapsed) if deadline <= Instant::now() => return Err(ConnectError::Timeout),
            Err(_elapsed) => {}
        }
    }
}

/// Puts the families in turn, the first one first.
fn interleave(addresses: Vec<IpAddr>) -> impl Iterator<Item = IpAddr> {
    let (ipv4, ipv6): (Vec<_>, Vec<_>) = addresses.into_iter().partition(IpAddr::is_ipv4);
    let pairs = ipv4.len().max(ipv6.len());
    (0..pairs).flat_map(move |place| {
        let pair = [ipv4.get(place).copied(), ipv6.get(place).copied()];
        pair.into_iter().flatten()
    })
}

async fn connect_to(address: SocketAddr) -> Result<TcpStream, ConnectError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| refused(address, error))?;
    // The request is written in one piece, and waits for nothing.
    stream.set_nodelay(true).map_err(ConnectError::Tcp)?;
    let peer = stream.peer_addr().map_err(ConnectError::Tcp)?;
    // The kernel connects where it is told; should anything on the way rewrite that, nothing is
    // sent to an address that was not judged.
    if peer.ip() != address.ip() {
        return Err(ConnectError::BlockedAddress(peer.ip()));
    }
    Ok(stream)
}

/// A machine without IPv6 has no source address for any IPv6 destination. For IPv4 the same error
/// means that the ephemeral ports are used up.
fn refused(address: SocketAddr, error: io::Error) -> ConnectError {
    let no_port_left = error.kind() == io::ErrorKind::AddrNotAvailable && address.is_ipv4();
    if no_port_left || is_exhaustion(&error) {
        ConnectError::OutOfResources(error)
    } else {
        ConnectError::Tcp(error)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    fn refusal(address: &str, code: i32) -> ConnectError {
        let address = address.parse().unwrap();
        refused(address, io::Error::from_raw_os_error(code))
    }

    #[test]
    fn used_up_ports_are_our_own_trouble() {
        let error = refusal("192.0.2.1:443", libc::EADDRNOTAVAIL);
        assert!(matches!(error, ConnectError::OutOfResources(_)));
    }

    #[test]
    fn a_missing_ipv6_stack_is_a_failed_connection() {
        let error = refusal("[2001:db8::1]:443", libc::EADDRNOTAVAIL);
        assert!(matches!(error, ConnectError::Tcp(_)));
    }

    #[test]
    fn the_families_are_tried_in_turn() {
        let addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"];
        let addresses = addresses.map(|address| address.parse().unwrap()).to_vec();
        let order: Vec<_> = interleave(addresses).map(|ip| ip.to_string()).collect();
        assert_eq!(
            order,
            ["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"]
        );
    }

    #[test]
    fn a_port_that_is_not_written_is_the_schemes() {
        assert_eq!(port_of(&Uri::from_static("http://a.example/")), 80);
        assert_eq!(port_of(&Uri::from_static("https://a.example/")), 443);
        assert_eq!(port_of(&Uri::from_static("https://a.example:8443/")), 8443);
    }

    /// Listens, and fills the queue: further connections are neither accepted nor refused.
    async fn swallowing() -> (TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let queued = [TcpStream::connect(address), TcpStream::connect(address)];
        let [one, other] = queued.map(async |queued| queued.await.unwrap());
        (listener, vec![one.await, other.await])
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_that_say_nothing_are_tried_a_quarter_of_a_second_apart() {
        let (first, second) = (swallowing().await, swallowing().await);
        let good = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addresses = [&first.0, &second.0, &good].map(|to| to.local_addr().unwrap());
        let began = Instant::now();
        let stream = connect_to_first(&addresses, began + Duration::from_mins(1)).await;
        let stream = stream.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addresses[2]);
        let took = began.elapsed();
        let expected = NEXT_ADDRESS_DELAY * 2;
        assert!(
            (expected..expected + NEXT_ADDRESS_DELAY).contains(&took),
            "{took:?}"
        );
    }
}
