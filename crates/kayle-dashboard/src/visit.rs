//! One request by a person who signed in.

use std::fmt::Display;
use std::future::Future;
use std::ops::Deref;
use std::rc::Rc;
use std::str::FromStr;

use actix_web::http::header::{self, HeaderName};
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse, Route, guard};
use kayle_app::Webhooks;
use kayle_app::access::{
    Actor, Area, AuthenticateError, Caller, Intent, UserPrincipal, comes_from, cookie,
};
use kayle_primitives::{Id, Organization, OrganizationId, Timestamp};

use crate::answer::{Answer, Cookie, NOTICE_COOKIE, see_other};
use crate::assets::URLS;
use crate::dashboard::Dashboard;
use crate::examination::Examination;
use crate::fields::Fields;
use crate::form::UnreadForm;
use crate::frame::{Frame, Notice, Section, Theme, Who};
use crate::permission::Permission;
use crate::refusal::Refusal;

/// The cookie of the chosen looks.
pub(crate) const THEME_COOKIE: &str = "kayle-theme";

/// The first of all pages.
pub(crate) const HOME: &str = "/webhooks";

/// The page of operators.
pub(crate) const SYSTEM: &str = "/webhooks/system";

/// What a request says of itself, whoever sent it.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) dashboard: web::Data<Dashboard>,
    http: HttpRequest,
}

/// A request of an operator, who works in no organization.
pub(crate) struct OperatorVisit {
    pub(crate) request: Request,
    /// When the page is made: all its times are seen from here.
    pub(crate) now: Timestamp,
}

/// A request of a person in an organization. Cheap to copy.
#[derive(Clone)]
pub(crate) struct Visit(Rc<Inner>);

pub(crate) struct Inner {
    pub(crate) request: Request,
    pub(crate) person: UserPrincipal,
    pub(crate) organization: Organization,
    /// When the page is made: all its times are seen from here.
    pub(crate) now: Timestamp,
}

impl Deref for Visit {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Request {
    pub(crate) fn of(http: HttpRequest) -> Self {
        let dashboard = http.app_data::<web::Data<Dashboard>>();
        let dashboard = web::Data::clone(dashboard.expect("the pages are mounted with it"));
        Self { dashboard, http }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let headers = self.http.headers().get_all(header::COOKIE);
        cookie(headers.filter_map(|header| header.to_str().ok()), name)
    }

    pub(crate) fn query(&self) -> Fields {
        Fields::parse(self.http.query_string().as_bytes())
    }

    pub(crate) fn theme(&self) -> Theme {
        let chosen = self.cookie(THEME_COOKIE);
        chosen
            .and_then(|name| Theme::from_str(name).ok())
            .unwrap_or_default()
    }

    /// Returns the path and query of the page that is shown: one that answers to a form is the
    /// form's, because what it was sent to may be no page.
    pub(crate) fn here(&self) -> String {
        let uri = self.http.uri();
        let here = if self.http.method().is_safe() {
            uri.path_and_query().map(ToString::to_string)
        } else {
            self.referring_page()
        };
        here.unwrap_or_else(|| HOME.to_owned())
    }

    /// Returns the page of ours that led here.
    fn referring_page(&self) -> Option<String> {
        let referer = self.http.headers().get(header::REFERER)?.to_str().ok()?;
        let page = referer.strip_prefix(self.dashboard.public_url.trim_end_matches('/'))?;
        page.starts_with(HOME).then(|| page.to_owned())
    }

    /// Lets a form through that was sent from one of our own pages.
    pub(crate) fn require_own_origin(&self) -> Result<(), Refusal> {
        let bytes = |name: HeaderName| Some(self.http.headers().get(name)?.as_bytes());
        let own = [self.dashboard.public_url.as_str()];
        if comes_from(&own, bytes(header::ORIGIN), bytes(header::REFERER)) {
            Ok(())
        } else {
            Err(Refusal::ForeignOrigin)
        }
    }

