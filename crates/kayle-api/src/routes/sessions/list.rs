//! `GET /v1/sessions` (contract 3.8, S2).

use std::str::FromStr;

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::ports::store::SessionFilter;
use kayle_primitives::{PageRequest, SessionId};
use kayle_sessions::SessionStatus;

use crate::error::ApiError;
use crate::extract::Call;
use crate::openapi::parameters;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::SessionView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/sessions",
    audience: Audience::Customers,
    id: "listSessions",
    tag: Tag::Sessions,
    summary: "List sessions",
    text: "In the order of their ids.",
    query: &[
        parameters::session_status,
        parameters::created_from,
        parameters::created_to,
        parameters::limit,
        parameters::starting_after_session,
    ],
    body: Body::None,
    answer: Answer::list::<SessionView>(),
    errors: &[],
    docs: "errors",
    run: Run::Customer(Area::Sessions, |caller, call| {
        list(caller, call).boxed_local()
    }),
};

async fn list(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let query = call.query();
    let filter = SessionFilter {
        status: query.optional("status", SessionStatus::from_str)?,
        created_from: query.timestamp("created_from")?,
        created_to: query.timestamp("created_to")?,
    };
    let page = PageRequest {
        limit: query.limit()?,
        starting_after: query.optional("starting_after", SessionId::parse_session)?,
    };
    let found = call
        .webhooks()
        .list_sessions(caller.organization_id, &filter, &page)
        .await?;
    Ok(answer::page(
        &found,
        page.limit,
        |session| session.id.as_str(),
        |session| SessionView::new(session, &call.api.verify_url),
    ))
}
