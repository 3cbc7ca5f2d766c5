//! `POST /internal/v1/sessions/{session_id}/begin` (contract 12).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::intake_route;
use crate::views::SessionView;

pub(in crate::routes) fn route() -> Route {
    intake_route(begin)
}

async fn begin(call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.session_id()?;
    let session = call.webhooks().begin_session(&id).await?;
    Ok(answer::ok(SessionView::new(&session, &call.api.verify_url)))
}
