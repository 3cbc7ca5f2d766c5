//! `X-Kayle-Signature`: `t=<Unix seconds>,v1=<64 lower-case hex digits>`.
//!
//! The signed message is the text of `t`, a full stop and the body's bytes. The key is the whole
//! secret as text, `whsec_` included.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::error::UnwrapError;
use crate::limits::TIME_DIGITS_MAX;

const TAG_BYTES: usize = 32;

/// A header of the right form.
pub(crate) struct Signature<'a> {
    seconds: &'a str,
    tag: [u8; TAG_BYTES],
}

impl<'a> Signature<'a> {
    /// Parses the values of the header, of which there must be one.
    pub(crate) fn parse(values: &[&'a [u8]]) -> Result<Self, UnwrapError> {
        let header = match values {
            [] => return Err(UnwrapError::SignatureMissing),
            [header] => *header,
            _ => return Err(UnwrapError::SignatureMalformed),
        };
        Self::parse_one(header).ok_or(UnwrapError::SignatureMalformed)
    }

    fn parse_one(header: &'a [u8]) -> Option<Self> {
        if !header.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let header = std::str::from_utf8(header).ok()?;
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
        Some(Self {
            seconds: seconds?,
            tag: tag?,
        })
    }

    /// Returns whether one of the secrets signed this body. Each is tried, so that the time taken
    /// does not tell which.
    pub(crate) fn is_of(&self, secrets: &[Zeroizing<String>], body: &[u8]) -> bool {
        let matching = secrets.iter().filter(|secret| {
            let expected = tag(secret, self.seconds, body);
            verify_slices_are_equal(expected.as_ref(), &self.tag).is_ok()
        });
        matching.count() > 0
    }

    /// Returns how far `now_s` is ahead of the signature, in seconds.
    pub(crate) fn skew_s(&self, now_s: i64) -> i64 {
        let signed_at_s: i64 = self.seconds.parse().expect("at most twelve digits");
        now_s.saturating_sub(signed_at_s)
    }
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

fn tag(secret: &str, seconds: &str, body: &[u8]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut message = hmac::Context::with_key(&key);
    message.update(seconds.as_bytes());
    message.update(b".");
    message.update(body);
    message.sign()
}

/// Returns the header's value for a body that is sent at `signed_at_s`.
#[cfg(feature = "testing")]
pub(crate) fn header(secret: &str, signed_at_s: i64, body: &[u8]) -> String {
    let seconds = signed_at_s.to_string();
    let tag = hex::encode(tag(secret, &seconds, body));
    format!("t={seconds},v1={tag}")
}
