//! Uses a sign-in link up (contract 14.5).

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use crate::answer::{Cookie, done, see_other};
use crate::fields::link;
use crate::form::UnreadForm;
use crate::frame::Notice;
use crate::refusal::Refusal;
use crate::visit::Request;

pub(crate) async fn act(http: HttpRequest, payload: Payload) -> HttpResponse {
    let request = Request::of(http);
    let signed_in = sign_in(&request, UnreadForm::of(payload)).await;
    signed_in
        .unwrap_or_else(|refusal| refusal.page(&request.dashboard, request.frame(refusal.title())))
}

async fn sign_in(request: &Request, form: UnreadForm) -> Result<HttpResponse, Refusal> {
    request.require_own_origin()?;
    let fields = form.read().await?;
    let dashboard = &request.dashboard;
    let webhooks = &dashboard.webhooks;
    let Some(minted) = webhooks.sign_in(fields.text("code")).await? else {
        // The page says that the link leads nowhere.
        return Ok(see_other(&link("/webhooks/sign-in", &[("code", "used")])));
    };
    let mut response = done(dashboard, "/webhooks", Notice::SignedIn);
    let session = Cookie {
        name: &dashboard.session_cookie,
        value: &minted.token,
        path: "/",
        lifetime: minted.expires_at.since(webhooks.now()),
    };
    session.set(dashboard, &mut response);
    Ok(response)
}
