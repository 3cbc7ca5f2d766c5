//! Asks again before something that cannot be undone, and says what it does.

use askama::Template;
use kayle_app::access::Intent;
use kayle_primitives::EncryptionKeyId;

use crate::actions::api_keys::api_key_id;
use crate::answer::{Answer, page_with};
use crate::frame::{Frame, Section};
use crate::pages::api_keys::AREA;
use crate::pages::keys::{endpoint_of, find, needed_by};
use crate::pages::waiting::waiting;
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::endpoint_name;

#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) frame: Frame,
    pub(crate) title: &'static str,
    /// What it is about.
    pub(crate) subject: String,
    /// What follows, a sentence each.
    pub(crate) effects: Vec<String>,
    pub(crate) action: String,
    pub(crate) label: &'static str,
    /// What has to be typed.
    pub(crate) typed: Option<String>,
    pub(crate) error: Option<&'static str>,
    pub(crate) back: String,
    pub(crate) refusal: Option<String>,
}

pub(crate) async fn rotate(visit: Visit) -> Answer {
    let endpoint = endpoint_of(&visit).await?;
    let waiting = waiting(&visit, &endpoint.id).await?.sentence();
    let page = ConfirmPage {
        frame: visit.frame("Replace the signing secret", Section::Endpoints),
        title: "Replace the signing secret",
        subject: endpoint_name(&endpoint),
        effects: vec![
            "The old secret ends at once: there is no time in which both are valid.".to_owned(),
            format!("{waiting}; they are signed with the new one."),
            "Your server refuses what we send until it knows the new secret.".to_owned(),
        ],
        action: format!("/webhooks/{}/rotate", endpoint.id),
        label: "Replace it",
        typed: None,
        error: None,
        back: format!("/webhooks/{}/settings", endpoint.id),
        refusal: visit.may_change().refusal("replace the secret"),
    };
    page_with(actix_web::http::StatusCode::OK, &page)
}

pub(crate) async fn delete(visit: Visit) -> Answer {
    ask_to_delete(&visit, None).await
}

/// Asks for the name of the endpoint that is to be deleted.
pub(crate) async fn ask_to_delete(visit: &Visit, error: Option<&'static str>) -> Answer {
    let endpoint = endpoint_of(visit).await?;
    let waiting = waiting(visit, &endpoint.id).await?.sentence();
    let name = endpoint_name(&endpoint);
    let page = ConfirmPage {
        frame: visit.frame("Delete the endpoint", Section::Endpoints),
        title: "Delete the endpoint",
        subject: name.clone(),
        effects: vec![
            format!("{waiting}; they fail, and their payloads are erased."),
            "Its secret and its keys are erased. The history of its deliveries stays.".to_owned(),
            "Nobody can undo it. Pausing keeps everything.".to_owned(),
        ],
        action: format!("/webhooks/{}/delete", endpoint.id),
        label: "Delete it",
        typed: Some(name),
        error,
        back: format!("/webhooks/{}/settings", endpoint.id),
        refusal: visit.may_change().refusal("delete endpoints"),
    };
    let status = match error {
        None => actix_web::http::StatusCode::OK,
        Some(_) => actix_web::http::StatusCode::BAD_REQUEST,
    };
    page_with(status, &page)
}

pub(crate) async fn delete_api_key(visit: Visit) -> Answer {
    let id = api_key_id(&visit)?;
    let permission = visit.permission(AREA, Intent::Change);
    let page = ConfirmPage {
        frame: visit.frame("Delete the API key", Section::ApiKeys),
        title: "Delete the API key",
        subject: id.to_string(),
        effects: vec![
            "Whoever uses it is refused from now on. Nobody can undo it.".to_owned(),
            "To try it out first, have it refused: it can be accepted again.".to_owned(),
        ],
        action: format!("/webhooks/api-keys/{id}/delete"),
        label: "Delete it",
        typed: None,
        error: None,
        back: "/webhooks/api-keys".to_owned(),
        refusal: permission.refusal("delete API keys"),
    };
    page_with(actix_web::http::StatusCode::OK, &page)
}

pub(crate) async fn deactivate_key(visit: Visit) -> Answer {
    let endpoint = endpoint_of(&visit).await?;
    let id: EncryptionKeyId = visit.id("key").map_err(|_| Refusal::NotFound)?;
    let found = find(&visit, &endpoint.id, &id).await?;
    let needed_by = needed_by(&found.ok_or(Refusal::NotFound)?);
    let page = ConfirmPage {
        frame: visit.frame("Deactivate the key", Section::Endpoints),
        title: "Deactivate the key",
        subject: id.to_string(),
        effects: vec![
            "Without an active key, every event that happens fails for good: it cannot be \
             encrypted."
                .to_owned(),
            format!(
                "What is encrypted already is still sent, and still needs the private half: \
                 {needed_by} at this moment."
            ),
            "To change keys, add the new one instead: it takes the place of this one.".to_owned(),
        ],
        action: format!("/webhooks/{}/keys/{id}/deactivate", endpoint.id),
        label: "Deactivate it",
        typed: None,
        error: None,
        back: format!("/webhooks/{}/keys", endpoint.id),
        refusal: visit.may_change().refusal("change keys"),
    };
    page_with(actix_web::http::StatusCode::OK, &page)
}
