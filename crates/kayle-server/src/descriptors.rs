//! How many descriptors the process has, and who may use them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// Files, listeners, signals, the resolver's sockets.
const OTHERS: u64 = 64;

/// More connections than a process of this service answers.
const CONNECTIONS_MAX: u64 = 16_384;

/// Raises the limit of descriptors as far as the process may, and returns how many connections of
/// callers fit beside what sends and what speaks to the database. Callers get a quarter in any
/// case, and half at most: whoever opens connections must not stop deliveries.
pub(crate) fn connections_max(config: &Config) -> usize {
    let descriptors = raise_limit();
    let sending = u64::try_from(config.delivery_concurrency).unwrap_or(u64::MAX);
    let reserved = sending
        .saturating_add(u64::from(config.database_connections))
        .saturating_add(OTHERS);
    let left = descriptors.saturating_sub(reserved);
    let max = left.clamp(descriptors / 4, descriptors / 2);
    usize::try_from(max.min(CONNECTIONS_MAX)).unwrap_or(usize::MAX)
}

fn raise_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(error) => {
            tracing::warn!(%error, "the limit of descriptors stays as it is");
            current.unwrap_or(u64::MAX)
        }
    }
}
