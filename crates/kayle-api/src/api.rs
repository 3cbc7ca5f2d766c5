//! What the routes are made of.

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use kayle_app::Webhooks;

use crate::rate_limit::RateLimiter;

/// Registers routes of another adapter, which then stand behind this one's middleware.
pub type Mount = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Which routes a process answers; every other path is an unknown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// All of them.
    Everything,
    /// All but `/internal/v1`, which has an address of its own.
    Callers,
    /// `/internal/v1` and `/health/*`: where Kayle's other services report.
    Intake,
    /// `/health/*` only: a process that dispatches and answers no customer.
    Health,
}

impl Surface {
    /// Returns whether customers are answered, by the API and by pages.
    pub(crate) fn answers_customers(self) -> bool {
        match self {
            Self::Everything | Self::Callers => true,
            Self::Intake | Self::Health => false,
        }
    }

    /// Returns whether Kayle's other services are answered.
    pub(crate) fn answers_services(self) -> bool {
        match self {
            Self::Everything | Self::Intake => true,
            Self::Callers | Self::Health => false,
        }
    }
}

/// Everything the routes need from outside.
#[derive(Clone)]
pub struct Api {
    /// The operations.
    pub webhooks: Arc<Webhooks>,
    /// The base of every session's `verification_url`, with or without a final slash.
    pub verify_url: String,
    /// Where the service is reached, as configured, or else the address that it listens on.
    /// Changes that come with a cookie may come from its own pages.
    pub public_url: String,
    /// The origin of the dashboard: the one whose pages may call from a browser, and from which
    /// changes that come with a cookie may come. `None` where there is no dashboard.
    pub dashboard_origin: Option<String>,
    /// The pages of the dashboard that is built in, if they are wanted.
    pub pages: Option<Mount>,
    /// The name of the cookie that a dashboard session travels in.
    pub session_cookie: String,
    /// Whether the service is reached over https, so that browsers may be told to stay there.
    pub https: bool,
    /// How often one API key may call.
    pub rate_limiter: RateLimiter,
    /// Returns whether this process can do its work, or in a fragment why not. It answers at once,
    /// from what it has seen.
    pub readiness: Arc<dyn Fn() -> Result<(), &'static str> + Send + Sync>,
    /// Makes the id that every answer and every log line of a request carries. Ids are never taken
    /// from a caller.
    pub request_ids: Arc<dyn Fn() -> String + Send + Sync>,
}
