//! What no route answers: unknown paths, other methods, a slash too many.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::operation::{answered, receive};
use crate::auth::{authenticate_customer, authenticate_person, authenticate_service};
use crate::error::{ApiError, Frame};
use crate::extract::Call;

/// Answers 404; below the bases only to those who may call there (contract 3.0), so that
/// strangers cannot map the routes.
pub(crate) async fn answer(request: HttpRequest, payload: Payload) -> HttpResponse {
    answered(Frame::UNKNOWN, async move {
        let call = receive(request, payload).await?;
        authenticate(&call).await?;
        Err(ApiError::not_found("route"))
    })
    .await
}

async fn authenticate(call: &Call) -> Result<(), ApiError> {
    let path = call.request.path();
    if is_below(path, "/v1/auth") {
        authenticate_person(&call.api, &call.request).await?;
    } else if is_below(path, "/v1") {
        authenticate_customer(&call.api, &call.request).await?;
    } else if is_below(path, "/internal/v1") {
        authenticate_service(call.webhooks(), &call.request)?;
    }
    Ok(())
}

fn is_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
