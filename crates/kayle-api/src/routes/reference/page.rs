//! `GET /reference`: shows the OpenAPI document in a browser.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, Route, web};

use crate::api::Api;
use crate::error::ApiError;
use crate::routes::operation::public_route;

/// Its own policy keeps the browser from asking anyone else for anything.
const PAGE: &str = include_str!("../../../assets/reference.html");

pub(in crate::routes) fn route() -> Route {
    public_route(page)
}

async fn page(_: web::Data<Api>) -> Result<HttpResponse, ApiError> {
    let answer = HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(PAGE);
    Ok(answer)
}
