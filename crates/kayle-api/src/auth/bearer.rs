//! The credential of a request (contract 5.1).

use actix_web::HttpRequest;
use actix_web::http::header;

const SCHEME: &str = "Bearer ";

/// Gives what stands after `Bearer` and one space, without surrounding blanks; `None` if there is
/// no such header or nothing stands there.
pub(super) fn credential(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?;
    let credential = header.to_str().ok()?.strip_prefix(SCHEME)?.trim();
    (!credential.is_empty()).then_some(credential)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_scheme_is_literal_and_the_credential_is_trimmed() {
        fn check(header: &str, expected: Option<&str>) {
            let request = TestRequest::default()
                .insert_header((header::AUTHORIZATION, header))
                .to_http_request();
            assert_eq!(credential(&request), expected, "{header:?}");
        }
        check("Bearer kk_1", Some("kk_1"));
        check("Bearer   kk_1  ", Some("kk_1"));
        check("bearer kk_1", None);
        check("Bearer\tkk_1", None);
        check("Bearerkk_1", None);
        check("Bearer ", None);
        check("Bearer    ", None);
        check("Basic kk_1", None);
        check("kk_1", None);
        check("", None);
        check("Bearer kk_é", None);
    }
}
