//! `X-Kayle-Signature`: `t=<Unix seconds>,v1=<64 lowercase hex digits>` (contract 8.4).
//!
//! The signed message is `<t>.<body>`. The key is the UTF-8 of the whole signing secret, `whsec_`
//! included; it is not decoded.

use kayle_primitives::Timestamp;
use ring::hmac;
use subtle::ConstantTimeEq as _;

/// How far the signature's time may lie from the receiver's, in either direction.
pub const TOLERANCE_S: u64 = 300;

/// The length of HMAC-SHA256, in bytes.
const TAG_BYTES: usize = 32;
/// Twelve digits reach the year 33658.
const TIME_DIGITS_MAX: usize = 12;

/// Returns the header's value for a request sent at `at` with exactly these body bytes.
pub fn signature_header(secret: &str, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.unix_s().to_string();
    format!(
        "t={seconds},v1={}",
        hex::encode(tag(secret, &seconds, body))
    )
}

/// The header does not prove that the body was sent by the holder of the secret, recently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not exactly one `t` and one `v1` of the right form.
    #[error("the signature header is malformed")]
    Malformed,
    /// Another secret, another body or another time was signed.
    #[error("the signature does not match")]
    Mismatch,
    /// The signature is right, but more than [`TOLERANCE_S`] away from the receiver's time: it
    /// may be replayed.
    #[error("the signature is more than {TOLERANCE_S} seconds away from now")]
    OutsideTolerance,
}

/// Checks the header as a receiver must: the body as it came, in constant time, and not older or
/// younger than [`TOLERANCE_S`]. Schemes other than `v1` are ignored.
pub fn verify_signature(
    secret: &str,
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let (seconds, presented) = parse(header).ok_or(SignatureError::Malformed)?;
    let signed_at_s: i64 = seconds.parse().map_err(|_| SignatureError::Malformed)?;
    let matches = tag(secret, seconds, body).as_ref().ct_eq(&presented);
    if !bool::from(matches) {
        return Err(SignatureError::Mismatch);
    }
    if now.unix_s().abs_diff(signed_at_s) > TOLERANCE_S {
        return Err(SignatureError::OutsideTolerance);
    }
    Ok(())
}

fn tag(secret: &str, seconds: &str, body: &[u8]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut message = hmac::Context::with_key(&key);
    message.update(seconds.as_bytes());
    message.update(b".");
    message.update(body);
    message.sign()
}

/// Returns the time's text and the tag, if the header has exactly one `t` and one `v1` of the right
/// form. Every element has a name; elements of other names are passed over.
fn parse(header: &str) -> Option<(&str, [u8; TAG_BYTES])> {
    if !header.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let (mut seconds, mut tag) = (None, None);
    for element in header.split(',') {
        let (name, value) = element.split_once('=')?;
        let repeated = match name {
            "t" => seconds.replace(time(value)?).is_some(),
            "v1" => tag.replace(lower_hex(value)?).is_some(),
            _ => false,
        };
        if repeated {
            return None;
        }
    }
    Some((seconds?, tag?))
}

fn time(value: &str) -> Option<&str> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (1..=TIME_DIGITS_MAX).contains(&value.len())).then_some(value)
}

