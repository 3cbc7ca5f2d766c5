//! `GET /v1/auth/orgs/audit-logs` (contract 10).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::AuditRowView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Get,
    area: Area::Administration("read the audit log"),
    answers: Answers::List,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, list)
}

async fn list(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let page = call.query().page()?;
    let found = call
        .webhooks()
        .list_audit_rows(caller.organization_id, &page)
        .await?
        .ok_or_else(ApiError::unknown_cursor)?;
    Ok(answer::page(
        &found,
        page.limit,
        |row| row.id.as_str(),
        AuditRowView::from,
    ))
}
