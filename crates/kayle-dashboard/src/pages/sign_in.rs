//! Where a sign-in link leads. Looking uses nothing up.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use kayle_app::access::SignIn;

use crate::answer::{Answer, page};
use crate::frame::Frame;
use crate::visit::Request;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    sign_in: Option<SignIn>,
    code: String,
}

pub(crate) async fn show(http: HttpRequest) -> HttpResponse {
    let request = Request::of(http);
    let shown = look(&request).await;
    shown.unwrap_or_else(|refusal| refusal.page(&request.dashboard, request.frame(refusal.title())))
}

async fn look(request: &Request) -> Answer {
    let query = request.query();
    let code = query.text("code").to_owned();
    let sign_in = request.dashboard.webhooks.look_at_sign_in(&code).await?;
    let frame = request.frame("Sign in");
    page(&SignInPage {
        frame,
        sign_in,
        code,
    })
}
