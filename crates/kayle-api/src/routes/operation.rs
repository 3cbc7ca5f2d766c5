//! How every operation is run: the order of the checks (contract 3.0) stands here and nowhere else.

mod area;

use std::future::Future;
use std::panic::AssertUnwindSafe;

use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse, Route, guard};
use futures_util::FutureExt;
use kayle_app::access::{Actor, Caller, UserPrincipal};
use kayle_primitives::PageLimit;

pub(super) use self::area::Area;

use crate::api::Api;
use crate::auth::{
    Customer, authenticate_customer, authenticate_person, authenticate_service,
    require_organization, require_own_origin, require_role, require_scope,
};
use crate::error::{ApiError, Frame};
use crate::extract::{Call, Query, UnreadBody};

/// What is known of an operation before a request is read.
pub(super) struct Operation {
    /// How it is asked for.
    pub(super) verb: Verb,
    /// What it is about, and so who may ask for it.
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
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

/// What an operation answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// One thing.
    One,
    /// A page of a list; its errors have `pagination` too.
    List,
}

/// Returns the route of a customer's operation.
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

/// Returns the route of an operation for Kayle's own services. All of them are POST.
pub(super) fn intake_route<F>(run: fn(Call) -> F) -> Route
where
    F: Future<Output = Result<HttpResponse, ApiError>> + 'static,
{
    let handler = move |request: HttpRequest, payload: Payload| {
        answered(Frame::UNKNOWN, async move {
            let judge = async |api: &Api, head: &HttpRequest| {
                authenticate_service(&api.webhooks, head).map(drop)
            };
            let ((), call) = receive(request, payload, judge).await?;
            run(call).await
        })
    };
    Verb::Post.route().to(handler)
}

/// Returns the route of an operation that everybody may ask for by POST: what it takes is in the
/// body.
pub(super) fn open_route<F>(run: fn(Call) -> F) -> Route
where
    F: Future<Output = Result<HttpResponse, ApiError>> + 'static,
{
    let handler = move |request: HttpRequest, payload: Payload| {
        answered(Frame::UNKNOWN, async move {
            let body = UnreadBody::of(&request, payload)?;
            let api = api_of(&request);
            let body = body.read_unasked().await?;
            run(Call { api, request, body }).await
        })
    };
    Verb::Post.route().to(handler)
}

/// Returns the route of an operation that everybody may call.
pub(super) fn public_route<F>(run: fn(web::Data<Api>) -> F) -> Route
where
    F: Future<Output = Result<HttpResponse, ApiError>> + 'static,
{
    let handler = move |api: web::Data<Api>| answered(Frame::UNKNOWN, run(api));
    Verb::Get.route().to(handler)
}

/// Judges a request by its head, and reads its body only if it is let through. An announced size
/// (413) comes before everything else, and so does one that is found out meanwhile.
pub(super) async fn receive<T>(
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
pub(super) async fn answered(
    frame: Frame,
    operation: impl Future<Output = Result<HttpResponse, ApiError>>,
) -> HttpResponse {
    let finished = AssertUnwindSafe(operation).catch_unwind().await;
    let answer = finished.unwrap_or_else(|_| Err(ApiError::internal("the operation panicked")));
    answer.unwrap_or_else(|error| error.into_response(frame))
}

impl Operation {
    /// Returns what its errors are wrapped in.
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

    /// Checks size (413), credential (401) and, for an API key, organization (410) and scope (403),
    /// in this order, and reads the body then.
    async fn let_through(
        &self,
        request: HttpRequest,
        payload: Payload,
    ) -> Result<(Caller, Call), ApiError> {
        let judge = async |api: &Api, head: &HttpRequest| self.judge(api, head).await;
        receive(request, payload, judge).await
    }

    async fn judge(&self, api: &Api, head: &HttpRequest) -> Result<Caller, ApiError> {
        let Some(scope) = self.area.scope(self.verb) else {
            let person = authenticate_person(api, head).await?;
            return self.let_person_through(&person, api, head);
        };
        match authenticate_customer(api, head).await? {
            Customer::Server(server) => require_scope(scope, &server),
            Customer::Person(person) => self.let_person_through(&person, api, head),
        }
    }

    /// Checks origin, organization and role (403), and whether the organization is frozen (410),
    /// in this order.
    fn let_person_through(
        &self,
        person: &UserPrincipal,
        api: &Api,
        head: &HttpRequest,
    ) -> Result<Caller, ApiError> {
        if self.verb.changes() {
            require_own_origin(api, head)?;
        }
        let organization = require_organization(person)?;
        let least = self.area.least_role(self.verb);
        require_role(least, person, self.area.what())?;
        if organization.is_frozen() && self.area.is_closed_while_frozen(self.verb) {
            return Err(ApiError::frozen());
        }
        Ok(Caller {
            organization_id: organization.id,
            actor: Actor::User(person.user_id),
        })
    }
}

impl Verb {
    /// Returns whether it is there to change something.
    fn changes(self) -> bool {
        match self {
            Self::Get => false,
            Self::Post | Self::Patch | Self::Delete => true,
        }
    }

    fn route(self) -> Route {
        match self {
            Self::Get => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
            Self::Post => web::post(),
            Self::Patch => web::patch(),
            Self::Delete => web::delete(),
        }
    }
}
