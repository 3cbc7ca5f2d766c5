//! How every operation is run: the order of the checks (contract 3.0) stands here and nowhere else.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse, Route};
use futures_util::FutureExt;
use kayle_app::access::{Actor, Area, Caller, Intent, UserPrincipal};
use kayle_primitives::PageLimit;

use super::{Operation, Run};
use crate::api::Api;
use crate::auth::{
    Customer, authenticate_customer, authenticate_person, authenticate_service,
    require_organization, require_own_origin, require_role, require_scope,
};
use crate::error::{ApiError, Frame};
use crate::extract::{Body, Call, Query, UnreadBody};
use crate::routes::unknown;

/// Judges a request by its head, and reads its body only if it is let through. An announced size
/// (413) comes before everything else, and so does one that is found out meanwhile.
pub(crate) async fn receive<T>(
    request: HttpRequest,
    payload: Payload,
    judge: impl AsyncFnOnce(&Api, &HttpRequest) -> Result<T, ApiError>,
) -> Result<(T, Call), ApiError> {
    let body = UnreadBody::of(&request, payload)?;
    let api = api_of(&request);
    match judge(&api, &request).await {
        Ok(judged) => {
            let body = body.read().await?;
            Ok((judged, Call { api, request, body }))
        }
        Err(refusal) => {
            body.discard().await?;
            Err(refusal)
        }
    }
}

fn api_of(request: &HttpRequest) -> web::Data<Api> {
    let api = request.app_data::<web::Data<Api>>();
    web::Data::clone(api.expect("the app is made with it"))
}

/// Waits for an operation and writes its error, if it has one. A panic ends one request, not the
/// connection, and tells the caller nothing of itself.
pub(crate) async fn respond(
    frame: Frame,
    operation: impl Future<Output = Result<HttpResponse, ApiError>>,
) -> HttpResponse {
    let finished = AssertUnwindSafe(operation).catch_unwind().await;
    let answer = finished.unwrap_or_else(|_| Err(ApiError::internal("the operation panicked")));
    answer.unwrap_or_else(|error| error.into_response(frame))
}

impl Operation {
    /// Returns the route that runs it.
    pub(crate) fn route(&'static self) -> Route {
        let handler = async move |request: HttpRequest, payload: Payload| {
            if !is_spelled_like(request.path(), self.path) {
                return unknown::answer(request, payload).await;
            }
            let frame = self.frame(&request);
            respond(frame, self.run(request, payload)).await
        };
        self.verb.route().to(handler)
    }

    /// Lets the caller through, reads the body and does what is asked.
    async fn run(&self, request: HttpRequest, payload: Payload) -> Result<HttpResponse, ApiError> {
        match self.run {
            Run::Customer(area, run) => {
                let judge = async |api: &Api, head: &HttpRequest| {
                    authenticate(area, self.verb.intent(), api, head).await
                };
                let (caller, call) = receive(request, payload, judge).await?;
                run(caller, call).await
            }
            Run::Service(run) => {
                let judge = async |api: &Api, head: &HttpRequest| {
                    authenticate_service(&api.webhooks, head).await.map(drop)
                };
                let ((), call) = receive(request, payload, judge).await?;
                run(call).await
            }
            Run::Anyone(run) => {
                let body = UnreadBody::of(&request, payload)?.read_unasked().await?;
                let api = api_of(&request);
                run(Call { api, request, body }).await
            }
            Run::AtOnce(run) => {
                let api = api_of(&request);
                let body = Body::default();
                run(&Call { api, request, body })
            }
        }
    }

    /// Returns what its errors are wrapped in.
    fn frame(&self, request: &HttpRequest) -> Frame {
        let limit = self.answer.is_list().then(|| {
            let limit = Query::parse(request.query_string()).limit();
            limit.unwrap_or(PageLimit::DEFAULT)
        });
        Frame {
            docs: self.docs,
            limit,
        }
    }
}

/// Returns whether the fixed parts of a path are written as they are in `pattern`. The router takes
/// `%69` for an `i`; a proxy in front, which keeps strangers from a prefix, need not.
fn is_spelled_like(path: &str, pattern: &str) -> bool {
    let mut parts = path.split('/').zip(pattern.split('/'));
    parts.all(|(part, wanted)| wanted.starts_with('{') || part == wanted)
}

/// Checks credential (401) and, for an API key, organization (410) and scope (403), in this order.
async fn authenticate(
    area: Area,
    intent: Intent,
    api: &Api,
    head: &HttpRequest,
) -> Result<Caller, ApiError> {
    let Some(scope) = area.scope(intent) else {
        let person = authenticate_person(api, head).await?;
        return authorize_person(area, intent, &person, api, head);
    };
    match authenticate_customer(api, head).await? {
        Customer::Server(server) => require_scope(scope, &server),
        Customer::Person(person) => authorize_person(area, intent, &person, api, head),
    }
}

/// Checks origin, organization and role (403), and whether the organization is frozen (410), in
/// this order.
fn authorize_person(
    area: Area,
    intent: Intent,
    person: &UserPrincipal,
    api: &Api,
    head: &HttpRequest,
) -> Result<Caller, ApiError> {
    if intent == Intent::Change {
        require_own_origin(api, head)?;
    }
    let organization = require_organization(person)?;
    require_role(area.least_role(intent), person, area.what())?;
    if organization.is_frozen() && area.is_closed_while_frozen(intent) {
        return Err(ApiError::frozen());
    }
    Ok(Caller {
        organization_id: organization.id,
        actor: Actor::User(person.user_id),
    })
}
