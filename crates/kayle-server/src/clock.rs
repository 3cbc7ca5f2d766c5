//! The system's clock.

use std::time::SystemTime;

use kayle_primitives::{Clock, Timestamp};

/// Says what the machine says.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Timestamp::from_unix_ms(0).plus(since_1970.unwrap_or_default())
    }
}
