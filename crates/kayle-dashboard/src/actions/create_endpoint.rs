//! Makes an endpoint. It is made paused: an event before its key would fail for good.

use actix_web::http::StatusCode;
use kayle_app::access::{Area, Intent};
use kayle_app::endpoints::NewEndpoint;

use crate::answer::Answer;
use crate::fields::Fields;
use crate::pages::endpoint_form::EndpointForm;
use crate::pages::new_endpoint;
use crate::secrets;
use crate::visit::Visit;

pub(crate) async fn act(visit: Visit, fields: Fields) -> Answer {
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let (form, members) = EndpointForm::read(&fields, visit.webhooks().url_policy());
    let Some(members) = members else {
        return new_endpoint::answer(&visit, form, StatusCode::BAD_REQUEST);
    };
    let new = NewEndpoint {
        name: members.name,
        labels: members.labels,
        url: members.url,
        enabled: false,
        subscription: members.subscription,
        retention: members.retention,
        retry_schedule: members.retry_schedule,
    };
    let created = visit.webhooks().create_endpoint(&caller, new).await?;
    let id = created.endpoint.id.as_str();
    let path = format!("/webhooks/{id}/setup/secret");
    Ok(secrets::show_at(
        &visit,
        &path,
        id,
        created.signing_secret.expose(),
    ))
}
