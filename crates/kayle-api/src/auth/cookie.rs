//! The token of a dashboard session, in its cookie (contract 13.3).

use actix_web::HttpRequest;
use actix_web::http::header;

/// Returns the value of the cookie `name`; the first one, if a browser sends several.
pub(super) fn cookie<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let headers = request.headers().get_all(header::COOKIE);
    headers
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        fn check(header: &str, expected: Option<&str>) {
            let request = TestRequest::default()
                .insert_header((header::COOKIE, header))
                .to_http_request();
            assert_eq!(cookie(&request, "a.b"), expected, "{header:?}");
        }
        check("a.b=1", Some("1"));
        check("x=0; a.b=1; y=2", Some("1"));
        check("x=0;a.b=1", Some("1"));
        check("a.b=1=2", Some("1=2"));
        check("a.b=", Some(""));
        check("a.b=1; a.b=2", Some("1"));
        check("A.b=1", None);
        check("xa.b=1", None);
        check("a.b", None);
        check("", None);
    }

    #[test]
    fn cookies_may_come_in_several_headers() {
        let request = TestRequest::default()
            .append_header((header::COOKIE, "x=0"))
            .append_header((header::COOKIE, "a.b=1"))
            .to_http_request();
        assert_eq!(cookie(&request, "a.b"), Some("1"));
    }
}
