//! Showing that one has the private half of a registered key, with another implementation of JOSE.

use std::process::Stdio;

use kayle_crypto::PrivateKey;
use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::installation::api_key;
use crate::support::{Api, Customer, Installation, Organization, text, tools};

/// Makes a key: its private half for jwcrypto, and its public half as openssl writes it.
const MAKE: &str = "
from jwcrypto import jwk
key = jwk.JWK.generate(kty='RSA', size=3072)
print(key.export(private_key=True))
print(key.export_to_pem().decode())
";

/// Prints the plaintext of a JWE; its key is the first line of what is read, the JWE the second.
const DECRYPT: &str = "
import sys
from jwcrypto import jwe, jwk
key, compact = sys.stdin.read().splitlines()
token = jwe.JWE(algs=['RSA-OAEP-256', 'A256GCM'])
token.deserialize(compact, jwk.JWK.from_json(key))
assert token.jose_header == {'alg': 'RSA-OAEP-256', 'enc': 'A256GCM', 'kid': 'by jwcrypto'}
sys.stdout.write(token.payload.decode())
";

async fn python(program: &str, input: &str) -> String {
    let mut child = Command::new(tools::python())
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    let written = stdin.write_all(input.as_bytes()).await;
    written.expect("Python reads");
    drop(stdin);
    let output = child.wait_with_output().await.expect("Python ends");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("it prints text")
}

fn keys_of(customer: &Customer) -> String {
    format!("/v1/webhooks/endpoints/{}/keys", customer.endpoint_id)
}

fn registration(member: &str, key: &Value) -> Value {
    json!({
        "key_id": "by jwcrypto", "algorithm": "RSA-OAEP-256", "key_type": "RSA",
        member: key, "activate": false,
    })
}

#[tokio::test]
async fn a_key_in_pem_form_is_proven_with_jwcrypto_before_it_is_used() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let customer = Customer::register(api, Behaviour::good()).await;
    let made = python(MAKE, "").await;
    let (private, pem) = made.split_once('\n').expect("two parts");
    let new = registration("pem", &json!(pem));
    let key = api.post(&keys_of(&customer), &new).await.data();
    assert_eq!(key["is_active"], false);
    assert_eq!(key["bits"], 3072);
    assert_eq!(key["proven_at"], Value::Null);
    assert_eq!(text(&key, "/thumbprint").len(), 43);
    let path = format!("/v1/webhooks/keys/{}", text(&key, "/id"));

    // Nothing is encrypted to it yet.
    let delivery = installation.deliver_success().await;
    installation.delivery_in("succeeded", &delivery).await;
    assert!(customer.requests(1).await[0].decrypt(&customer.key).is_ok());

    let asked = api.post_empty(&format!("{path}/challenge")).await.data();
    let jwe = text(&asked, "/jwe");
    let nonce = python(DECRYPT, &format!("{private}\n{jwe}")).await;
    let answer = json!({ "nonce": nonce });
    let proven = api.post(&format!("{path}/prove"), &answer).await.data();
    assert_eq!(proven["proven_by"], "caller");
    assert!(proven["proven_at"].is_string());

    let again = api.post(&format!("{path}/prove"), &answer).await;
    again.expect_refusal(409, "CONFLICT");
    let active = api.post_empty(&format!("{path}/reactivate")).await.data();
    assert_eq!(active["is_active"], true);
    assert_eq!(active["proven_at"], proven["proven_at"]);
}

