//! Ends the session in this browser. Whoever is not signed in may do so too.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::answer::{Cookie, page};
use crate::frame::Frame;
use crate::visit::Request;

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    frame: Frame,
}

pub(crate) async fn act(http: HttpRequest) -> HttpResponse {
    let request = Request::of(http);
    let refuse = |refusal: crate::refusal::Refusal| {
        refusal.page(&request.dashboard, request.frame(refusal.title()))
    };
    if let Err(refusal) = request.require_own_origin() {
        return refuse(refusal);
    }
    let mut frame = request.frame("Signed out");
    "/webhooks".clone_into(&mut frame.here);
    let mut response = page(&SignedOutPage { frame }).unwrap_or_else(refuse);
    let session = Cookie {
        name: &request.dashboard.session_cookie,
        value: "",
        path: "/",
        lifetime: Duration::ZERO,
    };
    session.set(&request.dashboard, &mut response);
    response
}