    /// Returns the frame of a page for somebody who is not signed in.
    pub(crate) fn frame(&self, title: &str) -> Frame {
        Frame::of_stranger(title, self.theme(), self.here())
    }
}

impl Visit {
    /// Accepts a person's session: else the page that says how to get one.
    async fn begin(request: &Request) -> Result<Self, Refusal> {
        let webhooks = &request.dashboard.webhooks;
        let token = request.cookie(&request.dashboard.session_cookie);
        let token = token.ok_or(Refusal::SignedOut)?;
        let mut person = match webhooks.authenticate_user(token).await {
            Ok(person) => person,
            Err(AuthenticateError::Invalid | AuthenticateError::Frozen) => {
                return Err(match webhooks.authenticate_operator(token) {
                    Ok(_) => Refusal::Operator,
                    Err(_) => Refusal::SignedOut,
                });
            }
            Err(AuthenticateError::Store(error)) => return Err(error.into()),
        };
        let organization = person.organization.clone();
        let organization = organization.ok_or(Refusal::NoOrganization)?;
        if person.role.is_none() {
            return Err(Refusal::NoRole);
        }
        person.organization = Some(organization.clone());
        Ok(Self(Rc::new(Inner {
            request: request.clone(),
            person,
            organization,
            now: webhooks.now(),
        })))
    }
}

impl OperatorVisit {
    /// Accepts an operator's session: else the page that says why not.
    async fn begin(request: &Request) -> Result<Self, Refusal> {
        let webhooks = &request.dashboard.webhooks;
        let token = request.cookie(&request.dashboard.session_cookie);
        let token = token.ok_or(Refusal::SignedOut)?;
        if webhooks.authenticate_operator(token).is_err() {
            let person = webhooks.authenticate_user(token).await;
            return Err(person.map_or(Refusal::SignedOut, |_| Refusal::NoOperator));
        }
        Ok(Self {
            request: request.clone(),
            now: webhooks.now(),
        })
    }

    /// Returns what the doctor found last.
    pub(crate) fn examination(&self) -> &Examination {
        let examination = self.request.http.app_data::<web::Data<Examination>>();
        examination.expect("the pages are mounted with it")
    }

    /// Returns the frame of a page.
    pub(crate) fn frame(&self, title: &str) -> Frame {
        let notice = self.request.cookie(NOTICE_COOKIE);
        Frame {
            section: Some(Section::System),
            who: Some(Who::operator()),
            notice: notice.and_then(Notice::parse),
            ..self.request.frame(title)
        }
    }
}

impl Inner {
    /// Returns the operations.
    pub(crate) fn webhooks(&self) -> &Webhooks {
        &self.request.dashboard.webhooks
    }

    pub(crate) fn organization_id(&self) -> OrganizationId {
        self.organization.id
    }

    /// Reads an id from the path; one without a form leads nowhere.
    pub(crate) fn id<K>(&self, name: &str) -> Result<Id<K>, Refusal> {
        Id::parse(self.segment(name)).map_err(|_| Refusal::NotFound)
    }

    /// Returns a segment of the path.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.request.http.match_info().get(name).unwrap_or_default()
    }

    pub(crate) fn permission(&self, area: Area, intent: Intent) -> Permission {
        Permission::of(&self.person, area, intent)
    }

    /// Returns whether endpoints, keys and deliveries may be changed.
    pub(crate) fn may_change(&self) -> Permission {
        self.permission(Area::Webhooks, Intent::Change)
    }

    /// Lets a person do something, and says for whom.
    pub(crate) fn caller(&self, area: Area, intent: Intent) -> Result<Caller, Refusal> {
        let permission = self.permission(area, intent);
        match permission.refusal("do this") {
            None => Ok(Caller {
                organization_id: self.organization.id,
                actor: Actor::User(self.person.user_id),
            }),
            Some(refusal) => Err(Refusal::Forbidden(refusal)),
        }
    }

    /// Returns the frame of a page.
    pub(crate) fn frame(&self, title: impl Display, section: Section) -> Frame {
        Frame {
            section: Some(section),
            ..self.frame_of(&title.to_string())
        }
    }

