//! What no route answers: unknown paths, other methods, a slash too many.

use std::convert::Infallible;

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use crate::api::{Api, Surface};
use crate::auth::{authenticate_customer, authenticate_person, authenticate_service};
use crate::error::{ApiError, Frame};
use crate::extract::Call;
use crate::operation::{receive, respond};

/// Answers 404; below the bases only to those who may call there (contract 3.0), so that
/// strangers cannot map the routes. A base that this surface does not have is like any other path.
pub(crate) async fn answer(request: HttpRequest, payload: Payload) -> HttpResponse {
    respond(Frame::UNKNOWN, async move {
        let judge = async |api: &Api, head: &HttpRequest| {
            authenticate(api, head).await?;
            Err(ApiError::not_found("route"))
        };
        let (never, _): (Infallible, Call) = receive(request, payload, judge).await?;
        match never {}
    })
    .await
}

async fn authenticate(api: &Api, head: &HttpRequest) -> Result<(), ApiError> {
    let path = head.path();
    let surface = head.app_data::<Surface>();
    let surface = surface.expect("the app is made with it");
    let customers = surface.answers_customers();
    if customers && is_below(path, "/v1/auth") {
        authenticate_person(api, head).await?;
    } else if customers && is_below(path, "/v1") {
        authenticate_customer(api, head).await?;
    } else if surface.answers_services() && is_below(path, "/internal/v1") {
        authenticate_service(&api.webhooks, head).await?;
    }
    Ok(())
}

fn is_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
