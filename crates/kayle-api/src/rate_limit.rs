//! How often one API key may call (contract 14.8).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use governor::Quota;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use kayle_app::Webhooks;
use kayle_primitives::ApiKeyId;

use crate::error::ApiError;
use crate::limits::CALLERS_REMEMBERED_MAX;

/// So many requests a second, and so many at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    per_second: NonZeroU32,
    burst: NonZeroU32,
}

/// The text is no rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of requests a second, such as 50/s or 50/s,burst=200")]
pub struct InvalidRateLimit;

impl FromStr for RateLimit {
    type Err = InvalidRateLimit;

    /// Reads `50/s`, which allows as many at once, or `50/s,burst=200`.
    fn from_str(text: &str) -> Result<Self, InvalidRateLimit> {
        let (rate, burst) = match text.split_once(',') {
            Some((rate, burst)) => (rate, Some(burst.trim())),
            None => (text, None),
        };
        let number = |text: &str| text.trim().parse().map_err(|_| InvalidRateLimit);
        let per_second = number(rate.trim().strip_suffix("/s").ok_or(InvalidRateLimit)?)?;
        let burst = burst.map(|burst| burst.strip_prefix("burst=").ok_or(InvalidRateLimit));
        Ok(Self {
            per_second,
            burst: burst.transpose()?.map_or(Ok(per_second), number)?,
        })
    }
}

/// Counts the requests of each API key; lets everybody through if there is no limit. Cloning shares
/// the counts.
#[derive(Clone)]
pub struct RateLimiter(Option<Arc<Limiter>>);

type Limiter = governor::RateLimiter<
    ApiKeyId,
    HashMapStateStore<ApiKeyId>,
    ServiceClock,
    NoOpMiddleware<Duration>,
>;

/// The clock of all operations, as time since 1970.
#[derive(Clone)]
struct ServiceClock(Arc<Webhooks>);

impl Clock for ServiceClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let now = u64::try_from(self.0.now().unix_ms());
        Duration::from_millis(now.unwrap_or(0))
    }
}

impl RateLimiter {
    /// Returns one that nobody has called yet.
    pub fn of(limit: Option<RateLimit>, webhooks: Arc<Webhooks>) -> Self {
        Self(limit.map(|RateLimit { per_second, burst }| {
            let quota = Quota::per_second(per_second).allow_burst(burst);
            let (calls, clock) = (HashMapStateStore::default(), ServiceClock(webhooks));
            Arc::new(Limiter::new(quota, calls, clock))
        }))
    }

    /// Counts a request: 429 if there were too many.
    pub(crate) fn check(&self, api_key_id: ApiKeyId) -> Result<(), ApiError> {
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        if CALLERS_REMEMBERED_MAX < limiter.len() {
            limiter.retain_recent();
        }
        limiter.check_key(&api_key_id).map_err(|refused| {
            let wait = refused.wait_time_from(limiter.clock().now());
            ApiError::rate_limited("too many requests with this API key", wait)
        })
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RateLimiter")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_is_a_rate_and_perhaps_a_burst() {
        fn check(text: &str, expected: Option<(u32, u32)>) {
            let limit = text.parse::<RateLimit>().ok();
            let found = limit.map(|limit| (limit.per_second.get(), limit.burst.get()));
            assert_eq!(found, expected, "{text:?}");
        }
        check("50/s", Some((50, 50)));
        check("50/s,burst=200", Some((50, 200)));
        check("50/s, burst=1", Some((50, 1)));
        for text in [
            "",
            "50",
            "0/s",
            "-1/s",
            "50/m",
            "50/s,200",
            "50/s,burst=0",
            "50/s,burst=",
            "x/s",
        ] {
            check(text, None);
        }
    }
}
