//! People at the dashboard: roles, the page they come from, and the API keys they make.

use kayle_testkit::receiver::Behaviour;
use reqwest::Method;
use serde_json::json;

use crate::support::api::send;
use crate::support::{Answer, Api, Customer, Dashboard, Installation, text};

const API_KEYS: &str = "/v1/auth/api-keys";
const ENDPOINTS: &str = "/v1/webhooks/endpoints";

async fn sign_in(installation: &Installation, role: &str) -> Dashboard {
    Dashboard::sign_in(&installation.service, &installation.organization.id, role).await
}

#[tokio::test]
async fn each_role_may_do_what_it_is_for() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let endpoint = format!("{ENDPOINTS}/{}", customer.endpoint_id);
    let reveal = format!("{endpoint}/signing-secret/reveal");
    let change = json!({ "name": "Production" });

    let member = sign_in(&installation, "member").await;
    member.get(&endpoint).await.data();
    let refused = member.patch(&endpoint, &change).await;
    refused.expect_refusal(403, "FORBIDDEN");
    let refused = member.get(API_KEYS).await;
    refused.expect_refusal(403, "FORBIDDEN");

    let admin = sign_in(&installation, "admin").await;
    assert_eq!(
        admin.patch(&endpoint, &change).await.data()["name"],
        "Production"
    );
    let refused = admin.post_empty(&reveal).await;
    refused.expect_refusal(403, "FORBIDDEN");

    let owner = sign_in(&installation, "owner").await;
    let revealed = owner.post_empty(&reveal).await.data();
    assert_eq!(revealed["signing_secret"], *customer.signing_secret);
}

#[tokio::test]
async fn a_change_with_a_cookie_must_come_from_our_own_pages() {
    let installation = Installation::start(&[("KAYLE_DASHBOARD_ORIGIN", "https://app.kayle.id")]);
    let installation = installation.await;
    let owner = sign_in(&installation, "owner").await;
    let body = json!({ "url": "https://example.com/webhooks/kayle" });
    let post = async |header: Option<(&'static str, String)>| -> Answer {
        let mut request = owner.request(Method::POST, ENDPOINTS).json(&body);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        send(request).await
    };
    for foreign in [
        None,
        Some(("origin", "https://elsewhere.example".to_owned())),
        Some((
            "origin",
            "https://app.kayle.id.elsewhere.example".to_owned(),
        )),
        Some(("origin", "null".to_owned())),
        Some((
            "referer",
            "https://elsewhere.example/?https://app.kayle.id/".to_owned(),
        )),
    ] {
        post(foreign).await.expect_refusal(403, "FORBIDDEN");
    }
    assert_eq!(installation.api().list(ENDPOINTS).await.len(), 0);
    for own in [
        ("origin", installation.service.url().to_owned()),
        ("origin", "https://app.kayle.id".to_owned()),
        (
            "referer",
            "https://app.kayle.id/webhooks?tab=events".to_owned(),
        ),
    ] {
        post(Some(own)).await.data();
    }
    let read = send(owner.request(Method::GET, ENDPOINTS)).await;
    assert_eq!(read.data().as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_bearer_credential_hides_the_cookie() {
    let installation = Installation::start(&[]).await;
    let owner = sign_in(&installation, "owner").await;
    let request = owner.request(Method::GET, ENDPOINTS);
    let refused = send(request.bearer_auth("kk_unknown")).await;
    refused.expect_refusal(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_frozen_organizations_people_read_and_change_nothing() {
    let installation = Installation::start(&[]).await;
    let owner = sign_in(&installation, "owner").await;
    let freeze = ["organization", "freeze", &installation.organization.id];
    installation.service.admin(&freeze).await;
    owner.get(ENDPOINTS).await.data();
    let body = json!({ "url": "https://example.com/webhooks/kayle" });
    let refused = owner.post(ENDPOINTS, &body).await;
    refused.expect_refusal(410, "ORGANIZATION_FROZEN");
    let body = json!({ "name": "server", "permissions": ["webhooks:read"] });
    let refused = owner.post(API_KEYS, &body).await;
    refused.expect_refusal(410, "ORGANIZATION_FROZEN");
}

#[tokio::test]
async fn what_is_done_to_an_api_key_counts_from_the_next_request() {
    let installation = Installation::start(&[]).await;
    let admin = sign_in(&installation, "admin").await;
    let new = json!({ "name": " server ", "permissions": ["webhooks:read"] });
    let made = admin.post(API_KEYS, &new).await.data();
    let path = format!("{API_KEYS}/{}", text(&made, "/id"));
    let key = Api::new(installation.service.url(), text(&made, "/key"));
    let listed = async || {
        let keys = admin.get(&format!("{API_KEYS}?limit=100")).await.data();
        let keys = keys.as_array().expect("a list is an array").clone();
        let own = keys.into_iter().find(|one| one["id"] == made["id"]);
        own.expect("the key is listed")
    };

    key.get(ENDPOINTS).await.data();
    let body = json!({ "url": "https://example.com/webhooks/kayle" });
    let refused = key.post(ENDPOINTS, &body).await;
    refused.expect_refusal(403, "FORBIDDEN");
    let record = listed().await;
    assert_eq!(record["name"], "server");
    assert_eq!(record["requestCount"], 2);
    assert!(record.get("key").is_none());

    let write = json!({ "permissions": ["webhooks:write"], "metadata": { "team": "a" } });
    assert_eq!(admin.patch(&path, &write).await.data()["status"], "success");
    key.post(ENDPOINTS, &body).await.data();
    assert_eq!(listed().await["metadata"], json!({ "team": "a" }));

    admin
        .patch(&path, &json!({ "enabled": false }))
        .await
        .data();
    key.get(ENDPOINTS).await.expect_refusal(401, "UNAUTHORIZED");
    admin.patch(&path, &json!({ "enabled": true })).await.data();
    key.get(ENDPOINTS).await.data();

    assert_eq!(admin.delete(&path).await.data()["status"], "success");
    key.get(ENDPOINTS).await.expect_refusal(401, "UNAUTHORIZED");
    let again = admin.delete(&path).await;
    again.expect_refusal(400, "API_KEY_NOT_DELETED");
    let again = admin.patch(&path, &json!({ "enabled": true })).await;
    again.expect_refusal(400, "API_KEY_NOT_FOUND");
}

#[tokio::test]
async fn an_api_key_makes_no_api_keys() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    api.get(API_KEYS).await.expect_refusal(401, "UNAUTHORIZED");
    let new = json!({ "name": "server", "permissions": ["webhooks:read"] });
    let refused = api.post(API_KEYS, &new).await;
    refused.expect_refusal(401, "UNAUTHORIZED");
}