fn lower_hex(value: &str) -> Option<[u8; TAG_BYTES]> {
    let lower = !value.bytes().any(|byte| byte.is_ascii_uppercase());
    let mut tag = [0; TAG_BYTES];
    (lower && hex::decode_to_slice(value, &mut tag).is_ok()).then_some(tag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "whsec_test_secret";
    const BODY: &[u8] = b"encrypted-payload";
    const HEADER: &str =
        "t=1742404800,v1=4e4a7ec092b53b027f0b504e4f1c0383af4dc960d2a869d9961d50586f46105b";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_ms(seconds * 1000 + 999)
    }

    #[test]
    fn the_header_is_the_first_vector_of_the_contract() {
        assert_eq!(signature_header(SECRET, at(1_742_404_800), BODY), HEADER);
    }

    #[test]
    fn the_hmac_is_the_second_vector_of_the_contract() {
        let body = br#"{"name":"John Doe","email":"john.doe@example.com"}"#;
        assert_eq!(
            hex::encode(tag("secret", "1764180000000", body)),
            "631a0bfeb29ef73049d328d97d3931f39e412104d5775502329732dfd20d766b"
        );
    }

    #[test]
    fn a_signature_holds_for_300_seconds_in_either_direction() {
        fn check(now_s: i64, expected: Result<(), SignatureError>) {
            assert_eq!(
                verify_signature(SECRET, HEADER, BODY, at(now_s)),
                expected,
                "{now_s}"
            );
        }
        check(1_742_404_800, Ok(()));
        check(1_742_405_100, Ok(()));
        check(1_742_404_500, Ok(()));
        check(1_742_405_101, Err(SignatureError::OutsideTolerance));
        check(1_742_404_499, Err(SignatureError::OutsideTolerance));
    }

    #[test]
    fn another_body_secret_or_time_does_not_match() {
        let now = at(1_742_404_800);
        let moved = HEADER.replace("t=1742404800", "t=1742404801");
        let mismatch = Err(SignatureError::Mismatch);
        assert_eq!(verify_signature(SECRET, HEADER, b"x", now), mismatch);
        assert_eq!(verify_signature("whsec_x", HEADER, BODY, now), mismatch);
        assert_eq!(verify_signature(SECRET, &moved, BODY, now), mismatch);
    }

    #[test]
    fn only_the_form_of_the_contract_is_read() {
        let tag = HEADER.split_once("v1=").unwrap().1;
        let check = |header: &str, expected: Result<(), SignatureError>| {
            let verified = verify_signature(SECRET, header, BODY, at(1_742_404_800));
            assert_eq!(verified, expected, "{header:?}");
        };
        let malformed = Err(SignatureError::Malformed);
        check(&format!("v0=x,t=1742404800,v2=00,v1={tag}"), Ok(()));
        check(&format!("t=1742404800,v1={tag},"), malformed);
        check(&format!("t=1742404800,v1={tag},x"), malformed);
        check(&format!("t=1742404800, v1={tag}"), malformed);
        check(&format!("t=1742404800,v1={tag}=x"), malformed);
        check(&format!("t=1742404800,v1={tag},x=é"), malformed);
        check(
            &format!("t=1742404800,v1={}", tag.to_uppercase()),
            malformed,
        );
        check(&format!("t=0001742404800,v1={tag}"), malformed);
        check("", malformed);
        check("t=1742404800", malformed);
        check(&format!("v1={tag}"), malformed);
        check(&format!("t=,v1={tag}"), malformed);
        check(&format!("t=+1742404800,v1={tag}"), malformed);
        check(&format!("t=-1,v1={tag}"), malformed);
        check(&format!("t=99999999999999999999,v1={tag}"), malformed);
        check(&format!("t=1742404800,t=1742404800,v1={tag}"), malformed);
        check(&format!("t=1742404800,v1={tag},v1={tag}"), malformed);
        check("t=1742404800,v1=zz", malformed);
        check("t=1742404800,v1=", malformed);
        check(&format!("t=1742404800,v1={}", &tag[..62]), malformed);
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies(secret: String, body: Vec<u8>, ms in 0..253_402_300_799_999_i64) {
            let at = Timestamp::from_unix_ms(ms);
            let header = signature_header(&secret, at, &body);
            prop_assert_eq!(verify_signature(&secret, &header, &body, at), Ok(()));
        }

        #[test]
        fn no_header_makes_the_check_panic(header in "[tv10-9=,a-f]{0,90}|.{0,60}") {
            prop_assert!(verify_signature(SECRET, &header, BODY, at(0)).is_err());
        }
    }
}
