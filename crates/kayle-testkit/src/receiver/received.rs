//! A request as it arrived, and what a customer does with it.

use std::fmt;

use bytes::Bytes;
use http::request::Parts;
use kayle_crypto::{DecryptError, PrivateKey, SignatureError, verify_signature};
use kayle_primitives::Timestamp;
use serde_json::Value;

/// A request as it arrived. `Debug` shows neither its headers nor its body.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// The path, with the query if there was one.
    pub path: String,
    /// Names and values in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Bytes,
    /// When the body was complete.
    pub received_at: Timestamp,
}

/// Why a customer refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The header is missing, or there are several of it.
    #[error("not exactly one header {0}")]
    Header(&'static str),
    /// The signature does not fit the secret, the body and the time.
    #[error("the request is not authentic")]
    Signature(#[from] SignatureError),
    /// The body is not a JWE for this key.
    #[error("the body is not readable")]
    Encryption(#[from] DecryptError),
    /// What was decrypted is not JSON.
    #[error("the event is not JSON")]
    Json,
}

/// What was inside of a request.
#[derive(Clone, PartialEq)]
pub struct OpenedEvent {
    /// The JWE's `kid`: the label of the encryption key.
    pub key_id: String,
    /// The event as JSON.
    pub event: Value,
}

impl ReceivedRequest {
    pub(super) fn new(head: &Parts, body: Bytes, received_at: Timestamp) -> Self {
        let headers = head.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        });
        Self {
            method: head.method.to_string(),
            path: head.uri.to_string(),
            headers: headers.collect(),
            body,
            received_at,
        }
    }

    /// Returns the value of a header that must be there exactly once; `name` is in lower case.
    pub fn header(&self, name: &'static str) -> Result<&str, Refusal> {
        let mut values = self
            .headers
            .iter()
            .filter(|(candidate, _)| candidate == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Ok(value),
            (Some(_) | None, _) => Err(Refusal::Header(name)),
        }
    }

    /// Verifies the signature as of the moment of arrival (contract 8.4).
    pub fn verify(&self, signing_secret: &str) -> Result<(), Refusal> {
        let header = self.header("x-kayle-signature")?;
        verify_signature(signing_secret, header, &self.body, self.received_at)?;
        Ok(())
    }

    /// Decrypts the body and reads the event in it.
    pub fn decrypt(&self, key: &PrivateKey) -> Result<OpenedEvent, Refusal> {
        let jwe = std::str::from_utf8(&self.body).map_err(|_| DecryptError)?;
        let opened = key.decrypt(jwe)?;
        let event = serde_json::from_slice(&opened.plaintext).map_err(|_| Refusal::Json)?;
        Ok(OpenedEvent {
            key_id: opened.key_id,
            event,
        })
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("body_bytes", &self.body.len())
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}
