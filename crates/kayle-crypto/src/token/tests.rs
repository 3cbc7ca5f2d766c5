use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::*;
use crate::identity_key::tests::RSA_PEM;

const HOUR: Duration = Duration::from_hours(1);

fn ring() -> KeyRing {
    KeyRing::new(&[1; 32], &[]).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_unix_ms(1_777_978_800_500)
}

fn owner() -> SessionClaims {
    SessionClaims {
        user: "7f0c1f6e-6a55-4d1c-9a3b-0d8a6a0e6f11".to_owned(),
        organization: None,
        role: "owner".to_owned(),
    }
}

fn service_token(claims: &Value) -> String {
    signed(
        &Header::default(),
        claims,
        &ring().current.service_tokens.signing,
    )
}

fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    encode(header, claims, key).unwrap()
}

#[test]
fn a_minted_service_token_is_accepted_until_it_expires() {
    let minted = ring().mint_service_token("token", "verify", now(), HOUR);
    assert_eq!(
        minted.expires_at,
        Timestamp::from_unix_ms(1_777_982_400_000)
    );
    let check = |at: Timestamp, expected: Result<ServiceClaims, TokenError>| {
        assert_eq!(ring().verify_service_token(&minted.token, at), expected);
    };
    let accepted = Ok(ServiceClaims {
        id: Some("token".to_owned()),
        subject: "verify".to_owned(),
        issued_at: Some(Timestamp::from_unix_ms(1_777_978_800_000)),
        expires_at: minted.expires_at,
        signed_with: SignedWith::Current,
    });
    check(now(), accepted.clone());
    check(minted.expires_at.minus(Duration::from_millis(1)), accepted);
    check(minted.expires_at, Err(TokenError::Expired));
    check(minted.expires_at.plus(HOUR), Err(TokenError::Expired));
}

#[test]
fn a_minted_session_is_read_back() {
    let in_organization = SessionClaims {
        organization: Some("0b8f5b1e-3a55-4a0e-8a3b-5d8a6a0e6f22".to_owned()),
        ..owner()
    };
    for claims in [owner(), in_organization] {
        let minted = ring().mint_session_token(&claims, now(), HOUR);
        let verified = ring().verify_session_token(None, &minted.token, now());
        assert_eq!(verified, Ok(claims));
    }
}

#[test]
fn neither_kind_of_token_passes_for_the_other() {
    let ring = ring();
    let service = ring
        .mint_service_token("token", "verify", now(), HOUR)
        .token;
    let session = ring.mint_session_token(&owner(), now(), HOUR).token;
    assert_eq!(
        ring.verify_session_token(None, &service, now()),
        Err(TokenError::Invalid)
    );
    assert_eq!(
        ring.verify_service_token(&session, now()),
        Err(TokenError::Invalid)
    );
}

#[test]
fn an_operators_session_is_no_other_and_no_other_is_one() {
    let ring = ring();
    let operator = ring.mint_operator_token("operator", now(), HOUR).token;
    let verified = ring.verify_operator_token(&operator, now());
    assert_eq!(verified, Ok("operator".to_owned()));
    let expired = ring.verify_operator_token(&operator, now().plus(HOUR));
    assert_eq!(expired, Err(TokenError::Expired));
    let as_session = ring.verify_session_token(None, &operator, now());
    assert_eq!(as_session, Err(TokenError::Invalid));
    let as_service = ring.verify_service_token(&operator, now());
    assert_eq!(as_service, Err(TokenError::Invalid));
    let claiming = SessionClaims {
        role: "operator".to_owned(),
        ..owner()
    };
    let session = ring.mint_session_token(&claiming, now(), HOUR).token;
    let service = ring.mint_service_token("id", "operator", now(), HOUR).token;
    for token in [session, service] {
        let verified = ring.verify_operator_token(&token, now());
        assert_eq!(verified, Err(TokenError::Invalid));
    }
}

