//! The API keys of an organization, and the form that makes one.

use actix_web::http::StatusCode;
use askama::Template;
use kayle_app::access::{ApiKey, Area, Intent, Scope};
use kayle_primitives::{PageLimit, PageRequest};
use strum::IntoEnumIterator;

use crate::answer::{Answer, page_with};
use crate::frame::{Frame, Section};
use crate::limits::CHOICES;
use crate::pages::endpoint_form::{Field, Tick};
use crate::parts::{Badge, Icon, Moment, Tone};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// What the pages about API keys are about.
pub(crate) const AREA: Area = Area::Administration("manage API keys");

#[derive(Template)]
#[template(path = "api_keys.html")]
struct ApiKeysPage {
    frame: Frame,
    rows: Vec<Row>,
    form: ApiKeyForm,
}

struct Row {
    name: String,
    scopes: Vec<&'static str>,
    badge: Badge,
    is_enabled: bool,
    requests: u64,
    created: Moment,
    page: String,
}

/// What the form shows.
pub(crate) struct ApiKeyForm {
    pub(crate) name: Field,
    pub(crate) scopes: Vec<Tick>,
    pub(crate) scopes_error: Option<&'static str>,
}

impl ApiKeyForm {
    /// Returns the form with these scopes ticked.
    pub(crate) fn with(name: Field, scopes: &[Scope]) -> Self {
        let tick = |scope: Scope| Tick {
            value: scope.as_str().to_owned(),
            word: scope.as_str().to_owned(),
            hint: match scope {
                Scope::SessionsRead => "Read sessions.",
                Scope::SessionsWrite => "Start and cancel sessions, and read them.",
                Scope::WebhooksRead => "Read endpoints, keys, deliveries and events.",
                Scope::WebhooksWrite => "Change endpoints and keys, send again, and read them.",
                Scope::AnalyticsRead => "Read statistics.",
            },
            is_ticked: scopes.contains(&scope),
        };
        Self {
            name,
            scopes: Scope::iter().map(tick).collect(),
            scopes_error: None,
        }
    }
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let form = ApiKeyForm::with(Field::default(), &[]);
    answer(&visit, form, StatusCode::OK).await
}

/// Shows the keys and the form, with what is wrong in it.
pub(crate) async fn answer(visit: &Visit, form: ApiKeyForm, status: StatusCode) -> Answer {
    let permission = visit.permission(AREA, Intent::Read);
    if let Some(refusal) = permission.refusal("manage API keys") {
        return Err(Refusal::Forbidden(refusal));
    }
    let request = PageRequest {
        limit: PageLimit::new(CHOICES).map_err(|_| Refusal::Broken)?,
        starting_after: None,
    };
    let keys = visit
        .webhooks()
        .list_api_keys(visit.organization_id(), &request)
        .await?;
    let page = ApiKeysPage {
        frame: visit.frame("API keys", Section::ApiKeys),
        rows: keys.items.iter().map(|key| row(visit, key)).collect(),
        form,
    };
    page_with(status, &page)
}

fn row(visit: &Visit, key: &ApiKey) -> Row {
    Row {
        name: key.name.as_str().to_owned(),
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
        badge: if key.enabled {
            Badge::new(Tone::Ok, Icon::Check, "Accepted")
        } else {
            Badge::new(Tone::Quiet, Icon::Pause, "Refused")
        },
        is_enabled: key.enabled,
        requests: key.request_count,
        created: Moment::new(key.created_at, visit.now),
        page: format!("/webhooks/api-keys/{}", key.id),
    }
}
