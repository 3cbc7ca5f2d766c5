//! The settings of an endpoint, each with what changing it does.

use actix_web::http::StatusCode;
use askama::Template;
use kayle_app::access::{Area, Intent};
use kayle_endpoints::Endpoint;
use kayle_primitives::EndpointId;

use crate::answer::{Answer, page_with};
use crate::frame::{Frame, Section};
use crate::pages::endpoint_form::EndpointForm;
use crate::pages::keys::endpoint_of;
use crate::pages::waiting::waiting;
use crate::parts::{Act, Style};
use crate::visit::Visit;
use crate::words::endpoint_name;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    id: EndpointId,
    name: String,
    form: EndpointForm,
    waiting: String,
    refusal: Option<String>,
    reveal: Act,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let endpoint = endpoint_of(&visit).await?;
    let form = EndpointForm::of(&endpoint);
    answer(&visit, endpoint, form, StatusCode::OK).await
}

/// Shows the settings, with what is wrong in the form.
pub(crate) async fn answer(
    visit: &Visit,
    endpoint: Endpoint,
    form: EndpointForm,
    status: StatusCode,
) -> Answer {
    let revealing = visit.permission(Area::SigningSecret, Intent::Change);
    let page = SettingsPage {
        frame: visit.frame("Settings", Section::Endpoints),
        name: endpoint_name(&endpoint),
        form,
        waiting: waiting(visit, &endpoint.id).await?.sentence(),
        refusal: visit.may_change().refusal("change settings"),
        reveal: Act {
            action: format!("/webhooks/{}/reveal", endpoint.id),
            label: "Reveal",
            style: Style::Plain,
            refusal: revealing.refusal("see the secret"),
        },
        id: endpoint.id,
    };
    page_with(status, &page)
}
