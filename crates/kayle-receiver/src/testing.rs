//! Creates deliveries like those of the service, for the tests of those who receive.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::private_key::PrivateKey;
use crate::signature;

/// A request as the service would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The JWE.
    pub body: Vec<u8>,
}

/// Encrypts an event to the public half of a key, labelled `key_id`, and signs it at `signed_at_s`
/// seconds after 1970.
///
/// # Errors
/// AWS-LC has no randomness.
pub fn delivery(
    event: &Value,
    key_id: &str,
    key: &PrivateKey,
    secret: &str,
    signed_at_s: i64,
) -> Result<Delivery, Unspecified> {
    let body = encrypt(event, key_id, key)?.into_bytes();
    let signature = signature::header(secret, signed_at_s, &body);
    let headers = [
        ("Content-Type", "application/jose".to_owned()),
        ("X-Kayle-Signature", signature),
    ];
    Ok(Delivery {
        headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
        body,
    })
}

fn encrypt(event: &Value, key_id: &str, key: &PrivateKey) -> Result<String, Unspecified> {
    let header = json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": key_id });
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let (mut content_key, mut iv) = ([0; 32], [0; NONCE_LEN]);
    rand::fill(&mut content_key)?;
    rand::fill(&mut iv)?;
    let wrapped = key.wrap_key(&content_key)?;
    let mut content = event.to_string().into_bytes();
    let tag = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &content_key)?)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(iv),
            Aad::from(header.as_str()),
            &mut content,
        )?;
    let parts = [&wrapped, iv.as_slice(), &content, tag.as_ref()];
    let parts = parts.map(|part| URL_SAFE_NO_PAD.encode(part));
    Ok([header, parts.join(".")].join("."))
}
