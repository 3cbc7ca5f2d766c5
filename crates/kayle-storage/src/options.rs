//! How the store uses its database.

use std::time::Duration;

/// How the store uses its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOptions {
    /// How many connections read beside the writer of an SQLite database.
    pub readers: u32,
    /// How many connections a PostgreSQL is asked for at most.
    pub connections: u32,
    /// The longest wait for a connection, and for another process's write. What waits longer ends
    /// as unavailable, so that a stuck database is an error and not a hang.
    pub wait_max: Duration,
    /// The longest wait for a PostgreSQL's answer to a statement. It is longer than the server
    /// lets a statement run, so that a server whose answer takes longer has vanished, and all that
    /// waits for it ends as unavailable.
    pub answer_max: Duration,
}

impl Default for StoreOptions {
    /// Returns four readers, which are more than a small machine's cores; sixteen connections to
    /// PostgreSQL; five seconds, which are a thousand times an ordinary write; and for an answer
    /// five seconds more than the thirty after which the server ends a statement.
    fn default() -> Self {
        Self {
            readers: 4,
            connections: 16,
            wait_max: Duration::from_secs(5),
            answer_max: Duration::from_secs(35),
        }
    }
}

impl StoreOptions {
    /// Returns the longest wait for a sign of life, for which a server has nothing to do: half of a
    /// wait for a connection, so that as long is left to make another one.
    pub(crate) fn sign_of_life_max(&self) -> Duration {
        self.wait_max / 2
    }
}