    fn frame_of(&self, title: &str) -> Frame {
        let notice = self.request.cookie(NOTICE_COOKIE);
        Frame {
            title: title.to_owned(),
            section: None,
            who: Some(Who {
                is_operator: false,
                organization: self.organization.name.clone(),
                role: self.person.role.map_or("none", |role| role.as_str()),
                is_frozen: self.organization.is_frozen(),
            }),
            theme: self.request.theme(),
            notice: notice.and_then(Notice::parse),
            here: self.request.here(),
            urls: &URLS,
        }
    }
}

/// Creates the route of a page.
pub(crate) fn get<F, R>(show: F) -> Route
where
    F: Fn(Visit) -> R + Copy + 'static,
    R: Future<Output = Answer> + 'static,
{
    let handler = move |http: HttpRequest| async move {
        let request = Request::of(http);
        match Visit::begin(&request).await {
            Ok(visit) => settle(&visit, show(visit.clone()).await),
            Err(Refusal::Operator) => see_other(SYSTEM),
            Err(refusal) => refusal.page(&request.dashboard, request.frame(refusal.title())),
        }
    };
    web::route()
        .guard(guard::Any(guard::Get()).or(guard::Head()))
        .to(handler)
}

/// Creates the route of a form. It must come from our own pages.
pub(crate) fn post<F, R>(act: F) -> Route
where
    F: Fn(Visit, Fields) -> R + Copy + 'static,
    R: Future<Output = Answer> + 'static,
{
    let handler = move |http: HttpRequest, payload: Payload| async move {
        let request = Request::of(http);
        let begun = match request.require_own_origin() {
            Ok(()) => Visit::begin(&request).await,
            Err(refusal) => Err(refusal),
        };
        match begun {
            Ok(visit) => {
                let answer = match UnreadForm::of(payload).read().await {
                    Ok(fields) => act(visit.clone(), fields).await,
                    Err(refusal) => Err(refusal),
                };
                settle(&visit, answer)
            }
            Err(refusal) => refusal.page(&request.dashboard, request.frame(refusal.title())),
        }
    };
    web::post().to(handler)
}

/// Creates the route of a page for operators.
pub(crate) fn operator_get<R>(show: fn(OperatorVisit) -> R) -> Route
where
    R: Future<Output = Answer> + 'static,
{
    let handler = move |http: HttpRequest| async move {
        let request = Request::of(http);
        let shown = match OperatorVisit::begin(&request).await {
            Ok(visit) => show(visit).await,
            Err(refusal) => Err(refusal),
        };
        settle_for(&request, shown, |title| request.frame(title))
    };
    web::route()
        .guard(guard::Any(guard::Get()).or(guard::Head()))
        .to(handler)
}

/// Creates the route of a form for operators. It has no fields.
pub(crate) fn operator_post<R>(act: fn(OperatorVisit) -> R) -> Route
where
    R: Future<Output = Answer> + 'static,
{
    let handler = move |http: HttpRequest| async move {
        let request = Request::of(http);
        let begun = match request.require_own_origin() {
            Ok(()) => OperatorVisit::begin(&request).await,
            Err(refusal) => Err(refusal),
        };
        let acted = match begun {
            Ok(visit) => act(visit).await,
            Err(refusal) => Err(refusal),
        };
        settle_for(&request, acted, |title| request.frame(title))
    };
    web::post().to(handler)
}

/// Shows a refusal as a page, and forgets the message that a page has shown.
fn settle(visit: &Visit, answer: Answer) -> HttpResponse {
    settle_for(&visit.request, answer, |title| visit.frame_of(title))
}

fn settle_for(request: &Request, answer: Answer, frame: impl Fn(&str) -> Frame) -> HttpResponse {
    let dashboard = &request.dashboard;
    let mut response = match answer {
        Ok(response) => response,
        Err(refusal) => refusal.page(dashboard, frame(refusal.title())),
    };
    let has_shown_it =
        request.cookie(NOTICE_COOKIE).is_some() && !response.status().is_redirection();
    if has_shown_it {
        let forget = Cookie {
            name: NOTICE_COOKIE,
            value: "",
            path: "/webhooks",
            lifetime: std::time::Duration::ZERO,
        };
        forget.set(dashboard, &mut response);
    }
    response
}
