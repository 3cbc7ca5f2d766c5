//! Chooses how the pages look. Needs no script, and nobody to be signed in.

use std::str::FromStr;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use crate::answer::{Cookie, see_other};
use crate::fields::Fields;
use crate::frame::Theme;
use crate::limits::THEME_LIFETIME;
use crate::visit::{Request, THEME_COOKIE};

pub(crate) async fn act(http: HttpRequest, body: Bytes) -> HttpResponse {
    let request = Request::of(http);
    if let Err(refusal) = request.require_own_origin() {
        return refusal.page(&request.dashboard, request.frame(refusal.title()));
    }
    let fields = Fields::parse(&body);
    let theme = Theme::from_str(fields.text("theme")).unwrap_or_default();
    let mut response = see_other(back(fields.text("back")));
    let cookie = Cookie {
        name: THEME_COOKIE,
        value: theme.as_str(),
        path: "/webhooks",
        lifetime: THEME_LIFETIME,
    };
    cookie.set(&request.dashboard, &mut response);
    response
}

/// Returns the page to go back to: one of ours, whatever a form says.
fn back(path: &str) -> &str {
    let rest = path.strip_prefix("/webhooks");
    match rest.and_then(|rest| rest.chars().next()) {
        None | Some('/' | '?') if rest.is_some() => path,
        _ => "/webhooks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_our_own_pages_only() {
        fn check(path: &str, expected: &str) {
            assert_eq!(back(path), expected, "{path:?}");
        }
        check("/webhooks", "/webhooks");
        check(
            "/webhooks/deliveries?status=failed",
            "/webhooks/deliveries?status=failed",
        );
        check("/webhooks?x=1", "/webhooks?x=1");
        check("/webhooksevil", "/webhooks");
        check("//elsewhere.example", "/webhooks");
        check("https://elsewhere.example/webhooks", "/webhooks");
        check("", "/webhooks");
    }
}
