//! `POST /v1/sessions/{session_id}/cancel` (contract 3.8, S4).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/sessions/{session_id}/cancel",
    audience: Audience::Customers,
    id: "cancelSession",
    tag: Tag::Sessions,
    summary: "Cancel a session",
    text: "Ends a session that has not ended. Repeating is allowed: nothing happens then.",
    query: &[],
    body: Body::None,
    answer: Answer::Nothing,
    errors: &[ErrorCode::NotFound],
    docs: "sessions#cancel-by-id",
    run: Run::Customer(Area::SessionEnd, |caller, call| {
        cancel(caller, call).boxed_local()
    }),
};

async fn cancel(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.session_id()?;
    call.webhooks().cancel_session(&caller, &id).await?;
    Ok(answer::no_content())
}
