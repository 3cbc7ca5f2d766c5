//! `GET /`: says what this is.

use actix_web::{HttpResponse, Route, web};
use serde::Serialize;

use super::HEALTHY;
use crate::api::Api;
use crate::error::ApiError;
use crate::routes::{answer, operation::public_route};

#[derive(Serialize)]
struct GreetingView {
    message: &'static str,
    docs: &'static str,
    status: &'static str,
}

pub(in crate::routes) fn route() -> Route {
    public_route(greet)
}

async fn greet(_: web::Data<Api>) -> Result<HttpResponse, ApiError> {
    Ok(answer::ok(GreetingView {
        message: "Hello from Kayle ID!",
        docs: "https://docs.kayle.id",
        status: HEALTHY,
    }))
}
