//! Which hosts can be trusted to keep a connection.
//!
//! A server may close an idle connection at any time, and a request that is on its way then is
//! lost: it is not repeated, because an attempt is at most one request. Servers that close soon and
//! do not say so would lose half of their requests. So a host gets many idle connections only after
//! one has proven itself: it lay idle for a while, and then carried another request. Until then one
//! request at a time may go over a kept connection, and all others get fresh ones. A host that
//! closes a connection under a request, or closes it before it could be used again, gets fresh ones
//! for ten minutes.

use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use moka::sync::Cache;
use tokio::time::Instant;

use crate::limits::{FRESH_FOR, HOSTS_MAX, PROVEN_IDLE};

/// What is known of hosts. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Hosts(Cache<String, Arc<Mutex<Host>>>);

/// Which connection a request goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// One that was kept, or one that will be.
    Kept,
    /// One of its own.
    Fresh,
}

/// What a request over a kept connection showed of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// It answered.
    Answered,
    /// It answered, and will soon close the connection.
    ClosesSoon,
    /// The connection ended before an answer began.
    Closed,
    /// Neither.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Host {
    phase: Phase,
    /// How many connections were made to be kept.
    connections: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// One request at a time goes over a kept connection.
    Tried {
        answers: u32,
        last_at: Instant,
        is_busy: bool,
    },
    /// A connection has carried a request after it lay idle.
    Trusted,
    /// Kept connections are not used.
    Fresh { until: Instant },
}

/// One request's part in finding out about a host.
pub(crate) struct Trial {
    pub(crate) way: Way,
    host: Arc<Mutex<Host>>,
    connections_before: u32,
    is_over: bool,
}

impl Hosts {
    pub(crate) fn new() -> Self {
        let hosts = Cache::builder().max_capacity(HOSTS_MAX);
        Self(hosts.time_to_idle(FRESH_FOR * 2).build())
    }

    /// Chooses the way of a request that begins.
    pub(crate) fn begin(&self, uri: &Uri) -> Trial {
        let now = Instant::now();
        let host = self.host(uri, now);
        let (way, connections_before) = {
            let mut host = lock(&host);
            (host.begin(now), host.connections)
        };
        Trial {
            way,
            host,
            connections_before,
            is_over: false,
        }
    }

    /// Notes that a connection is made to be kept.
    pub(crate) fn count_connection(&self, uri: &Uri) {
        lock(&self.host(uri, Instant::now())).connections += 1;
    }

    fn host(&self, uri: &Uri, now: Instant) -> Arc<Mutex<Host>> {
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map(http::uri::Authority::as_str);
        let key = [scheme, "://", authority.unwrap_or_default()].concat();
        self.0
            .get_with(key, || Arc::new(Mutex::new(Host::new(now))))
    }
}

impl Trial {
    /// Notes what the request showed.
    pub(crate) fn end(mut self, manners: Manners) {
        self.note(manners);
    }

    fn note(&mut self, manners: Manners) {
        self.is_over = true;
        if self.way == Way::Fresh && manners != Manners::ClosesSoon {
            return;
        }
        let mut host = lock(&self.host);
        let is_reused = host.connections == self.connections_before;
        host.end(manners, is_reused, Instant::now());
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if !self.is_over {
            self.note(Manners::Unknown);
        }
    }
}

impl Host {
    fn new(now: Instant) -> Self {
        Self {
            phase: Phase::begun(now),
            connections: 0,
        }
    }

    fn begin(&mut self, now: Instant) -> Way {
        if let Phase::Fresh { until } = self.phase
            && until <= now
        {
            self.phase = Phase::begun(now);
        }
        match &mut self.phase {
            Phase::Trusted => Way::Kept,
            Phase::Fresh { .. } => Way::Fresh,
            Phase::Tried {
                answers,
                last_at,
                is_busy,
            } => {
                let has_rested = *answers < 2 || PROVEN_IDLE <= now.duration_since(*last_at);
                if *is_busy || !has_rested {
                    return Way::Fresh;
                }
                *is_busy = true;
                Way::Kept
            }
        }
    }

    fn end(&mut self, manners: Manners, is_reused: bool, now: Instant) {
        let fresh = Phase::Fresh {
            until: now + FRESH_FOR,
        };
        self.phase = match (manners, self.phase) {
            (Manners::Closed | Manners::ClosesSoon, _) => fresh,
            (_, phase @ (Phase::Trusted | Phase::Fresh { .. })) => phase,
            // It was closed before it could be used again.
            (Manners::Answered, Phase::Tried { answers: 1.., .. }) if !is_reused => fresh,
            (Manners::Answered, Phase::Tried { answers: 2.., .. }) => Phase::Trusted,
            (Manners::Answered, Phase::Tried { answers, .. }) => Phase::Tried {
                answers: answers + 1,
                last_at: now,
                is_busy: false,
            },
            (Manners::Unknown, Phase::Tried { .. }) => Phase::begun(now),
        };
    }
}

impl Phase {
    fn begun(now: Instant) -> Self {
        Self::Tried {
            answers: 0,
            last_at: now,
            is_busy: false,
        }
    }
}

fn lock(host: &Mutex<Host>) -> std::sync::MutexGuard<'_, Host> {
    host.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answered(host: &mut Host, is_reused: bool, now: Instant) {
        host.end(Manners::Answered, is_reused, now);
    }

    #[test]
    fn a_host_is_trusted_after_a_connection_lay_idle_and_carried_a_request() {
        let start = Instant::now();
        let mut host = Host::new(start);
        assert_eq!(host.begin(start), Way::Kept);
        assert_eq!(host.begin(start), Way::Fresh, "one at a time");
        answered(&mut host, false, start);
        assert_eq!(host.begin(start), Way::Kept);
        answered(&mut host, true, start);
        assert_eq!(host.begin(start), Way::Fresh, "it rests");
        let rested = start + PROVEN_IDLE;
        assert_eq!(host.begin(rested), Way::Kept);
        answered(&mut host, true, rested);
        assert_eq!([host.begin(rested), host.begin(rested)], [Way::Kept; 2]);
    }

    #[test]
    fn a_host_that_closes_gets_fresh_connections_for_ten_minutes() {
        let start = Instant::now();
        for manners in [Manners::Closed, Manners::ClosesSoon] {
            let mut host = Host::new(start);
            host.begin(start);
            host.end(manners, true, start);
            assert_eq!(host.begin(start), Way::Fresh, "{manners:?}");
            let almost = start + Duration::from_secs(599);
            assert_eq!(host.begin(almost), Way::Fresh, "{manners:?}");
            assert_eq!(host.begin(start + FRESH_FOR), Way::Kept, "{manners:?}");
        }
    }

    #[test]
    fn a_connection_that_was_closed_while_it_rested_proves_nothing() {
        let start = Instant::now();
        let mut host = Host::new(start);
        host.begin(start);
        answered(&mut host, false, start);
        host.begin(start);
        answered(&mut host, false, start);
        assert_eq!(host.begin(start + PROVEN_IDLE), Way::Fresh);
    }
}
