//! An API key, to whoever made it a moment ago.

use askama::Template;
use zeroize::Zeroizing;

use crate::actions::api_keys::{SHOWN_AT, SUBJECT};
use crate::answer::{Answer, secret_page, see_other};
use crate::fields::Fields;
use crate::frame::{Frame, Section};
use crate::secrets;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "api_key_secret.html")]
struct ApiKeySecretPage {
    frame: Frame,
    secret: Option<Zeroizing<String>>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    secret_page(&ApiKeySecretPage {
        frame: visit.frame("API key", Section::ApiKeys),
        secret: secrets::recall(&visit, SUBJECT),
    })
}

pub(crate) async fn forget(visit: Visit, _: Fields) -> Answer {
    let mut response = see_other("/webhooks/api-keys");
    secrets::forget(&visit, SHOWN_AT, &mut response);
    Ok(response)
}
