//! `GET /v1/sessions` (contract 3.8, S2).

use std::str::FromStr;

use actix_web::{HttpResponse, Route};
use kayle_app::access::Caller;
use kayle_app::ports::store::SessionFilter;
use kayle_primitives::{PageRequest, SessionId};
use kayle_sessions::SessionStatus;

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::SessionView;

const OPERATION: Operation = Operation {
    verb: Verb::Get,
    area: Area::Sessions,
    answers: Answers::List,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, list)
}

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
