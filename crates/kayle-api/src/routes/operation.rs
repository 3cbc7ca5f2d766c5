//! How every operation is run: the order of the checks (contract 3.0) stands here and nowhere else.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse, Route, guard};
use futures_util::FutureExt;
use kayle_app::access::{Caller, Scope};
use kayle_primitives::PageLimit;

use crate::api::Api;
use crate::auth::{authenticate_customer, authenticate_service, require};
use crate::error::{ApiError, Frame};
use crate::extract::{Call, Query, read_body};

/// What is known of an operation before a request is read.
pub(super) struct Operation {
    /// How it is asked for.
    pub(super) verb: Verb,
    /// Which pair of scopes guards it.
    pub(super) area: Area,
    /// What it answers.
    pub(super) answers: Answers,
    /// Its place in the documentation, where `docs` of its errors points.
    pub(super) docs: &'static str,
}

/// The methods that operations have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// GET, and HEAD with it.
    Get,
    /// POST.
    Post,
}

/// The pairs of scopes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    /// `webhooks:read`, `webhooks:write`.
    Webhooks,
    /// `sessions:read`, `sessions:write`.
    Sessions,
}

/// What an operation answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// One thing.
    One,
    /// A page of a list; its errors have `pagination` too.
    List,
}

/// Gives the route of a customer's operation.
pub(super) fn customer_route<F>(operation: &'static Operation, run: fn(Caller, Call) -> F) -> Route
where
    F: Future<Output = Result<HttpResponse, ApiError>> + 'static,
{
    let handler = move |request: HttpRequest, payload: Payload| {
        let frame = operation.frame(&request);
        answered(frame, async move {
            let (caller, call) = operation.let_through(request, payload).await?;
            run(caller, call).await
        })
    };
    operation.verb.route().to(handler)
}

/// Gives the route of an operation for Kayle's own services. All of them are POST.
pub(super) fn intake_route<F>(run: fn(Call) -> F) -> Route
where
    F: Future<Output = Result<HttpResponse, ApiError>> + 'static,
{
    let handler = move |request: HttpRequest, payload: Payload| {
        answered(Frame::UNKNOWN, async move {
            let call = receive(request, payload).await?;
            authenticate_service(call.webhooks(), &call.request)?;
            run(call).await
        })
    };
    Verb::Post.route().to(handler)
}

/// Gives the route of an operation that everybody may call.
pub(super) fn public_route<F>(run: fn(web::Data<Api>) -> F) -> Route
where
    F: Future<Output = Result<HttpResponse, ApiError>> + 'static,
{
    let handler = move |api: web::Data<Api>| answered(Frame::UNKNOWN, run(api));
    Verb::Get.route().to(handler)
}

/// Reads a request whole: 413 comes before everything else.
pub(super) async fn receive(request: HttpRequest, payload: Payload) -> Result<Call, ApiError> {
    let body = read_body(&request, payload).await?;
    let api = request.app_data::<web::Data<Api>>();
    let api = web::Data::clone(api.expect("the app is made with it"));
    Ok(Call { api, request, body })
}

/// Waits for an operation and writes its error, if it has one. A panic ends one request, not the
/// connection, and tells the caller nothing of itself.
pub(super) async fn answered(
    frame: Frame,
    operation: impl Future<Output = Result<HttpResponse, ApiError>>,
) -> HttpResponse {
    let finished = AssertUnwindSafe(operation).catch_unwind().await;
    let answer = finished.unwrap_or_else(|_| Err(ApiError::internal("the operation panicked")));
    answer.unwrap_or_else(|error| error.into_response(frame))
}

impl Operation {
    /// Gives what its errors are wrapped in.
    fn frame(&self, request: &HttpRequest) -> Frame {
        let limit = match self.answers {
            Answers::One => None,
            Answers::List => {
                let limit = Query::parse(request.query_string()).limit();
                Some(limit.unwrap_or(PageLimit::DEFAULT))
            }
        };
        Frame {
            docs: self.docs,
            limit,
        }
    }

    /// Checks size (413), credential (401), organization (410) and scope (403), in this order.
    async fn let_through(
        &self,
        request: HttpRequest,
        payload: Payload,
    ) -> Result<(Caller, Call), ApiError> {
        let call = receive(request, payload).await?;
        let principal = authenticate_customer(call.webhooks(), &call.request).await?;
        let caller = require(self.scope(), &principal)?;
        Ok((caller, call))
    }

    /// Gives the scope it needs: reading a read scope, all else a write scope.
    fn scope(&self) -> Scope {
        match (self.area, self.verb) {
            (Area::Webhooks, Verb::Get) => Scope::WebhooksRead,
            (Area::Webhooks, Verb::Post) => Scope::WebhooksWrite,
            (Area::Sessions, Verb::Get) => Scope::SessionsRead,
            (Area::Sessions, Verb::Post) => Scope::SessionsWrite,
        }
    }
}

impl Verb {
    fn route(self) -> Route {
        match self {
            Self::Get => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
            Self::Post => web::post(),
        }
    }
}
