//! Chooses how the pages look. Needs no script, and nobody to be signed in.

use std::str::FromStr;

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use crate::answer::{Cookie, see_other};
use crate::form::UnreadForm;
use crate::frame::Theme;
use crate::limits::THEME_LIFETIME;
use crate::refusal::Refusal;
use crate::visit::{Request, THEME_COOKIE};

pub(crate) async fn act(http: HttpRequest, payload: Payload) -> HttpResponse {
    let request = Request::of(http);
    let chosen = choose(&request, UnreadForm::of(payload)).await;
    chosen
        .unwrap_or_else(|refusal| refusal.page(&request.dashboard, request.frame(refusal.title())))
}

async fn choose(request: &Request, form: UnreadForm) -> Result<HttpResponse, Refusal> {
    request.require_own_origin()?;
    let fields = form.read().await?;
    let theme = Theme::from_str(fields.text("theme")).unwrap_or_default();
    let mut response = see_other(back(fields.text("back")));
    let cookie = Cookie {
        name: THEME_COOKIE,
        value: theme.as_str(),
        path: "/webhooks",
        lifetime: THEME_LIFETIME,
    };
    cookie.set(&request.dashboard, &mut response);
    Ok(response)
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
