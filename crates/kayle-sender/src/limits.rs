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

/// How long after one address the next one is tried beside it (RFC 8305, section 5).
pub(crate) const NEXT_ADDRESS_DELAY: Duration = Duration::from_millis(250);

/// How long IPv4 addresses wait for the IPv6 ones, once they are there (RFC 8305, section 3).
pub(crate) const IPV6_DELAY: Duration = Duration::from_millis(50);

/// How long IPv6 addresses wait for the IPv4 ones. They wait longer, because far more receivers
/// have a broken IPv6 route than a broken IPv4 one.
pub(crate) const IPV4_DELAY: Duration = Duration::from_secs(1);

/// The part of an attempt's time that its name may take: the rest is for the connection, the
/// handshake and the answer.
pub(crate) const RESOLVER_SHARE: u32 = 3;

/// So many questions that are not answered fit into the time of a name. Two servers are asked at a
/// time.
pub(crate) const QUESTIONS_PER_NAME: u32 = 2;

/// The longest wait for one answer of a name server. Where none comes in this time, none comes.
pub(crate) const QUESTION_TIMEOUT_MAX: Duration = Duration::from_millis(2500);

/// How long an address is remembered, whatever its zone says: a receiver that has moved is found
/// again within this time.
pub(crate) const ADDRESS_REMEMBERED_MAX: Duration = Duration::from_mins(5);

/// How long it is remembered that there is no such name. A zone may say an hour, in which a
/// delivery has four attempts.
pub(crate) const NO_NAME_REMEMBERED_MAX: Duration = Duration::from_secs(30);

/// How often the system's files about names are looked at. A change takes effect within this.
pub(crate) const FILES_LOOKED_AT_EVERY: Duration = Duration::from_secs(2);

/// The most headers of an answer. Servers behind several proxies send dozens.
pub(crate) const HEADERS_MAX: usize = 1024;

/// How long a host that has closed a connection under a request gets fresh connections only.
pub(crate) const FRESH_FOR: Duration = Duration::from_mins(10);

/// How long a connection must have lain idle and still carry a request, before a host is trusted
/// with many idle connections.
pub(crate) const PROVEN_IDLE: Duration = Duration::from_millis(500);

/// How many hosts' manners are remembered: a few hundred bytes each.
pub(crate) const HOSTS_MAX: u64 = 10_000;

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
