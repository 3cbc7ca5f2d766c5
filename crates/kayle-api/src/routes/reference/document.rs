//! `GET /openapi`: the OpenAPI document.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};

use crate::error::ErrorCode;
use crate::extract::Call;
use crate::openapi;
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/openapi",
    audience: Audience::Customers,
    id: "getOpenApi",
    tag: Tag::Service,
    summary: "Get this document",
    text: "OpenAPI 3.1.",
    query: &[],
    body: Body::None,
    answer: Answer::Raw("application/json"),
    errors: &[ErrorCode::InternalServerError],
    docs: "errors",
    run: Run::AtOnce(|call| Ok(document(call))),
};

fn document(call: &Call) -> HttpResponse {
    let json = call.request.app_data::<web::Data<openapi::Json>>();
    let json = json.expect("the app is made with it");
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(json.0.clone())
}
