//! Signed tokens of callers who are not customers: other Kayle services (contract 12) and people
//! with a dashboard session (contract 13.3).
//!
//! Rules of this file: the algorithm is fixed by the key, never by the token; the two kinds of
//! token have their own subkeys, so neither passes for the other; and time is what the caller
//! says: jsonwebtoken's own checks of `exp` and `nbf`, which read the system clock, are off.

use std::fmt;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, encode};
use kayle_primitives::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};
use zeroize::Zeroizing;

use crate::identity_key::IdentityKey;
use crate::key_ring::{KeyRing, TokenKey};

/// The audience of a service token: this service's intake.
pub const SERVICE_AUDIENCE: &str = "kayle-internal";

/// The audience of an operator's token: the page of the whole installation.
pub const OPERATOR_AUDIENCE: &str = "kayle-operators";

/// How far the clock of who signed a token may be ahead of ours, for `nbf`. An expiry is exact.
const CLOCK_SKEW_S: i64 = 60;

/// A token that was just made.
pub struct MintedToken {
    /// The token itself.
    pub token: Zeroizing<String>,
    /// The first moment at which it is refused; whole seconds, as `exp` is.
    pub expires_at: Timestamp,
}

/// Who a service token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceClaims {
    /// The token's id; `None` in one that was made before tokens had ids.
    pub id: Option<String>,
    /// The service's name.
    pub subject: String,
    /// When it was made, if it says so.
    pub issued_at: Option<Timestamp>,
    /// The first moment at which it is refused.
    pub expires_at: Timestamp,
    /// Which key it was signed with.
    pub signed_with: SignedWith,
}

/// Which key of the ring a token was signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SignedWith {
    /// The one that signs.
    Current,
    /// Another one: the token ends when that key is forgotten.
    Previous,
}

/// What a dashboard session says about its caller. The signature is checked; the meaning of the
/// three texts is for the caller of this crate to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClaims {
    /// The user's id (a UUID).
    pub user: String,
    /// The active organization's id (a UUID), if one is active.
    pub organization: Option<String>,
    /// The user's role in it: a comma-separated set (contract 5.3).
    pub role: String,
}

/// A token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token, not signed by a key we trust, not meant for us, or lacking a claim.
    #[error("the token is not valid here")]
    Invalid,
    /// Rightly signed, but `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// Rightly signed, but `nbf` lies ahead.
    #[error("the token is not valid yet")]
    NotYetValid,
}

