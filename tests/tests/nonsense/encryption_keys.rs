//! Bad input for encryption keys.

use kayle_crypto::PrivateKey;
use kayle_testkit::receiver::Behaviour;
use reqwest::Method;
use serde_json::{Value, json};

use super::cases::{Case, expect_empty_page, expect_refusals, expect_unharmed};
use super::everywhere::{bad_bodies, bad_ids, bad_pages};
use crate::support::customer::registration;
use crate::support::{Customer, Installation};

const ENDPOINTS: &str = "/v1/webhooks/endpoints/";

#[tokio::test]
async fn a_bad_key_is_refused_and_changes_nothing() {
    let mut installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let keys = format!("{ENDPOINTS}{}/keys", customer.endpoint_id);
    let active = installation.api().get(&keys).await.data();
    let good = registration(&PrivateKey::generate());

    let mut cases = bad_bodies(&keys);
    for (member, value) in bad_members() {
        let mut bad = good.clone();
        bad[member] = value;
        cases.push(Case::post(&keys, bad).names(member));
        let mut missing = good.clone();
        missing
            .as_object_mut()
            .expect("a registration is an object")
            .remove(member);
        cases.push(Case::post(&keys, missing).names(member));
    }
    for (member, value) in bad_jwk_members() {
        let mut bad = good.clone();
        bad["jwk"][member] = value;
        cases.push(Case::post(&keys, bad).names("jwk"));
    }
    for member in ["kty", "n", "e"] {
        let mut bad = good.clone();
        bad["jwk"]
            .as_object_mut()
            .expect("a JWK is an object")
            .remove(member);
        cases.push(Case::post(&keys, bad).names("jwk"));
    }
    cases.extend(bad_ids(&Method::POST, ENDPOINTS, "/keys", "BAD_REQUEST"));
    let unknown = format!("{ENDPOINTS}whe_unknown/keys");
    cases.push(Case::post(unknown, good).is(404, "NOT_FOUND"));

    expect_refusals(installation.api(), cases).await;
    assert_eq!(installation.api().get(&keys).await.data(), active);
    expect_unharmed(&mut installation).await;
}

fn bad_members() -> Vec<(&'static str, Value)> {
    vec![
        ("key_id", json!("")),
        ("key_id", json!("x".repeat(129))),
        ("key_id", json!(1)),
        ("algorithm", json!("RSA-OAEP")),
        ("algorithm", json!("rsa-oaep-256")),
        ("key_type", json!("EC")),
        ("key_type", json!(null)),
        ("jwk", json!("{}")),
        ("jwk", json!([])),
        ("jwk", json!({})),
    ]
}

fn bad_jwk_members() -> Vec<(&'static str, Value)> {
    let even = format!("{}A", "_".repeat(342));
    vec![
        ("kty", json!("EC")),
        ("kty", json!(1)),
        ("n", json!("")),
        ("n", json!(" ")),
        ("n", json!(1)),
        ("n", json!("AQAB")),
        ("n", json!("not base64!".repeat(40))),
        ("n", json!("A".repeat(342))),
        ("n", json!("_".repeat(8193))),
        ("n", json!(even)),
        ("e", json!("")),
        ("e", json!("AQ")),
        ("e", json!("Ag")),
        ("e", json!("A".repeat(65))),
        ("alg", json!("RSA-OAEP")),
        ("alg", json!("x".repeat(65))),
        ("use", json!("sig")),
        ("key_ops", json!([])),
        ("key_ops", json!("encrypt")),
        ("key_ops", json!(["encrypt", "decrypt"])),
        ("key_ops", json!(["wrapKey"])),
        ("key_ops", json!([1])),
        ("d", json!("AQAB")),
        ("d", json!(false)),
        ("p", json!("")),
        ("oth", json!([])),
        ("x5c", json!([1])),
        ("other", json!({})),
        ("other", json!(null)),
        ("other", json!("x".repeat(8193))),
    ]
}

#[tokio::test]
async fn a_bad_question_about_keys_is_refused() {
    let mut installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let keys = format!("{ENDPOINTS}{}/keys", customer.endpoint_id);
    let mut cases = bad_pages(&keys);
    for is_active in ["", "True", "1"] {
        cases.push(Case::get(format!("{keys}?is_active={is_active}")).names("is_active"));
    }
    cases.extend(bad_ids(&Method::GET, ENDPOINTS, "/keys", "BAD_REQUEST"));

    expect_refusals(installation.api(), cases).await;
    expect_empty_page(installation.api(), &format!("{keys}?is_active=1"), 10).await;
    let unknown = installation
        .api()
        .get(&format!("{ENDPOINTS}whe_unknown/keys"))
        .await;
    assert_eq!(unknown.data(), json!([]));
    expect_unharmed(&mut installation).await;
}
