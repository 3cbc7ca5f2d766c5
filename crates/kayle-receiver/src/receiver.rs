//! The one thing to call: from a request to an event.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use zeroize::Zeroizing;

use crate::error::{OptionsError, UnwrapError};
use crate::event::Event;
use crate::headers::Headers;
use crate::jwe::Jwe;
use crate::limits::{BODY_BYTES_MAX, PRIVATE_KEYS_MAX, TOLERANCE_S, TOLERANCE_S_MAX};
use crate::private_key::PrivateKey;
use crate::secrets::Secrets;
use crate::signature::Signature;

const SIGNATURE: &str = "X-Kayle-Signature";
const EVENT: &str = "X-Kayle-Event";
const DELIVERY_ID: &str = "X-Kayle-Delivery-Id";

/// What a receiver is made of.
#[derive(Debug)]
pub struct Options {
    /// The endpoint's signing secrets; each is tried.
    pub secrets: Secrets,
    /// The private keys, old and new.
    pub private_keys: Vec<LabelledKey>,
    /// How far a signature may lie from this machine's time, in either direction, in seconds: 1 to
    /// 3600.
    pub tolerance_s: u32,
    /// The longest body that is looked at, in bytes: at least 1.
    pub body_bytes_max: usize,
}

impl Options {
    /// Takes what has no default.
    pub fn new(secrets: Secrets, private_keys: Vec<LabelledKey>) -> Self {
        Self {
            secrets,
            private_keys,
            tolerance_s: TOLERANCE_S,
            body_bytes_max: BODY_BYTES_MAX,
        }
    }
}

/// A private key and the `key_id` that its public half was registered under.
#[derive(Debug)]
pub struct LabelledKey {
    /// `None` tries the key for every delivery that no label fits.
    pub key_id: Option<String>,
    /// The key.
    pub key: PrivateKey,
}

/// Opens requests. One is enough for a process.
pub struct Receiver(Options);

/// An event that is authentic, and what came beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The event: signed, and decrypted with your key.
    pub event: Event,
    /// `X-Kayle-Delivery-Id`, which is not signed: for logs only.
    pub unverified_delivery_id: Option<String>,
}

impl Receiver {
    /// Creates a receiver.
    ///
    /// # Errors
    /// Names the option that cannot be used.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        options.secrets.check()?;
        if !(1..=PRIVATE_KEYS_MAX).contains(&options.private_keys.len()) {
            return Err(OptionsError::PrivateKeys);
        }
        if !(1..=TOLERANCE_S_MAX).contains(&options.tolerance_s) {
            return Err(OptionsError::Tolerance);
        }
        if options.body_bytes_max == 0 {
            return Err(OptionsError::BodyBytesMax);
        }
        Ok(Self(options))
    }

    /// Verifies, decrypts and reads a request, by this machine's clock. The body must be the bytes
    /// as they came.
    #[expect(
        clippy::disallowed_methods,
        reason = "customers' code has a clock only if the machine has one; `unwrap_at` takes the time"
    )]
    pub fn unwrap<H: Headers + ?Sized>(
        &self,
        headers: &H,
        body: &[u8],
    ) -> Result<Received, UnwrapError> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_s = since_1970.map_or(0, |since| since.as_secs());
        self.unwrap_at(headers, body, now_s.try_into().unwrap_or(i64::MAX))
    }

    /// Does what [`Receiver::unwrap`] does as if it were `now_s` seconds after 1970.
    pub fn unwrap_at<H: Headers + ?Sized>(
        &self,
        headers: &H,
        body: &[u8],
        now_s: i64,
    ) -> Result<Received, UnwrapError> {
        let options = &self.0;
        if body.len() > options.body_bytes_max {
            return Err(UnwrapError::BodyTooLarge);
        }
        verify(&options.secrets, headers, body, options.tolerance_s, now_s)?;
        let event = Event::parse(&decrypt(body, &options.private_keys)?)?;
        let named = headers.values(EVENT);
        if named
            .iter()
            .any(|name| *name != event.type_on_the_wire().as_bytes())
        {
            return Err(UnwrapError::EventMismatch);
        }
        Ok(Received {
            event,
            unverified_delivery_id: first_text(headers, DELIVERY_ID),
        })
    }
}

/// Checks who signed a body, and when, and nothing else: for tools that have no private key.
pub fn verify<H: Headers + ?Sized>(
    secrets: &Secrets,
    headers: &H,
    body: &[u8],
    tolerance_s: u32,
    now_s: i64,
) -> Result<(), UnwrapError> {
    let signature = Signature::parse(&headers.values(SIGNATURE))?;
    let signed = secrets.with(|secrets| signature.is_of(secrets, body));
    if !signed.map_err(|_| UnwrapError::SecretInvalid)? {
        return Err(UnwrapError::SignatureMismatch);
    }
    let skew_s = signature.skew_s(now_s);
    if skew_s.unsigned_abs() > tolerance_s.into() {
        return Err(UnwrapError::TimestampOutOfRange { skew_s });
    }
    Ok(())
}

/// Decrypts a body that nobody has verified: for tools. What comes out may be anybody's.
pub fn decrypt(body: &[u8], keys: &[LabelledKey]) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    let jwe = Jwe::parse(body)?;
    let keys = keys_for(&jwe.key_id, keys);
    if keys.is_empty() {
        return Err(UnwrapError::KeyUnknown);
    }
    jwe.decrypt(keys)
}

/// Returns the keys of this label, which may be several, or else those without label.
fn keys_for<'a>(key_id: &str, keys: &'a [LabelledKey]) -> Vec<&'a PrivateKey> {
    let labelled = |label: Option<&str>| -> Vec<&PrivateKey> {
        let fitting = keys.iter().filter(|key| key.key_id.as_deref() == label);
        fitting.map(|key| &key.key).collect()
    };
    let fitting = labelled(Some(key_id));
    if fitting.is_empty() {
        labelled(None)
    } else {
        fitting
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Receiver({} keys)", self.0.private_keys.len())
    }
}

fn first_text<H: Headers + ?Sized>(headers: &H, name: &str) -> Option<String> {
    let values = headers.values(name);
    let value = std::str::from_utf8(values.first()?).ok()?;
    Some(value.to_owned())
}
