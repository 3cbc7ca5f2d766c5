//! `GET /health/live`: 200 while the process runs.

use actix_web::HttpResponse;

use super::HealthView;
use crate::error::ErrorCode;
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/health/live",
    audience: Audience::Supervisors,
    id: "getLiveness",
    tag: Tag::Service,
    summary: "Tell whether the process runs",
    text: "For supervisors.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<HealthView>(),
    errors: &[ErrorCode::InternalServerError],
    docs: "errors",
    run: Run::AtOnce(|_| Ok(live())),
};

fn live() -> HttpResponse {
    answer::ok(HealthView::HEALTHY)
}
