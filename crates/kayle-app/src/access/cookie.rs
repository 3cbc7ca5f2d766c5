//! The token of a dashboard session, in its cookie (contract 13.3).

/// Returns the value of the cookie `name` in the `Cookie` headers of a request; `None` without one,
/// and if there are several: a page of another subdomain can set one that stands before the
/// service's own.
pub fn cookie<'a>(headers: impl IntoIterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut values = headers
        .into_iter()
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| value);
    let value = values.next();
    value.filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        fn check(header: &str, expected: Option<&str>) {
            assert_eq!(cookie([header], "a.b"), expected, "{header:?}");
        }
        check("a.b=1", Some("1"));
        check("x=0; a.b=1; y=2", Some("1"));
        check("x=0;a.b=1", Some("1"));
        check("a.b=1=2", Some("1=2"));
        check("a.b=", Some(""));
        check("a.b=1; a.b=2", None);
        check("A.b=1", None);
        check("xa.b=1", None);
        check("a.b", None);
        check("", None);
    }

    #[test]
    fn cookies_may_come_in_several_headers() {
        assert_eq!(cookie(["x=0", "a.b=1"], "a.b"), Some("1"));
        assert_eq!(cookie([], "a.b"), None);
    }
}
