//! `GET /reference`: shows the OpenAPI document in a browser.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;

use crate::error::ErrorCode;
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};

/// Its own policy keeps the browser from asking anyone else for anything.
const PAGE: &str = include_str!("../../../assets/reference.html");

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/reference",
    audience: Audience::Customers,
    id: "getReference",
    tag: Tag::Service,
    summary: "Read this document in a browser",
    text: "Loads nothing from elsewhere.",
    query: &[],
    body: Body::None,
    answer: Answer::Raw("text/html; charset=utf-8"),
    errors: &[ErrorCode::InternalServerError],
    docs: "errors",
    run: Run::AtOnce(|_| Ok(page())),
};

fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(PAGE)
}
