//! `GET /v1/sessions/{session_id}` (contract 3.8, S3).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::SessionView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/sessions/{session_id}",
    audience: Audience::Customers,
    id: "getSession",
    tag: Tag::Sessions,
    summary: "Get a session",
    text: "Without its cancel token.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<SessionView>(),
    errors: &[ErrorCode::NotFound],
    docs: "sessions#get-by-id",
    run: Run::Customer(Area::Sessions, |caller, call| {
        get(caller, call).boxed_local()
    }),
};

async fn get(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.session_id()?;
    let found = call
        .webhooks()
        .get_session(caller.organization_id, &id)
        .await?
        .ok_or_else(|| ApiError::not_found("session"))?;
    Ok(answer::ok(SessionView::new(&found, &call.api.verify_url)))
}
