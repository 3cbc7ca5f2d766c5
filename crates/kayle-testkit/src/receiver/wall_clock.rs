//! The machine's clock, for a receiver beside the real binary.

use std::time::{SystemTime, UNIX_EPOCH};

use kayle_primitives::{Clock, Timestamp};

/// Says what time it really is.
#[derive(Debug, Clone, Copy)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the binary under test dates its signatures by the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp::from_unix_ms(0).plus(since_1970.unwrap_or_default())
    }
}
