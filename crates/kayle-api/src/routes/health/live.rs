//! `GET /health/live`: 200 while the process runs.

use actix_web::{HttpResponse, Route, web};

use super::{HEALTHY, HealthView};
use crate::api::Api;
use crate::error::ApiError;
use crate::routes::{answer, operation::public_route};

pub(in crate::routes) fn route() -> Route {
    public_route(live)
}

async fn live(_: web::Data<Api>) -> Result<HttpResponse, ApiError> {
    Ok(answer::ok(HealthView { status: HEALTHY }))
}
