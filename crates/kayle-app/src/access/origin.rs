//! From where a browser sends a request. A cookie comes along with whatever any page sends, so a
//! change that is asked for with one must come from our own pages (contract 13.3).

use url::{Origin, Url};

/// Returns scheme, host and port of a URL, normalized, without a default port; `None` if it is
/// none, or has no host.
pub fn origin_of(url: &str) -> Option<String> {
    match Url::parse(url).ok()?.origin() {
        origin @ Origin::Tuple(..) => Some(origin.ascii_serialization()),
        Origin::Opaque(_) => None,
    }
}

/// Returns whether a request says that it comes from a page of one of the `own` URLs: in its
/// `Origin` header, or, only without one, by where `Referer` points.
pub fn comes_from(own: &[&str], origin: Option<&[u8]>, referer: Option<&[u8]>) -> bool {
    let stated = stated_origin(origin, referer);
    stated.is_some_and(|stated| {
        own.iter()
            .any(|url| origin_of(url).as_ref() == Some(&stated))
    })
}

/// Returns what `Origin` says, or, only without one, where `Referer` points.
fn stated_origin(origin: Option<&[u8]>, referer: Option<&[u8]>) -> Option<String> {
    match origin {
        Some(origin) => Some(str::from_utf8(origin).ok()?.to_owned()),
        None => origin_of(str::from_utf8(referer?).ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referer_counts_only_without_an_origin() {
        fn check(origin: Option<&str>, referer: Option<&str>, expected: bool) {
            let own = ["https://a.example/base", "https://b.example"];
            let comes = comes_from(&own, origin.map(str::as_bytes), referer.map(str::as_bytes));
            assert_eq!(comes, expected, "{origin:?} {referer:?}");
        }
        check(Some("https://a.example"), None, true);
        check(Some("https://b.example"), None, true);
        check(None, Some("https://a.example/webhooks?x"), true);
        check(Some("null"), Some("https://a.example/"), false);
        check(Some("https://c.example"), Some("https://a.example/"), false);
        check(Some("http://a.example"), None, false);
        check(Some("https://a.example.c.example"), None, false);
        check(None, Some("https://c.example/?https://a.example/"), false);
        check(None, None, false);
    }

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        fn check(url: &str, expected: Option<&str>) {
            assert_eq!(origin_of(url).as_deref(), expected, "{url:?}");
        }
        check("https://a.example", Some("https://a.example"));
        check("HTTPS://A.example:443/x?y#z", Some("https://a.example"));
        check("http://a.example:8787/", Some("http://a.example:8787"));
        check("https://u:p@a.example", Some("https://a.example"));
        check(
            "https://bücher.example",
            Some("https://xn--bcher-kva.example"),
        );
        check("null", None);
        check("data:text/html,x", None);
        check("file:///etc", None);
        check("a.example", None);
        check("", None);
    }
}
