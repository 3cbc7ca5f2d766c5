//! The credential in the `Authorization` header (contract 5.1).

use actix_web::HttpRequest;
use actix_web::http::header;

const SCHEME: &[u8] = b"Bearer";

/// What cannot be a credential. HTTP itself cuts the blanks off the end of a header, so `Bearer`
/// alone is this one, too.
const NOBODYS: &str = "";

/// Returns what stands after `Bearer` and one space, without surrounding blanks; `None` if there is
/// no such header, or its scheme is another one. Several headers are nobody's credential: this
/// service and a proxy in front of it could take different ones.
pub(super) fn bearer(request: &HttpRequest) -> Option<&str> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let header = headers.next()?.as_bytes();
    if headers.next().is_some() {
        return Some(NOBODYS);
    }
    let credential = match header.strip_prefix(SCHEME)? {
        [] => b"",
        [b' ', credential @ ..] => credential,
        _ => return None,
    };
    Some(str::from_utf8(credential).unwrap_or_default().trim())
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
            assert_eq!(bearer(&request), expected, "{header:?}");
        }
        check("Bearer kk_1", Some("kk_1"));
        check("Bearer   kk_1  ", Some("kk_1"));
        check("Bearer", Some(""));
        check("Bearer ", Some(""));
        check("Bearer    ", Some(""));
        check("Bearer kk_é", Some("kk_é"));
        check("bearer kk_1", None);
        check("Bearer\tkk_1", None);
        check("Bearerkk_1", None);
        check("Basic kk_1", None);
        check("kk_1", None);
        check("", None);
    }

    #[test]
    fn of_several_credentials_none_counts() {
        for second in ["Bearer kk_1", "Bearer kk_2", "Basic kk_1"] {
            let request = TestRequest::default()
                .append_header((header::AUTHORIZATION, "Bearer kk_1"))
                .append_header((header::AUTHORIZATION, second))
                .to_http_request();
            assert_eq!(bearer(&request), Some(NOBODYS), "{second}");
        }
    }

    #[test]
    fn without_the_header_there_is_no_bearer() {
        assert_eq!(bearer(&TestRequest::default().to_http_request()), None);
    }
}