#[test]
fn a_token_is_accepted_under_a_previous_key_and_no_other() {
    let service = ring()
        .mint_service_token("token", "verify", now(), HOUR)
        .token;
    let session = ring().mint_session_token(&owner(), now(), HOUR).token;
    let changed = KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap();
    let verified = changed.verify_service_token(&service, now()).unwrap();
    assert_eq!(verified.signed_with, SignedWith::Previous);
    assert!(changed.verify_session_token(None, &session, now()).is_ok());
    let expired = changed.verify_service_token(&service, now().plus(HOUR));
    assert_eq!(expired, Err(TokenError::Expired));
    let other = KeyRing::new(&[2; 32], &[&[3; 32]]).unwrap();
    assert_eq!(
        other.verify_service_token(&service, now()),
        Err(TokenError::Invalid)
    );
    assert_eq!(
        other.verify_session_token(None, &session, now()),
        Err(TokenError::Invalid)
    );
}

#[test]
fn an_unsigned_token_is_refused() {
    let claims = json!({ "sub": "u", "role": "owner", "aud": "kayle-internal", "exp": i64::MAX });
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    let identity = IdentityKey::from_pem(&RSA_PEM).unwrap();
    for alg in ["none", "None", "NONE", "HS256", "RS256"] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": "JWT" }).to_string());
        let token = format!("{header}.{claims}.");
        assert_eq!(
            ring().verify_service_token(&token, now()),
            Err(TokenError::Invalid),
            "{alg}"
        );
        assert_eq!(
            ring().verify_session_token(Some(&identity), &token, now()),
            Err(TokenError::Invalid),
            "{alg}"
        );
    }
}

/// Key confusion: the public key is no secret, so it must never serve as an HMAC key.
#[test]
fn an_hmac_under_the_identity_services_public_key_is_refused() {
    let identity = IdentityKey::from_pem(&RSA_PEM).unwrap();
    let claims = json!({ "sub": "u", "org": null, "role": "owner", "exp": i64::MAX });
    let der = identity.verifying.try_get_as_bytes().unwrap();
    for secret in [RSA_PEM.as_bytes(), RSA_PEM.trim().as_bytes(), der] {
        let token = signed(
            &Header::default(),
            &claims,
            &EncodingKey::from_secret(secret),
        );
        assert_eq!(
            ring().verify_session_token(Some(&identity), &token, now()),
            Err(TokenError::Invalid)
        );
    }
}

#[test]
fn a_session_of_the_identity_service_needs_its_key() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../tests/vectors/jose.json")).unwrap();
    let token = vectors["session_tokens"][1]["token"].as_str().unwrap();
    let other = IdentityKey::from_pem(&RSA_PEM).unwrap();
    for identity in [None, Some(&other)] {
        assert_eq!(
            ring().verify_session_token(identity, token, now()),
            Err(TokenError::Invalid)
        );
    }
}

#[test]
fn a_session_of_the_identity_service_expires_and_cannot_be_altered() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../tests/vectors/jose.json")).unwrap();
    for vector in &vectors["session_tokens"].as_array().unwrap()[1..] {
        let identity = IdentityKey::from_pem(vector["identity_pem"].as_str().unwrap()).unwrap();
        let token = vector["token"].as_str().unwrap();
        let exp = Timestamp::from_unix_ms(vector["expires_at_s"].as_i64().unwrap() * 1000);
        let verify = |token: &str, at| ring().verify_session_token(Some(&identity), token, at);
        assert_eq!(verify(token, exp), Err(TokenError::Expired));
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            panic!("a token has three parts");
        };
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        let raised = URL_SAFE_NO_PAD.encode(claims.replace("member", "owner"));
        let altered = format!("{header}.{raised}.{signature}");
        assert_eq!(verify(&altered, now()), Err(TokenError::Invalid));
    }
}

