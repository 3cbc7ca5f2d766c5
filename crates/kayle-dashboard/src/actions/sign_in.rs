//! Uses a sign-in link up (contract 14.5).

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use kayle_app::access::SignedIn;

use crate::answer::{Cookie, done, see_other};
use crate::fields::link;
use crate::form::UnreadForm;
use crate::frame::Notice;
use crate::refusal::Refusal;
use crate::visit::{HOME, Request, SYSTEM};

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
    let Some(signed_in) = webhooks.sign_in(fields.text("code")).await? else {
        // The page says that the link leads nowhere.
        return Ok(see_other(&link("/webhooks/sign-in", &[("code", "used")])));
    };
    let SignedIn { token, is_operator } = signed_in;
    let home = if is_operator { SYSTEM } else { HOME };
    let mut response = done(dashboard, home, Notice::SignedIn);
    let session = Cookie {
        name: &dashboard.session_cookie,
        value: &token.token,
        path: "/",
        lifetime: token.expires_at.since(webhooks.now()),
    };
    session.set(dashboard, &mut response);
    Ok(response)
}
