//! TCP connections to judged addresses.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tower_service::Service;

use crate::connect_error::{ConnectError, NoAddress, is_exhaustion};
use crate::guard::Guard;
use crate::limits::ADDRESSES_TRIED_MAX;

/// Opens TCP connections for the HTTP client, to addresses that the guard judged and no others.
#[derive(Clone)]
pub(crate) struct GuardedConnector {
    guard: Arc<Guard>,
    timeout: Duration,
}

impl GuardedConnector {
    /// Connects within `timeout`, which is shared out among the addresses of a host.
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
        Box::pin(async move {
            let host = uri
                .host()
                .ok_or_else(|| ConnectError::Dns(NoAddress.into()))?;
            let addresses = guard.judged_addresses_of(host).await?;
            let port = port_of(&uri);
            let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, port));
            let tried: Vec<_> = addresses.take(ADDRESSES_TRIED_MAX).collect();
            let stream = connect_to_first(&tried, deadline).await?;
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

/// Connects to the first address that answers. None may use up the time of those behind it.
async fn connect_to_first(
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<TcpStream, ConnectError> {
    let mut failure = ConnectError::Timeout;
    for (left, address) in (1..=addresses.len()).rev().zip(addresses) {
        let share = share_of_time(deadline, left);
        match timeout(share, connect_to(*address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(exhausted @ ConnectError::OutOfResources(_))) => return Err(exhausted),
            Ok(Err(error)) => failure = error,
            Err(_elapsed) => failure = ConnectError::Timeout,
        }
    }
    Err(failure)
}

fn share_of_time(deadline: Instant, addresses_left: usize) -> Duration {
    let remaining = deadline.saturating_duration_since(Instant::now());
    u32::try_from(addresses_left).map_or(Duration::ZERO, |left| remaining / left)
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
        return Err(ConnectError::BlockedAddress);
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
    fn a_port_that_is_not_written_is_the_schemes() {
        assert_eq!(port_of(&Uri::from_static("http://a.example/")), 80);
        assert_eq!(port_of(&Uri::from_static("https://a.example/")), 443);
        assert_eq!(port_of(&Uri::from_static("https://a.example:8443/")), 8443);
    }
}