impl KeyRing {
    /// Creates a service token with this id for the service named `subject`, under the current key.
    pub fn mint_service_token(
        &self,
        id: &str,
        subject: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> MintedToken {
        let claims = ServiceToken {
            aud: SERVICE_AUDIENCE,
            sub: subject.to_owned(),
            jti: Some(id.to_owned()),
        };
        self.mint(&self.current.service_tokens, claims, now, ttl)
    }

    /// Checks a service token under any key of the ring.
    pub fn verify_service_token(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<ServiceClaims, TokenError> {
        let mut validation = validation(Algorithm::HS256);
        validation.required_spec_claims.insert("aud".to_owned());
        validation.set_audience(&[SERVICE_AUDIENCE]);
        let subkeys = self.keys().map(|key| &key.service_tokens.verifying);
        let (token, signed_with): (Timed<ServiceToken>, _) =
            verify_with_any(subkeys, token, &validation, now)?;
        Ok(ServiceClaims {
            id: token.claims.jti,
            subject: token.claims.sub,
            issued_at: token.iat.map(at_s),
            expires_at: at_s(token.exp),
            signed_with,
        })
    }

    /// Creates a dashboard session, for installations without an identity service.
    pub fn mint_session_token(
        &self,
        claims: &SessionClaims,
        now: Timestamp,
        ttl: Duration,
    ) -> MintedToken {
        let claims = SessionToken {
            sub: claims.user.clone(),
            org: claims.organization.clone(),
            role: claims.role.clone(),
        };
        self.mint(&self.current.session_tokens, claims, now, ttl)
    }

    /// Checks a dashboard session: signed under any key of the ring, or by the identity service if
    /// its key is given. A token that names an audience is meant for someone else (RFC 7519,
    /// 4.1.3) and refused.
    pub fn verify_session_token(
        &self,
        identity_key: Option<&IdentityKey>,
        token: &str,
        now: Timestamp,
    ) -> Result<SessionClaims, TokenError> {
        let subkeys = self.keys().map(|key| &key.session_tokens.verifying);
        let ours = verify_with_any(subkeys, token, &validation(Algorithm::HS256), now);
        let ours = ours.map(|(token, _)| token);
        let Timed { claims, .. }: Timed<SessionToken> = match (ours, identity_key) {
            (Err(TokenError::Invalid), Some(key)) => {
                verify(&key.verifying, token, &validation(key.algorithm), now)?
            }
            (ours, Some(_) | None) => ours?,
        };
        Ok(SessionClaims {
            user: claims.sub,
            organization: claims.org,
            role: claims.role,
        })
    }

    /// Creates a session of an operator (a UUID), who acts for no organization.
    pub fn mint_operator_token(&self, user: &str, now: Timestamp, ttl: Duration) -> MintedToken {
        let claims = OperatorToken {
            aud: OPERATOR_AUDIENCE,
            sub: user.to_owned(),
        };
        self.mint(&self.current.session_tokens, claims, now, ttl)
    }

    /// Checks an operator's session and returns whose it is. Nobody else can make one: no identity
    /// service's key is asked. [`Self::verify_session_token`] refuses it, because it names an
    /// audience.
    pub fn verify_operator_token(&self, token: &str, now: Timestamp) -> Result<String, TokenError> {
        let mut validation = validation(Algorithm::HS256);
        validation.required_spec_claims.insert("aud".to_owned());
        validation.set_audience(&[OPERATOR_AUDIENCE]);
        let subkeys = self.keys().map(|key| &key.session_tokens.verifying);
        let (token, _): (Timed<OperatorToken>, _) =
            verify_with_any(subkeys, token, &validation, now)?;
        Ok(token.claims.sub)
    }

    /// The header names the key, so that a person with a token can find out which one it needs.
    fn mint<T: Serialize>(
        &self,
        key: &TokenKey,
        claims: T,
        now: Timestamp,
        ttl: Duration,
    ) -> MintedToken {
        let exp = now.plus(ttl).unix_s();
        let claims = Timed {
            claims,
            exp,
            iat: Some(now.unix_s()),
            nbf: None,
        };
        let header = Header {
            kid: Some(self.current.id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let token = encode(&header, &claims, &key.signing)
            .expect("claims made of texts and numbers are JSON, and the key is an HMAC key");
        MintedToken {
            token: Zeroizing::new(token),
            expires_at: at_s(exp),
        }
    }
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MintedToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The claims of every token, around those of one kind.
#[derive(Serialize, Deserialize)]
struct Timed<T> {
    #[serde(flatten)]
    claims: T,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct ServiceToken {
    /// Written only: reading it is jsonwebtoken's validation, which also knows its array form.
    #[serde(skip_deserializing)]
    aud: &'static str,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct OperatorToken {
    #[serde(skip_deserializing)]
    aud: &'static str,
    sub: String,
}

#[derive(Serialize, Deserialize)]
struct SessionToken {
    sub: String,
    org: Option<String>,
    role: String,
}

/// Returns the answer of the first key under which the token is rightly signed. The current key is
/// the first.
fn verify_with_any<'a, T: DeserializeOwned>(
    keys: impl Iterator<Item = &'a DecodingKey>,
    token: &str,
    validation: &Validation,
    now: Timestamp,
) -> Result<(Timed<T>, SignedWith), TokenError> {
    let places =
        std::iter::once(SignedWith::Current).chain(std::iter::repeat(SignedWith::Previous));
    keys.zip(places)
        .map(|(key, place)| Ok((verify(key, token, validation, now)?, place)))
        .find(|verified| !matches!(verified, Err(TokenError::Invalid)))
        .unwrap_or(Err(TokenError::Invalid))
}

fn verify<T: DeserializeOwned>(
    key: &DecodingKey,
    token: &str,
    validation: &Validation,
    now: Timestamp,
) -> Result<Timed<T>, TokenError> {
    let verified = decode::<Timed<T>>(token, key, validation).map_err(|_| TokenError::Invalid)?;
    // Extensions that must be understood (RFC 7515, 4.1.11): none is.
    if verified.header.crit.is_some() {
        return Err(TokenError::Invalid);
    }
    let token = verified.claims;
    let now_s = now.unix_s();
    if token.exp <= now_s {
        return Err(TokenError::Expired);
    }
    if token.nbf.is_some_and(|nbf| now_s + CLOCK_SKEW_S < nbf) {
        return Err(TokenError::NotYetValid);
    }
    Ok(token)
}

fn at_s(unix_s: i64) -> Timestamp {
    Timestamp::from_unix_ms(unix_s.saturating_mul(1000))
}

/// Everything jsonwebtoken checks, but nothing that needs the time.
fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["sub", "exp"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

#[cfg(test)]
mod tests;
