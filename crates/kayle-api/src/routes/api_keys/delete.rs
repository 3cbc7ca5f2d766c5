//! `DELETE /v1/auth/api-keys/{api_key_id}` (contract 3.7).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::DoneView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Delete,
    path: "/v1/auth/api-keys/{api_key_id}",
    audience: Audience::Customers,
    id: "deleteApiKey",
    tag: Tag::ApiKeys,
    summary: "Delete an API key",
    text: "Takes effect with the next request.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<DoneView>(),
    errors: &[ErrorCode::ApiKeyNotDeleted],
    docs: "errors",
    run: Run::Customer(Area::Administration("delete API keys"), |caller, call| {
        delete(caller, call).boxed_local()
    }),
};

async fn delete(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.api_key_id()?;
    let deleted = call.webhooks().delete_api_key(&caller, id).await;
    deleted.map_err(ApiError::deleting_api_key)?;
    Ok(answer::ok(DoneView::new("API key deleted")))
}
