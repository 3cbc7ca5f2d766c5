//! Routes for people who are lost and for supervisors (contract 3.10, 13.4).

pub(super) mod greeting;
pub(super) mod live;
pub(super) mod ready;

use serde::Serialize;

const HEALTHY: &str = "healthy";

#[derive(Serialize)]
struct HealthView {
    status: &'static str,
}
