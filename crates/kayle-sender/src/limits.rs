//! How much of anything the sender holds, reads or waits for.

use std::time::Duration;

/// How much of an answer's body is read so that its connection can be kept (contract 7.4). A
/// longer body costs more than a new connection.
pub(crate) const DRAINED_BYTES_MAX: usize = 64 * 1024;

/// How long a finished attempt waits for the rest of its answer. Nearly every body arrives with
/// its head, and is done within this time; the others are drained behind the attempt's back.
pub(crate) const DRAIN_GRACE: Duration = Duration::from_millis(50);

/// How many bodies are drained behind their attempts' backs at a time. They hold connections that
/// no other limit counts; beyond this many, a connection is closed instead.
pub(crate) const DRAINS_MAX: usize = 256;

/// The longest head of an answer. Servers themselves stop at 8 to 32 KiB; it bounds what a hostile
/// one can make each attempt hold.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How many addresses of one name are tried in one attempt. All are judged; a name with hundreds
/// must not make one attempt knock on hundreds of doors.
pub(crate) const ADDRESSES_TRIED_MAX: usize = 8;

/// How many hosts' TLS sessions are kept for resumption, which saves most of a handshake's work.
/// A session takes a few KiB.
pub(crate) const TLS_SESSIONS_MAX: usize = 2048;

/// How many connections are kept for later attempts, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// How long a connection may lie idle.
    ///
    /// A server that closes a connection while a request is on its way to it fails that attempt: it
    /// is not repeated, because an attempt is at most one request. Stay below the keep-alive time
    /// that servers commonly have, and it is the client that closes first.
    pub idle_timeout: Duration,
    /// How many connections to one host and port may lie idle.
    pub idle_per_host_max: usize,
}

impl PoolLimits {
    /// Four seconds, because 5 s is the shortest keep-alive time among widespread servers' defaults
    /// (Node.js, Apache httpd); 32 connections, as many as one endpoint's attempts in flight by
    /// default (contract 13.2).
    pub const RECOMMENDED: Self = Self {
        idle_timeout: Duration::from_secs(4),
        idle_per_host_max: 32,
    };
}
