//! `GET /health/ready`: 200 only if this process can do its work, else 503 with what it cannot do
//! (contract 14.15). Why is for the log.

use actix_web::{HttpResponse, Route, web};

use super::{HEALTHY, HealthView};
use crate::api::Api;
use crate::error::ApiError;
use crate::routes::{answer, operation::public_route};

pub(in crate::routes) fn route() -> Route {
    public_route(ready)
}

async fn ready(api: web::Data<Api>) -> Result<HttpResponse, ApiError> {
    match (api.readiness)() {
        Ok(()) => Ok(answer::ok(HealthView { status: HEALTHY })),
        Err(what) => Err(ApiError::not_ready(what)),
    }
}
