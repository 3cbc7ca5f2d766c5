//! The origin of a URL, as browsers write it.

use url::{Origin, Url};

/// Returns scheme, host and port of a URL, normalized, without a default port; `None` if it is
/// none, or has no host.
pub(crate) fn origin_of(url: &str) -> Option<String> {
    match Url::parse(url).ok()?.origin() {
        origin @ Origin::Tuple(..) => Some(origin.ascii_serialization()),
        Origin::Opaque(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
