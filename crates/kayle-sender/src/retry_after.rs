//! The `Retry-After` of an answer (RFC 9110, section 10.2.3).

use std::time::{Duration, UNIX_EPOCH};

use http::header::{HeaderMap, RETRY_AFTER};
use kayle_delivery::RetryAfter;
use kayle_primitives::Timestamp;

/// Reads when an answer asks for the next request; `None` if it does not say so, says it twice, or
/// says what is neither a date nor a number of seconds below 2^32.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<RetryAfter> {
    let mut values = headers.get_all(RETRY_AFTER).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let value = value.to_str().ok()?;
    seconds(value).or_else(|| date(value))
}

fn seconds(text: &str) -> Option<RetryAfter> {
    // A number's parser would take a sign too.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u32 = text.parse().ok().filter(|_| is_number)?;
    Some(RetryAfter::Delay(Duration::from_secs(seconds.into())))
}

fn date(text: &str) -> Option<RetryAfter> {
    let date = httpdate::parse_http_date(text).ok()?;
    let since_1970 = date.duration_since(UNIX_EPOCH).ok()?;
    let date = Timestamp::from_unix_ms(0).plus(since_1970);
    Some(RetryAfter::Date(date))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Option<RetryAfter> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        }
        retry_after(&headers)
    }

    #[test]
    fn seconds_are_a_delay() {
        for (text, seconds) in [
            ("0", 0),
            ("120", 120),
            ("007", 7),
            ("4294967295", 4_294_967_295),
        ] {
            let delay = RetryAfter::Delay(Duration::from_secs(seconds));
            assert_eq!(read(&[text]), Some(delay), "{text}");
        }
    }

    #[test]
    fn a_date_in_each_spelling_of_http_is_a_moment() {
        let date = RetryAfter::Date(Timestamp::parse("2026-05-05T11:00:10Z").unwrap());
        for text in [
            "Tue, 05 May 2026 11:00:10 GMT",
            "Tuesday, 05-May-26 11:00:10 GMT",
            "Tue May  5 11:00:10 2026",
        ] {
            assert_eq!(read(&[text]), Some(date), "{text}");
        }
    }

    #[test]
    fn what_is_neither_says_nothing() {
        let long = "9".repeat(60_000);
        for text in [
            "",
            "soon",
            "-1",
            "+5",
            "1.5",
            "5 s",
            "0x10",
            "4294967296",
            "2026-05-05T11:00:10Z",
            "Tue, 05 May 2026 11:00:10 +0200",
            "Tue, 32 May 2026 11:00:10 GMT",
            "Fri, 05 May 0026 11:00:10 GMT",
            "Fri, 01 Jan 99999 00:00:00 GMT",
            &long,
        ] {
            let start: String = text.chars().take(40).collect();
            assert_eq!(read(&[text]), None, "{start}");
        }
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn of_two_values_none_counts() {
        assert_eq!(read(&["5", "3600"]), None);
    }
}
