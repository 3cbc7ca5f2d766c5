//! `kayle verify`: whether a recorded delivery is authentic and, if it does not look so, which known
//! mistake makes it look otherwise.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kayle_receiver::{Secrets, UnwrapError};
use zeroize::Zeroizing;

use crate::command_line::Verify;
use crate::failure::Failure;
use crate::{files, screen};

/// What a receiver tolerates, in seconds.
const TOLERANCE_S: u32 = 300;

type Headers = Vec<(String, String)>;

pub(crate) fn run(options: &Verify) -> Result<(), Failure> {
    let headers = parse_headers(&files::read_text(&options.headers)?);
    let body = files::read(&options.body)?;
    let secret = files::read_text(&options.secret_file)?;
    let now_s = options.at.unwrap_or_else(now_s);
    if secret.trim() != secret.as_str() {
        eprintln!(
            "the secret's file has blanks or line breaks around it: your code must trim them"
        );
    }
    match check(&headers, &body, secret.trim(), now_s) {
        Ok(()) => {
            screen::print("verified");
            Ok(())
        }
        Err(UnwrapError::SignatureMismatch) => {
            Err(Failure::NotVerified(explain(&headers, &body, &secret)))
        }
        Err(error @ UnwrapError::TimestampOutOfRange { .. }) => Err(Failure::NotVerified(format!(
            "the secret and the body are right, but {error}; --at checks as of another time"
        ))),
        Err(error) => Err(Failure::NotVerified(error.to_string())),
    }
}

fn check(headers: &Headers, body: &[u8], secret: &str, now_s: i64) -> Result<(), UnwrapError> {
    let secrets = Secrets::fixed([secret]);
    kayle_receiver::verify(&secrets, headers.as_slice(), body, TOLERANCE_S, now_s)
}

/// Names the mistakes with which the signature fits.
fn explain(headers: &Headers, body: &[u8], secret: &str) -> String {
    for (in_body, body) in bodies(body) {
        for (in_secret, secret) in secrets(secret.trim()) {
            let outcome = check(headers, &body, &secret, 0);
            let fits = matches!(
                outcome,
                Ok(()) | Err(UnwrapError::TimestampOutOfRange { .. })
            );
            if fits {
                let mistakes: Vec<&str> = [in_secret, in_body].into_iter().flatten().collect();
                return format!("the signature fits if {}", mistakes.join(", and "));
            }
        }
    }
    "no known mistake fits: the secret is another endpoint's or an old one, or the body was changed"
        .to_owned()
}

type Guess<T> = (Option<&'static str>, T);

/// The secret, and what it may have been before somebody handled it.
fn secrets(secret: &str) -> Vec<Guess<Zeroizing<String>>> {
    let mut guesses = vec![
        (None, secret.to_owned()),
        (
            Some("the secret begins with whsec_, which is part of it"),
            format!("whsec_{secret}"),
        ),
        (
            Some("the secret is text: it is not base64, and is not decoded"),
            format!("whsec_{}", STANDARD.encode(secret)),
        ),
    ];
    if let Some(quoted) = unquoted(secret) {
        guesses.push((
            Some("the quotes around the secret are removed"),
            quoted.to_owned(),
        ));
    }
    let guesses = guesses.into_iter();
    guesses
        .map(|(mistake, secret)| (mistake, Zeroizing::new(secret)))
        .collect()
}

/// The body, and what it may have been before a framework handled it.
fn bodies(body: &[u8]) -> Vec<Guess<Vec<u8>>> {
    let mut guesses = vec![(None, body.to_vec())];
    let trimmed = body.trim_ascii_end();
    if body.ends_with(b"\r\n") {
        guesses.push((
            Some("the CRLF at the end of the body is removed"),
            trimmed.to_vec(),
        ));
    } else if trimmed.len() < body.len() {
        guesses.push((
            Some("the newline at the end of the body is removed"),
            trimmed.to_vec(),
        ));
    }
    let text = std::str::from_utf8(trimmed).unwrap_or_default();
    if let Some(inside) = unquoted(text) {
        let mistake = "the body is not quoted: something made JSON of it";
        guesses.push((Some(mistake), inside.as_bytes().to_vec()));
    }
    if let Ok(decoded) = STANDARD.decode(trimmed) {
        let mistake = "the body is decoded from base64, which a gateway added";
        guesses.push((Some(mistake), decoded));
    }
    guesses
}

fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

/// Reads `Name: value` lines; others, such as the request's first, are passed over.
fn parse_headers(text: &str) -> Headers {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a command has the machine's clock"
)]
fn now_s() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_test_secret";
    const BODY: &[u8] = b"encrypted-payload";
    const SIGNATURE: &str =
        "t=1742404800,v1=4e4a7ec092b53b027f0b504e4f1c0383af4dc960d2a869d9961d50586f46105b";

    fn explained(body: &[u8], secret: &str) -> String {
        let headers = parse_headers(&format!(
            "POST / HTTP/1.1\nx-kayle-signature: {SIGNATURE}\n"
        ));
        explain(&headers, body, secret)
    }

    #[test]
    fn the_mistake_that_fits_is_named() {
        fn check(body: &[u8], secret: &str, expected: &str) {
            let explained = explained(body, secret);
            assert!(explained.contains(expected), "{expected}: {explained}");
        }
        check(b"encrypted-payload\n", SECRET, "newline at the end");
        check(b"encrypted-payload\r\n", SECRET, "CRLF");
        check(b"\"encrypted-payload\"", SECRET, "JSON");
        check(b"ZW5jcnlwdGVkLXBheWxvYWQ=", SECRET, "base64");
        check(BODY, "test_secret", "begins with whsec_");
        check(BODY, "\"whsec_test_secret\"", "quotes around the secret");
        check(b"encrypted-payload\n", "test_secret", "and the newline");
        check(BODY, "whsec_another", "no known mistake");
        check(b"another", SECRET, "no known mistake");
    }

    #[test]
    fn no_explanation_repeats_the_secret() {
        assert!(!explained(BODY, "test_secret").contains("test_secret"));
    }
}
