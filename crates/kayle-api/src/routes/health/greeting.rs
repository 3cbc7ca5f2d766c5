//! `GET /`: says what this is.

use actix_web::HttpResponse;
use serde::Serialize;

use super::HEALTHY;
use crate::error::ErrorCode;
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;

#[derive(Serialize)]
struct GreetingView {
    message: &'static str,
    docs: &'static str,
    status: &'static str,
}

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/",
    audience: Audience::Customers,
    id: "greet",
    tag: Tag::Service,
    summary: "Say hello",
    text: "Says what this is.",
    query: &[],
    body: Body::None,
    answer: Answer::One("Greeting"),
    errors: &[ErrorCode::InternalServerError],
    docs: "errors",
    run: Run::AtOnce(|_| Ok(greet())),
};

fn greet() -> HttpResponse {
    answer::ok(GreetingView {
        message: "Hello from Kayle ID!",
        docs: "https://docs.kayle.id",
        status: HEALTHY,
    })
}
