//! `GET /health/ready`: 200 only if the database answers and the dispatcher, where there is one,
//! turns; else 503. Says which of the two it is, but not why: that is for the log.

use actix_web::rt::time::timeout;
use actix_web::{HttpResponse, Route, web};

use super::{HEALTHY, HealthView};
use crate::api::Api;
use crate::error::ApiError;
use crate::limits::READY_TIMEOUT;
use crate::routes::{answer, operation::public_route};

pub(in crate::routes) fn route() -> Route {
    public_route(ready)
}

async fn ready(api: web::Data<Api>) -> Result<HttpResponse, ApiError> {
    match timeout(READY_TIMEOUT, api.webhooks.ready()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            return Err(ApiError::not_ready("the database does not answer"));
        }
        Err(_) => return Err(ApiError::not_ready("the database does not answer in time")),
    }
    if api.dispatcher_turns.as_ref().is_some_and(|turns| !turns()) {
        return Err(ApiError::not_ready("the dispatcher stands still"));
    }
    Ok(answer::ok(HealthView { status: HEALTHY }))
}
