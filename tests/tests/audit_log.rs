//! The audit log: who did what, and that nobody can rewrite it unseen.

use std::process::Output;

use kayle_testkit::receiver::Behaviour;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::send;
use crate::support::{Customer, Dashboard, Installation, database, text};

const AUDIT_LOGS: &str = "/v1/auth/orgs/audit-logs";

/// Leaves out the operators' log, which is nobody's.
const OF_ORGANIZATION: &str = "organization_id IN (SELECT id FROM organizations)";

async fn sign_in(installation: &Installation, role: &str) -> Dashboard {
    Dashboard::sign_in(&installation.service, &installation.organization.id, role).await
}

async fn rename(installation: &Installation, customer: &Customer, name: &str) {
    let path = format!("/v1/webhooks/endpoints/{}", customer.endpoint_id);
    let request = installation.api().request(Method::PATCH, &path);
    send(request.json(&json!({ "name": name }))).await.data();
}

/// Returns what an operator is answered who has the logs checked.
async fn verify(installation: &Installation) -> Output {
    installation.service.try_admin(&["audit", "verify"]).await
}

/// Expects the check to fail, and to name what is wrong.
async fn expect_broken(installation: &Installation, problem: &str) {
    let output = verify(installation).await;
    assert!(!output.status.success(), "the check found nothing");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(problem), "{said}");
    let organization = &installation.organization.id;
    assert!(said.contains(organization.as_str()), "{said}");
}

/// Creates a log of a few rows, and changes it behind the service's back.
async fn tampered_with(sql: &str) -> Installation {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    rename(&installation, &customer, "Production").await;
    let whole = verify(&installation).await;
    assert!(whole.status.success(), "{whole:?}");
    let changed = database::change(installation.service.database(), sql).await;
    assert_eq!(changed, 1);
    installation
}

#[tokio::test]
async fn admins_and_owners_read_who_did_what_newest_first() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    rename(&installation, &customer, "hidden").await;
    let owner = sign_in(&installation, "owner").await;
    let path = format!("/v1/webhooks/endpoints/{}", customer.endpoint_id);
    let reveal = format!("{path}/signing-secret/reveal");
    owner.post_empty(&reveal).await.data();

    let answer = owner.get(&format!("{AUDIT_LOGS}?limit=100")).await;
    let rows = answer.data();
    let told: Vec<_> = rows
        .as_array()
        .expect("a list is an array")
        .iter()
        .map(|row| (text(row, "/event"), text(row, "/actor/type")))
        .collect();
    assert_eq!(
        told,
        [
            ("webhook_endpoint.signing_secret.revealed", "user"),
            ("session_token.created", "system"),
            ("webhook_endpoint.updated", "api_key"),
            ("webhook_encryption_key.registered", "api_key"),
            ("webhook_endpoint.created", "api_key"),
            ("api_key.created", "system"),
            ("organization.created", "system"),
        ]
    );
    assert_eq!(rows[0]["target_id"], *customer.endpoint_id);
    // The row of a new endpoint has these two (contract 3.2, E1).
    let created = &rows[4]["metadata"];
    assert_eq!(created["enabled"], true);
    assert!(text(created, "/url").starts_with("http://127.0.0.1:"));
    for secret in ["hidden", "whsec_"] {
        assert!(!answer.text.contains(secret), "{secret} is in the log");
    }

    let mut page = owner.get(&format!("{AUDIT_LOGS}?limit=4")).await.envelope();
    let cursor = page["pagination"]["next_cursor"].take();
    let cursor = cursor.as_str().expect("there is more");
    let rest = owner
        .get(&format!("{AUDIT_LOGS}?limit=4&starting_after={cursor}"))
        .await
        .envelope();
    assert_eq!(rest["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(rest["pagination"]["has_more"], false);
    assert_eq!(rest["data"][0], rows[4]);

    sign_in(&installation, "admin")
        .await
        .get(AUDIT_LOGS)
        .await
        .data();
    let member = sign_in(&installation, "member").await;
    let refused = member.get(AUDIT_LOGS).await;
    refused.expect_refusal(403, "FORBIDDEN");
    let refused = installation.api().get(AUDIT_LOGS).await;
    refused.expect_refusal(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn an_operator_is_told_that_a_whole_log_is_whole() {
    let installation = Installation::start(&[]).await;
    Customer::register(installation.api(), Behaviour::good()).await;
    let output = verify(&installation).await;
    assert!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON is for programs");
    assert_eq!(
        said,
        json!({ "organizations": 1, "rows": 5, "whole": true })
    );
}

#[tokio::test]
async fn an_altered_row_is_found() {
    for alteration in [
        "UPDATE audit_rows SET actor_id = 'a29d1b02-6d0b-4b34-9f2c-000000000000' WHERE sequence = 3",
        "UPDATE audit_rows SET created_at = created_at - 1 WHERE sequence = 3",
        "UPDATE audit_rows SET details = '{}' WHERE sequence = 3",
    ] {
        let installation = tampered_with(alteration).await;
        expect_broken(&installation, "row 3 was altered").await;
    }
}

#[tokio::test]
async fn a_removed_row_is_found() {
    for removed in [1, 2, 5] {
        let sql =
            format!("DELETE FROM audit_rows WHERE sequence = {removed} AND {OF_ORGANIZATION}");
        let installation = tampered_with(&sql).await;
        expect_broken(&installation, &format!("row {removed} is missing")).await;
    }
}

#[tokio::test]
async fn a_log_whose_bounds_were_moved_is_found() {
    let set_back = format!(
        "UPDATE audit_chains SET head_sequence = 4, \
         head_hash = (SELECT hash FROM audit_rows WHERE sequence = 4) WHERE {OF_ORGANIZATION}"
    );
    let installation = tampered_with(&set_back).await;
    expect_broken(&installation, "row 4").await;

    let moved_on = format!(
        "UPDATE audit_chains SET anchor_sequence = 2, \
         anchor_hash = (SELECT hash FROM audit_rows WHERE sequence = 2) WHERE {OF_ORGANIZATION}"
    );
    let installation = tampered_with(&moved_on).await;
    let database = installation.service.database();
    let cut = format!("DELETE FROM audit_rows WHERE sequence <= 2 AND {OF_ORGANIZATION}");
    assert_eq!(database::change(database, &cut).await, 2);
    expect_broken(&installation, "row 2 is missing").await;
}