#[test]
fn only_the_audience_of_the_intake_is_accepted() {
    let exp = now().plus(HOUR).unix_s();
    let check = |claims: Value, accepted: bool| {
        let verified = ring().verify_service_token(&service_token(&claims), now());
        assert_eq!(verified.is_ok(), accepted, "{claims}");
    };
    check(
        json!({ "aud": "kayle-internal", "sub": "s", "exp": exp }),
        true,
    );
    check(
        json!({ "aud": ["a", "kayle-internal"], "sub": "s", "exp": exp }),
        true,
    );
    check(json!({ "aud": "kayle", "sub": "s", "exp": exp }), false);
    check(json!({ "aud": [], "sub": "s", "exp": exp }), false);
    check(json!({ "aud": null, "sub": "s", "exp": exp }), false);
    check(json!({ "aud": 1, "sub": "s", "exp": exp }), false);
    check(json!({ "sub": "s", "exp": exp }), false);
}

#[test]
fn a_claim_that_is_missing_or_of_another_type_is_refused() {
    let aud = "kayle-internal";
    let check = |claims: Value| {
        let verified = ring().verify_service_token(&service_token(&claims), now());
        assert_eq!(verified, Err(TokenError::Invalid), "{claims}");
    };
    check(json!({ "aud": aud, "sub": "s" }));
    check(json!({ "aud": aud, "exp": i64::MAX }));
    check(json!({ "aud": aud, "sub": "s", "exp": "9999999999" }));
    check(json!({ "aud": aud, "sub": 7, "exp": i64::MAX }));
    check(json!({ "aud": aud, "sub": null, "exp": i64::MAX }));
}

#[test]
fn a_token_that_is_not_valid_yet_is_refused_beyond_the_clocks_skew() {
    let check = |nbf: i64, expected: Result<(), TokenError>| {
        let claims = json!({ "aud": "kayle-internal", "sub": "s", "exp": i64::MAX, "nbf": nbf });
        let verified = ring().verify_service_token(&service_token(&claims), now());
        assert_eq!(verified.map(|_| ()), expected, "{nbf}");
    };
    check(now().unix_s() + 60, Ok(()));
    check(now().unix_s() + 61, Err(TokenError::NotYetValid));
}

#[test]
fn an_extension_that_must_be_understood_is_refused() {
    let header = Header {
        crit: Some(vec!["b64".to_owned()]),
        ..Header::default()
    };
    let claims = json!({ "aud": "kayle-internal", "sub": "s", "exp": i64::MAX });
    let token = signed(&header, &claims, &ring().current.service_tokens.signing);
    let verified = ring().verify_service_token(&token, now());
    assert_eq!(verified, Err(TokenError::Invalid));
}

#[test]
fn a_changed_character_is_refused() {
    let token = ring()
        .mint_service_token("token", "verify", now(), HOUR)
        .token;
    for position in 0..token.len() {
        let mut changed = token.as_bytes().to_vec();
        changed[position] = if changed[position] == b'A' {
            b'B'
        } else {
            b'A'
        };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(
            ring().verify_service_token(&changed, now()),
            Err(TokenError::Invalid),
            "{position}"
        );
    }
}

#[test]
fn a_token_names_the_key_that_signed_it() {
    let minted = ring().mint_service_token("token", "verify", now(), HOUR);
    let header = jsonwebtoken::decode_header(minted.token.as_bytes()).unwrap();
    assert_eq!(header.kid.as_deref(), Some(ring().current_key_id()));
}

#[test]
fn a_service_token_without_an_id_is_accepted() {
    let claims = json!({ "aud": "kayle-internal", "sub": "s", "exp": i64::MAX });
    let key = &ring().current.service_tokens.signing;
    let token = signed(&Header::default(), &claims, key);
    let verified = ring().verify_service_token(&token, now()).unwrap();
    assert_eq!(verified.id, None);
}

#[test]
fn what_is_no_token_is_refused() {
    for text in ["", ".", "..", "...", "a.b.c", "kk_0123"] {
        assert_eq!(
            ring().verify_session_token(None, text, now()),
            Err(TokenError::Invalid),
            "{text:?}"
        );
    }
}

#[test]
fn the_debug_form_shows_no_token() {
    let minted = ring().mint_service_token("token", "verify", now(), HOUR);
    assert_eq!(
        format!("{minted:?}"),
        "MintedToken { expires_at: 2026-05-05T12:00:00.000Z, .. }"
    );
}
