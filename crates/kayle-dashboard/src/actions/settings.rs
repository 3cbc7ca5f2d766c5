//! Changes an endpoint's settings, and its secret; deletes it.

use actix_web::http::StatusCode;
use kayle_app::access::{Area, Intent};
use kayle_app::endpoints::RevealSecretError;
use kayle_primitives::EndpointId;

use crate::answer::{Answer, done};
use crate::fields::Fields;
use crate::frame::Notice;
use crate::pages::confirm::ask_to_delete;
use crate::pages::endpoint_form::EndpointForm;
use crate::pages::keys::endpoint_of;
use crate::pages::settings::answer;
use crate::refusal::Refusal;
use crate::secrets;
use crate::visit::Visit;
use crate::words::endpoint_name;

pub(crate) async fn save(visit: Visit, fields: Fields) -> Answer {
    let endpoint = endpoint_of(&visit).await?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let (form, members) = EndpointForm::read(&fields, visit.webhooks().url_policy());
    let Some(members) = members else {
        return answer(&visit, endpoint, form, StatusCode::BAD_REQUEST).await;
    };
    let page = format!("/webhooks/{}/settings", endpoint.id);
    let notice = match members.changes_of(&endpoint) {
        None => Notice::NothingChanged,
        Some(change) => {
            visit
                .webhooks()
                .update_endpoint(&caller, &endpoint.id, change)
                .await?;
            Notice::Saved
        }
    };
    Ok(done(&visit.request.dashboard, &page, notice))
}

pub(crate) async fn reveal(visit: Visit, _: Fields) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let caller = visit.caller(Area::SigningSecret, Intent::Change)?;
    let secret = match visit.webhooks().reveal_signing_secret(&caller, &id).await {
        Ok(secret) => secret,
        Err(RevealSecretError::NotFound) => return Err(Refusal::NotFound),
        Err(error @ (RevealSecretError::Missing | RevealSecretError::Sealed(_))) => {
            return Err(Refusal::broken(&error));
        }
        Err(RevealSecretError::Store(error)) => return Err(error.into()),
    };
    let path = format!("/webhooks/{id}/secret");
    Ok(secrets::show_at(
        &visit,
        &path,
        id.as_str(),
        secret.expose(),
    ))
}

pub(crate) async fn rotate(visit: Visit, _: Fields) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let secret = visit.webhooks().rotate_signing_secret(&caller, &id).await?;
    let path = format!("/webhooks/{id}/secret");
    Ok(secrets::show_at(
        &visit,
        &path,
        id.as_str(),
        secret.expose(),
    ))
}

pub(crate) async fn delete(visit: Visit, fields: Fields) -> Answer {
    let endpoint = endpoint_of(&visit).await?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    if fields.text("typed") != endpoint_name(&endpoint).trim() {
        return ask_to_delete(&visit, Some("This is not its name.")).await;
    }
    visit
        .webhooks()
        .delete_endpoint(&caller, &endpoint.id)
        .await?;
    Ok(done(
        &visit.request.dashboard,
        "/webhooks",
        Notice::EndpointDeleted,
    ))
}
