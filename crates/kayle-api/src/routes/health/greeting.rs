//! `GET /`: says what this is.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ErrorCode;
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::wire::{Healthy, Shown, ShownHealth};

#[derive(Serialize, ToSchema)]
#[schema(as = Greeting)]
struct GreetingView {
    /// A greeting.
    message: &'static str,
    /// Where the documentation lies.
    docs: &'static str,
    status: ShownHealth,
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
    answer: Answer::one::<GreetingView>(),
    errors: &[ErrorCode::InternalServerError],
    docs: "errors",
    run: Run::AtOnce(|_| Ok(greet())),
};

fn greet() -> HttpResponse {
    answer::ok(GreetingView {
        message: "Hello from Kayle ID!",
        docs: "https://docs.kayle.id",
        status: Shown(Healthy),
    })
}
