//! `POST /internal/v1/sessions/{session_id}/begin` (contract 12).

use actix_web::HttpResponse;
use futures_util::FutureExt;

use super::in_time;
use crate::error::ApiError;
use crate::extract::Call;
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::SessionView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/internal/v1/sessions/{session_id}/begin",
    audience: Audience::Undocumented,
    id: "beginSession",
    tag: Tag::Sessions,
    summary: "Begin a session",
    text: "The person opened it.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<SessionView>(),
    errors: &[],
    docs: "errors",
    run: Run::Service(|call| begin(call).boxed_local()),
};

async fn begin(call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.session_id()?;
    let session = in_time(call.webhooks().begin_session(&id)).await?;
    Ok(answer::ok(SessionView::new(&session, &call.api.verify_url)))
}
