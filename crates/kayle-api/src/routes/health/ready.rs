//! `GET /health/ready`: 200 only if this process can do its work, else 503 with what it cannot do
//! (contract 14.15). Why is for the log.

use actix_web::HttpResponse;

use super::HealthView;
use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/health/ready",
    audience: Audience::Supervisors,
    id: "getReadiness",
    tag: Tag::Service,
    summary: "Tell whether requests can be served",
    text: "For load balancers.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<HealthView>(),
    errors: &[
        ErrorCode::InternalServerError,
        ErrorCode::ServiceUnavailable,
    ],
    docs: "errors",
    run: Run::AtOnce(ready),
};

fn ready(call: &Call) -> Result<HttpResponse, ApiError> {
    match (call.api.readiness)() {
        Ok(()) => Ok(answer::ok(HealthView::HEALTHY)),
        Err(what) => Err(ApiError::not_ready(what)),
    }
}
