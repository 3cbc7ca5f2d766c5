//! The bound of every body and wait, with its reason.

use std::time::Duration;

/// The largest request body (contract 3.10).
pub(crate) const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Reserved for a body before any of it has come: most fit, and a caller who only announces much
/// costs nothing.
pub(crate) const BODY_BYTES_RESERVED_MAX: usize = 16 * 1024;

/// How long a body may take to arrive. Two mebibytes need no longer on any line that a server has;
/// who sends a byte a second holds a connection for this long only.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How much all bodies together may hold in memory: sixty-four of the largest. What is sent beyond
/// it is refused with 503.
pub(crate) const BODIES_BYTES_MAX: usize = 64 * BODY_BYTES_MAX;

/// The largest body that is kept of a caller who shows no credential. A cancel token has 48
/// characters.
pub(crate) const OPEN_BODY_BYTES_MAX: usize = 16 * 1024;

/// How long the body of a refused request is counted, where its length was not announced.
pub(crate) const REFUSED_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of a member's name that a caller made up is repeated in a message, in characters.
pub(crate) const ECHOED_NAME_CHARS_MAX: usize = 64;

/// API keys whose requests are counted at a time, before those that have not called for a while are
/// forgotten.
pub(crate) const CALLERS_REMEMBERED_MAX: usize = 10_000;

/// How long a connection that waits for a request is kept.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// How long a head may take, from the connection or from the answer before it. A head is one packet
/// or two; who sends a byte a second holds a connection for this long only.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may wait for its caller to read.
pub(crate) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How fast an answer must be read beyond that.
pub(crate) const WRITE_BYTES_PER_SECOND_MIN: u32 = 10_000;

/// How long a report waits to be on disk. The database's own limits are longer, since other work
/// may take its time; Kayle's services say a report again that had no answer.
pub(crate) const INTAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that a caller may wait for the end of a test, in seconds (contract 14.1).
pub(crate) const TEST_WAIT_MAX_S: u32 = 20;

/// How often a waiting caller's test is looked at: what is read is one row and its attempt.
pub(crate) const TEST_LOOK_INTERVAL: Duration = Duration::from_millis(100);
