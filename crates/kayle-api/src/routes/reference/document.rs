//! `GET /openapi`: the OpenAPI document.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, Route, web};

use crate::api::Api;
use crate::error::ApiError;
use crate::openapi;
use crate::routes::operation::public_route;

pub(in crate::routes) fn route() -> Route {
    public_route(document)
}

async fn document(_: web::Data<Api>) -> Result<HttpResponse, ApiError> {
    let answer = HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(openapi::json());
    Ok(answer)
}
