//! `GET /v1/auth/orgs/audit-logs` (contract 10).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::openapi::parameters;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::AuditRowView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/auth/orgs/audit-logs",
    audience: Audience::Customers,
    id: "listAuditLog",
    tag: Tag::AuditLog,
    summary: "List the audit log",
    text: "What people, API keys and operators changed or saw. The newest comes first.",
    query: &[parameters::limit, parameters::starting_after],
    body: Body::None,
    answer: Answer::list::<AuditRowView<'_>>(),
    errors: &[ErrorCode::InvalidRequest],
    docs: "errors",
    run: Run::Customer(
        Area::Administration("read the audit log"),
        |caller, call| list(caller, call).boxed_local(),
    ),
};

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
