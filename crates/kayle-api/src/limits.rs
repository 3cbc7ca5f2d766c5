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

/// How much of a member's name that a caller made up is repeated in a message, in characters.
pub(crate) const ECHOED_NAME_CHARS_MAX: usize = 64;
