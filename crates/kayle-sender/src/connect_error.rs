//! Why no connection came about.
//!
//! No message names more of the URL than its host.

use std::error::Error;
use std::io;
use std::net::IpAddr;

/// A source that only people read.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The name did not resolve, or no name could look like this.
    #[error("the name did not resolve")]
    Dns(#[source] BoxError),
    /// At least one address behind the name must not be reached, or the connection led elsewhere.
    #[error("the name leads to an address that must not be reached")]
    BlockedAddress(IpAddr),
    /// No address took the connection.
    #[error("no connection")]
    Tcp(#[source] io::Error),
    /// The TLS handshake failed, the check of the certificate included.
    #[error("no TLS session")]
    Tls(#[source] BoxError),
    /// Connecting took too long.
    #[error("no connection in time")]
    Timeout,
    /// The process or the machine has nothing left to make a connection from.
    #[error("no resources for another connection")]
    OutOfResources(#[source] io::Error),
}

/// The name has no address.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address")]
pub(crate) struct NoAddress;

/// Returns whether an error means that this side has run out of descriptors or memory, whatever the
/// other side does.
pub(crate) fn is_exhaustion(error: &io::Error) -> bool {
    let codes = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

/// Copies what an error says about the system, where the error itself is not ours to take.
pub(crate) fn copy_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::from(error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: i32, expected: bool) {
        let error = io::Error::from_raw_os_error(code);
        assert_eq!(is_exhaustion(&error), expected, "{error}");
    }

    #[test]
    fn running_out_of_descriptors_or_memory_is_exhaustion() {
        for code in [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM] {
            check(code, true);
        }
    }

    #[test]
    fn what_the_other_side_or_the_network_does_is_no_exhaustion() {
        for code in [
            libc::ECONNREFUSED,
            libc::ECONNRESET,
            libc::EHOSTUNREACH,
            libc::ENETUNREACH,
            libc::ETIMEDOUT,
        ] {
            check(code, false);
        }
    }
}
