//! Routes for Kayle's own services (contract 12).

mod begin_session;
mod report_attempt;

use std::future::Future;

use kayle_app::ports::store::StoreError;
use tokio::time::timeout;

use crate::error::ApiError;
use crate::limits::INTAKE_TIMEOUT;
use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] =
    &[&begin_session::OPERATION, &report_attempt::OPERATION];

/// Waits for an operation of the intake, no longer than [`INTAKE_TIMEOUT`]. Reports are written one
/// batch after another: behind a database that has fallen silent, all would wait for one answer.
async fn in_time<T, E: Into<ApiError>>(
    operation: impl Future<Output = Result<T, E>>,
) -> Result<T, ApiError> {
    match timeout(INTAKE_TIMEOUT, operation).await {
        Ok(result) => result.map_err(Into::into),
        Err(elapsed) => Err(StoreError::Unavailable(elapsed.into()).into()),
    }
}
