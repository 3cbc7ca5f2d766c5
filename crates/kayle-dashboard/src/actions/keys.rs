//! Adds encryption keys, takes them out of use and puts them back.

use actix_web::http::StatusCode;
use kayle_app::access::{Area, Intent};
use kayle_app::encryption_keys::{
    ChallengeKeyError, NewEncryptionKey, ProveKeyError, RegisterKeyError,
};
use kayle_endpoints::{KeyId, KeyTextError, key_text};
use kayle_primitives::{EncryptionKeyId, EndpointId};

use crate::answer::{Answer, done};
use crate::fields::Fields;
use crate::frame::Notice;
use crate::pages::endpoint_form::Field;
use crate::pages::key_proof;
use crate::pages::keys::{KeyForm, answer};
use crate::refusal::Refusal;
use crate::visit::Visit;

pub(crate) async fn add(visit: Visit, fields: Fields) -> Answer {
    let is_setup = fields.is_ticked("setup");
    let id: EndpointId = visit.id("endpoint")?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let key_id = KeyId::parse(fields.text("key_id"));
    let jwk = key_text::read(fields.text("key"));
    let mut form = KeyForm {
        key_id: Field {
            value: fields.text("key_id").to_owned(),
            error: key_id.as_ref().err().map(ToString::to_string),
        },
        error: jwk.as_ref().err().map(|error| words(*error).to_owned()),
    };
    let (Ok(key_id), Ok(jwk)) = (key_id, jwk) else {
        return answer(&visit, form, StatusCode::BAD_REQUEST, is_setup).await;
    };
    let new = NewEncryptionKey {
        key_id,
        jwk,
        activate: true,
    };
    let registered = visit
        .webhooks()
        .register_encryption_key(&caller, &id, new)
        .await;
    match registered {
        Ok(_) if is_setup => {
            let next = format!("/webhooks/{id}/setup/test");
            Ok(done(&visit.request.dashboard, &next, Notice::KeyAdded))
        }
        Ok(_) => {
            let next = format!("/webhooks/{id}/keys");
            Ok(done(&visit.request.dashboard, &next, Notice::KeyAdded))
        }
        Err(RegisterKeyError::EndpointNotFound) => Err(Refusal::NotFound),
        Err(RegisterKeyError::Store(error)) => Err(error.into()),
        Err(RegisterKeyError::Jwk(error)) => {
            form.error = Some(error.to_string());
            answer(&visit, form, StatusCode::BAD_REQUEST, is_setup).await
        }
        Err(RegisterKeyError::TooMany(error)) => {
            form.error = Some(error.to_string());
            answer(&visit, form, StatusCode::TOO_MANY_REQUESTS, is_setup).await
        }
    }
}

/// Says what is wrong with a text that is no public key, and what to do.
fn words(error: KeyTextError) -> &'static str {
    match error {
        KeyTextError::Private => {
            "This is a private key. It was not stored, but it has left your hands: replace it by a \
             new pair, and send only the public half."
        }
        KeyTextError::NotRsa => {
            "This is not an RSA key, or a part of it is missing. Make a pair as shown below."
        }
        KeyTextError::Unreadable => {
            "Neither a public key in PEM form (BEGIN PUBLIC KEY) nor a JWK."
        }
    }
}

pub(crate) async fn deactivate(visit: Visit, _: Fields) -> Answer {
    let id: EncryptionKeyId = visit.id("key")?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let key = visit
        .webhooks()
        .deactivate_encryption_key(&caller, &id)
        .await?;
    let next = format!("/webhooks/{}/keys", key.endpoint_id);
    Ok(done(
        &visit.request.dashboard,
        &next,
        Notice::KeyDeactivated,
    ))
}

/// Creates a challenge, or judges the answer to one.
pub(crate) async fn prove(visit: Visit, fields: Fields) -> Answer {
    let id: EncryptionKeyId = visit.id("key")?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let webhooks = visit.webhooks();
    let nonce = fields.text("nonce").trim();
    if nonce.is_empty() {
        let challenge = webhooks.challenge_encryption_key(&caller, &id).await;
        let jwe = match challenge {
            Ok(challenge) => challenge.jwe,
            Err(ChallengeKeyError::Missing(error)) => return Err(error.into()),
            Err(error @ (ChallengeKeyError::Unreadable(_) | ChallengeKeyError::Encrypt(_))) => {
                return Err(Refusal::broken(&error));
            }
        };
        return key_proof::answer(&visit, Some(jwe), None, StatusCode::OK).await;
    }
    let (error, status) = match webhooks.prove_encryption_key(&caller, &id, nonce).await {
        Ok(key) => {
            let next = format!("/webhooks/{}/keys", key.endpoint_id);
            return Ok(done(&visit.request.dashboard, &next, Notice::KeyProven));
        }
        Err(ProveKeyError::Missing(error)) => return Err(error.into()),
        Err(ProveKeyError::NoChallenge) => (
            "There is nothing to answer any more: ten minutes are over, or it was answered.",
            StatusCode::CONFLICT,
        ),
        Err(ProveKeyError::WrongNonce) => (
            "That is not what was in it. Ask for another one: each can be answered once.",
            StatusCode::BAD_REQUEST,
        ),
    };
    key_proof::answer(&visit, None, Some(error.to_owned()), status).await
}

pub(crate) async fn reactivate(visit: Visit, _: Fields) -> Answer {
    let id: EncryptionKeyId = visit.id("key")?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let key = visit
        .webhooks()
        .reactivate_encryption_key(&caller, &id)
        .await?;
    let next = format!("/webhooks/{}/keys", key.endpoint_id);
    Ok(done(
        &visit.request.dashboard,
        &next,
        Notice::KeyReactivated,
    ))
}
