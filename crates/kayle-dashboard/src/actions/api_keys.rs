//! Makes API keys, switches them, and deletes them.

use std::str::FromStr;

use actix_web::http::StatusCode;
use kayle_app::access::{ApiKeyMetadata, ApiKeyName, Intent, Scope};
use kayle_app::api_keys::{ApiKeyChange, NewApiKey};
use kayle_primitives::ApiKeyId;

use crate::answer::{Answer, done};
use crate::fields::Fields;
use crate::frame::Notice;
use crate::pages::api_keys::{AREA, ApiKeyForm, answer};
use crate::pages::endpoint_form::Field;
use crate::refusal::Refusal;
use crate::secrets;
use crate::visit::Visit;

const LIST: &str = "/webhooks/api-keys";

/// Where a fresh key is shown.
pub(crate) const SHOWN_AT: &str = "/webhooks/api-keys/new";

/// Keeps the sealed plaintext apart from signing secrets.
pub(crate) const SUBJECT: &str = "API key";

pub(crate) async fn create(visit: Visit, fields: Fields) -> Answer {
    let caller = visit.caller(AREA, Intent::Change)?;
    let name = ApiKeyName::parse(fields.text("name"));
    let scopes: Vec<Scope> = fields
        .all("scope")
        .filter_map(|scope| Scope::from_str(scope).ok())
        .collect();
    let field = Field {
        value: fields.text("name").to_owned(),
        error: name.as_ref().err().map(ToString::to_string),
    };
    let mut form = ApiKeyForm::with(field, &scopes);
    form.scopes_error = scopes.is_empty().then_some("Choose at least one scope.");
    let name = match name {
        Ok(name) if !scopes.is_empty() => name,
        Ok(_) | Err(_) => return answer(&visit, form, StatusCode::BAD_REQUEST).await,
    };
    let new = NewApiKey {
        name,
        scopes,
        metadata: ApiKeyMetadata::default(),
    };
    let created = match visit.webhooks().create_api_key(&caller, new).await {
        Ok(created) => created,
        Err(error) => return Err(error.into()),
    };
    let plaintext = created.plaintext.expose();
    Ok(secrets::show_at(&visit, SHOWN_AT, SUBJECT, plaintext))
}

pub(crate) async fn enable(visit: Visit, _: Fields) -> Answer {
    set_enabled(&visit, true, Notice::ApiKeyEnabled).await
}

pub(crate) async fn disable(visit: Visit, _: Fields) -> Answer {
    set_enabled(&visit, false, Notice::ApiKeyDisabled).await
}

async fn set_enabled(visit: &Visit, enabled: bool, notice: Notice) -> Answer {
    let caller = visit.caller(AREA, Intent::Change)?;
    let change = ApiKeyChange {
        enabled: Some(enabled),
        ..ApiKeyChange::default()
    };
    let id = api_key_id(visit)?;
    visit.webhooks().update_api_key(&caller, id, change).await?;
    Ok(done(&visit.request.dashboard, LIST, notice))
}

pub(crate) async fn delete(visit: Visit, _: Fields) -> Answer {
    let caller = visit.caller(AREA, Intent::Change)?;
    let id = api_key_id(&visit)?;
    visit.webhooks().delete_api_key(&caller, id).await?;
    Ok(done(&visit.request.dashboard, LIST, Notice::ApiKeyDeleted))
}

/// Reads the id of the key that the path names.
pub(crate) fn api_key_id(visit: &Visit) -> Result<ApiKeyId, Refusal> {
    let id = uuid::Uuid::parse_str(visit.segment("key"));
    id.map(ApiKeyId).map_err(|_| Refusal::NotFound)
}