#[tokio::test]
async fn a_wrong_nonce_uses_the_challenge_up() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let customer = Customer::register(api, Behaviour::good()).await;
    let keys = api.get(&keys_of(&customer)).await.data();
    let path = format!("/v1/webhooks/keys/{}", text(&keys, "/0/id"));
    let challenge = format!("{path}/challenge");
    let prove = format!("{path}/prove");

    let early = api.post(&prove, &json!({ "nonce": "a guess" })).await;
    early.expect_refusal(409, "CONFLICT");
    let asked = api.post_empty(&challenge).await.data();
    let opened = customer.key.decrypt(text(&asked, "/jwe"));
    let nonce = opened.expect("it is encrypted to the key").plaintext;
    let nonce = json!({ "nonce": String::from_utf8_lossy(&nonce) });
    for without in [json!({}), json!({ "nonce": 1 }), json!({ "nonce": null })] {
        api.post(&prove, &without)
            .await
            .expect_refusal(400, "BAD_REQUEST");
    }
    let wrong = api.post(&prove, &json!({ "nonce": "a guess" })).await;
    wrong.expect_refusal(400, "INVALID_REQUEST");
    api.post(&prove, &nonce)
        .await
        .expect_refusal(409, "CONFLICT");
    let keys = api.get(&keys_of(&customer)).await.data();
    assert_eq!(keys[0]["proven_at"], Value::Null);
}

#[tokio::test]
async fn a_private_key_is_refused_with_advice_and_left_nowhere() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let customer = Customer::register(api, Behaviour::good()).await;
    let keys = keys_of(&customer);
    let before = api.get(&keys).await.data();
    let pem = PrivateKey::generate().to_pkcs8_pem();
    let secret = pem.lines().nth(3).expect("a key is long");
    let public = PrivateKey::generate().public_jwk_members();
    let public = json!({ "kty": "RSA", "n": public.n, "e": public.e });
    let mut private = public.clone();
    private["d"] = json!(secret);
    let mut both = registration("pem", &json!(pem.as_str()));
    both["jwk"] = public.clone();

    for new in [
        registration("pem", &json!(pem.as_str())),
        registration("pem", &json!(private.to_string())),
        registration("jwk", &private),
        both,
    ] {
        for keys in [&keys, "/v1/webhooks/endpoints/whe_unknown/keys"] {
            let refused = api.post(keys, &new).await;
            refused.expect_refusal(400, "BAD_REQUEST");
            assert!(
                refused.text.contains("replace that key"),
                "{}",
                refused.text
            );
            assert!(!refused.text.contains(secret));
        }
    }
    let mut two = registration("jwk", &public);
    two["pem"] = json!("x");
    api.post(&keys, &two)
        .await
        .expect_refusal(400, "BAD_REQUEST");
    for pem in [json!("x"), json!(1), json!(null)] {
        let refused = api.post(&keys, &registration("pem", &pem)).await;
        refused.expect_refusal(400, "BAD_REQUEST");
        assert!(refused.text.contains("pem"), "{}", refused.text);
    }
    assert_eq!(api.get(&keys).await.data(), before);
}

#[tokio::test]
async fn what_still_needs_a_key_is_counted() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(500)]);
    let customer = Customer::register(api, behaviour).await;
    let retained = async || {
        let keys = api.get(&keys_of(&customer)).await.data();
        keys[0]["retained_deliveries"].clone()
    };
    assert_eq!(retained().await, 0);
    let delivery = installation.deliver_success().await;
    customer.requests(1).await;
    assert_eq!(retained().await, 1);
    customer.receiver.release();
    installation.delivery_in("succeeded", &delivery).await;
    assert_eq!(retained().await, 0);
}

#[tokio::test]
async fn who_may_not_change_keys_may_not_prove_them() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let keys = installation.api().get(&keys_of(&customer)).await.data();
    let path = format!("/v1/webhooks/keys/{}", text(&keys, "/0/id"));
    let (service, organization) = (&installation.service, &installation.organization);
    let reader = api_key(service, &organization.id, &["webhooks:read"]).await;
    let reader = Api::new(service.url(), &reader);
    let stranger = Organization::create(service, "A stranger").await.api;

    for (caller, status, code) in [(reader, 403, "FORBIDDEN"), (stranger, 404, "NOT_FOUND")] {
        let challenge = caller.post_empty(&format!("{path}/challenge")).await;
        challenge.expect_refusal(status, code);
        let nonce = json!({ "nonce": "a guess" });
        let proof = caller.post(&format!("{path}/prove"), &nonce).await;
        proof.expect_refusal(status, code);
    }
}
