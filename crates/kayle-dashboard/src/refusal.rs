//! Why a page cannot be shown, and the page that says so.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use askama::Template;
use kayle_app::Missing;
use kayle_app::api_keys::CreateApiKeyError;
use kayle_app::endpoints::CreateEndpointError;
use kayle_app::ports::store::StoreError;
use kayle_app::quotas::LimitReached;

use crate::answer::page_with;
use crate::dashboard::Dashboard;
use crate::frame::Frame;
use crate::visit::SYSTEM;

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nobody is signed in.
    SignedOut,
    /// The session names no organization.
    NoOrganization,
    /// The session grants nothing in its organization.
    NoRole,
    /// The session is an operator's, who sees nothing of any organization.
    Operator,
    /// The page is for operators.
    NoOperator,
    /// Somebody else may; says who.
    Forbidden(String),
    /// The organization has as much as it may have; says of what.
    LimitReached(LimitReached),
    /// The form came from elsewhere.
    ForeignOrigin,
    /// The form is longer than any of ours.
    FormTooLarge,
    /// The form did not arrive whole, or not in time.
    FormCutShort,
    /// There is nothing here that this organization may see.
    NotFound,
    /// What was searched for is no id.
    Unsearchable,
    /// The database cannot be asked.
    Unavailable,
    /// Something is wrong here.
    Broken,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    frame: Frame,
    line: &'a str,
    advice: String,
    is_signed_out: bool,
    sign_in_url: Option<&'a str>,
}

impl Refusal {
    /// Notes what is wrong, for the operator; the page itself does not say it.
    pub(crate) fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a page could not be made");
        Self::Broken
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let cause: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error = cause, "a page could not be made");
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict => Self::Unavailable,
            StoreError::Corrupt { .. } => Self::Broken,
        }
    }
}

impl From<Missing> for Refusal {
    fn from(error: Missing) -> Self {
        match error {
            Missing::NotFound { .. } => Self::NotFound,
            Missing::Store(error) => error.into(),
        }
    }
}

impl From<CreateEndpointError> for Refusal {
    fn from(error: CreateEndpointError) -> Self {
        match error {
            CreateEndpointError::LimitReached(limit) => Self::LimitReached(limit),
            CreateEndpointError::Store(error) => error.into(),
        }
    }
}

impl From<CreateApiKeyError> for Refusal {
    fn from(error: CreateApiKeyError) -> Self {
        match error {
            CreateApiKeyError::LimitReached(limit) => Self::LimitReached(limit),
            CreateApiKeyError::Organization(error) => error.into(),
        }
    }
}

impl Refusal {
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::SignedOut => "Sign in",
            Self::NoOrganization => "No organization",
            Self::NoRole | Self::Forbidden(_) | Self::Operator | Self::NoOperator => "Not allowed",
            Self::LimitReached(_) => "No more",
            Self::ForeignOrigin => "Not from here",
            Self::FormTooLarge => "Too long",
            Self::FormCutShort => "Not received",
            Self::NotFound => "Not found",
            Self::Unsearchable => "Nothing to look for",
            Self::Unavailable => "Not available",
            Self::Broken => "Something is wrong here",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::NoOrganization
            | Self::NoRole
            | Self::Forbidden(_)
            | Self::Operator
            | Self::NoOperator
            | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::LimitReached(_) => StatusCode::CONFLICT,
            Self::FormTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::FormCutShort => StatusCode::BAD_REQUEST,
            Self::NotFound | Self::Unsearchable => StatusCode::NOT_FOUND,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn line(&self) -> &str {
        match self {
            Self::LimitReached(_) => "This organization has as many as it may have.",
            Self::SignedOut => "You are not signed in, or your session has ended.",
            Self::NoOrganization => "Your session is in no organization.",
            Self::NoRole => "You are signed in, but your role here allows you nothing.",
            Self::Forbidden(refusal) => refusal,
            Self::Operator => {
                "You are signed in as an operator, who sees nothing of any organization."
            }
            Self::NoOperator => "This page is for the operators of the installation.",
            Self::ForeignOrigin => {
                "This was sent from a page that is not part of this dashboard, so nothing was \
                 changed."
            }
            Self::FormTooLarge => {
                "What was sent is longer than any form here. Nothing was changed."
            }
            Self::FormCutShort => {
                "What was sent did not arrive whole, or took too long. Nothing was changed."
            }
            Self::NotFound => "There is nothing here, or it belongs to another organization.",
            Self::Unsearchable => "This is no id that can be looked up here.",
            Self::Unavailable => "Deliveries go on; this page cannot read the database now.",
            Self::Broken => "This page could not be made. The log of the service says why.",
        }
    }

    fn advice(&self, dashboard: &Dashboard) -> String {
        match self {
            Self::SignedOut => String::new(),
            Self::LimitReached(LimitReached { what, max }) => {
                format!("It may have {max} {what}: delete one that is no longer needed.")
            }
            Self::NoOrganization => "Choose an organization first.".to_owned(),
            Self::NoRole | Self::Forbidden(_) => {
                "Ask an owner of the organization for it.".to_owned()
            }
            Self::Operator => format!("Open {SYSTEM}, or sign in to an organization."),
            Self::NoOperator => {
                "An operator signs in by: kayle-webhooks admin session-token create --operator"
                    .to_owned()
            }
            Self::ForeignOrigin => {
                let url = &dashboard.public_url;
                format!("Open the dashboard at {url}/webhooks and do it there.")
            }
            Self::FormTooLarge => "Go back, and shorten it.".to_owned(),
            Self::FormCutShort => "Go back, and send it again.".to_owned(),
            Self::NotFound => {
                "Check the address, or look for the id in the lists on the left.".to_owned()
            }
            Self::Unsearchable => {
                "An id begins with whd_ (a delivery), evt_ (an event), whe_ (an endpoint) or vs_ \
                 (a session)."
                    .to_owned()
            }
            Self::Unavailable => "Load the page again in a few seconds.".to_owned(),
            Self::Broken => "Load the page again; if it stays so, tell an operator.".to_owned(),
        }
    }

    /// Answers the page that says so.
    pub(crate) fn page(&self, dashboard: &Dashboard, frame: Frame) -> HttpResponse {
        let page = RefusalPage {
            frame,
            line: self.line(),
            advice: self.advice(dashboard),
            is_signed_out: matches!(self, Self::SignedOut),
            sign_in_url: dashboard.sign_in_url.as_deref(),
        };
        let answered = page_with(self.status(), &page);
        let mut response =
            answered.unwrap_or_else(|_| HttpResponse::InternalServerError().finish());
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            let soon = actix_web::http::header::HeaderValue::from_static("5");
            response.headers_mut().insert(RETRY_AFTER, soon);
        }
        response
    }
}
