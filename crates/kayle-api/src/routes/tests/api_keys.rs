//! API keys and the audit log, as people at the dashboard see and change them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::testing::{Answer, TestApi, USER};

const NOW: &str = "2026-05-05T11:00:00.000Z";
const PATH: &str = "/v1/auth/api-keys";
const UNKNOWN: &str = "/v1/auth/api-keys/6f9619ff-8b86-4d01-b42d-00cf4fc964ff";

impl TestApi {
    async fn administer(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send_as_person("admin", method, path, &body).await
    }

    /// Creates a key; gives its path and its plaintext.
    async fn made_key(&self, body: &Value) -> (String, String) {
        let answer = self.administer("POST", PATH, body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let member = |name: &str| answer.body["data"][name].as_str().unwrap().to_owned();
        (format!("{PATH}/{}", member("id")), member("key"))
    }

    async fn status_with(&self, key: &str) -> u16 {
        let answer = self.send_as(key, "GET", "/v1/sessions", "").await;
        answer.status.as_u16()
    }
}

fn reader() -> Value {
    json!({ "name": "reader", "permissions": ["sessions:read"] })
}

#[track_caller]
fn assert_refused(answer: &Answer, code: &str, field: &str) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.code(), code);
    assert!(answer.message().starts_with(field), "{}", answer.message());
}

#[actix_web::test]
async fn a_key_is_shown_whole_but_for_its_plaintext() {
    let test = TestApi::new().await;
    let body = json!({
        "name": " Shop ",
        "permissions": ["webhooks:write", "sessions:read", "webhooks:write"],
        "metadata": { "team.name": "core", "rank": 1.5, "live": true },
        "enabled": false,
    });
    let created = test.administer("POST", PATH, &body).await;
    let data = created.body["data"].as_object().unwrap();
    assert_eq!(data.len(), 2);
    let (id, key) = (data["id"].clone(), data["key"].as_str().unwrap());
    assert!(key.starts_with("kk_") && key.len() == 35);

    test.send_as(key, "GET", "/v1/sessions", "").await;
    let listed = test.administer("GET", PATH, &Value::Null).await;
    let rows = listed.body["data"].as_array().unwrap();
    let shown = rows.iter().find(|row| row["id"] == id).unwrap();
    let expected = json!({
        "id": id,
        "name": "Shop",
        "enabled": true,
        "permissions": ["webhooks:write", "sessions:read"],
        "metadata": { "team.name": "core", "rank": 1.5, "live": true },
        "createdAt": NOW,
        "updatedAt": NOW,
        "requestCount": 1,
    });
    assert_eq!(shown, &expected);
    assert!(!listed.body.to_string().contains(key));
}

#[actix_web::test]
async fn what_was_done_is_answered_in_words() {
    let test = TestApi::new().await;
    let (path, _) = test.made_key(&reader()).await;
    let updated = test
        .administer("PATCH", &path, &json!({ "name": "x" }))
        .await;
    let data = json!({ "message": "API key updated", "status": "success" });
    assert_eq!(updated.body, json!({ "data": data, "error": null }));
    let deleted = test.administer("DELETE", &path, &Value::Null).await;
    let data = json!({ "message": "API key deleted", "status": "success" });
    assert_eq!(deleted.body, json!({ "data": data, "error": null }));
}

#[actix_web::test]
async fn a_change_counts_from_the_next_request() {
    let test = TestApi::new().await;
    let (path, key) = test.made_key(&reader()).await;
    assert_eq!(test.status_with(&key).await, 200);
    for (change, status) in [
        (json!({ "enabled": false }), 401),
        (json!({ "enabled": true }), 200),
        (json!({ "permissions": ["analytics:read"] }), 403),
        (json!({ "permissions": ["sessions:write"] }), 200),
    ] {
        test.administer("PATCH", &path, &change).await;
        assert_eq!(test.status_with(&key).await, status, "{change}");
    }
    test.administer("DELETE", &path, &Value::Null).await;
    assert_eq!(test.status_with(&key).await, 401);
}

#[actix_web::test]
async fn a_change_replaces_only_what_it_gives() {
    let test = TestApi::new().await;
    let mut body = reader();
    body["metadata"] = json!({ "a": 1 });
    let (path, _) = test.made_key(&body).await;
    test.administer("PATCH", &path, &json!({ "name": " writer " }))
        .await;
    let listed = test.administer("GET", PATH, &Value::Null).await;
    let rows = listed.body["data"].as_array().unwrap();
    let shown = rows.iter().find(|row| row["name"] == "writer").unwrap();
    assert_eq!(shown["permissions"], json!(["sessions:read"]));
    assert_eq!(shown["metadata"], json!({ "a": 1 }));
    assert_eq!(shown["enabled"], true);
}

#[actix_web::test]
async fn missing_and_foreign_keys_have_codes_of_their_own() {
    let test = TestApi::new().await;
    let other = TestApi {
        organization: test.kit.seed.organization().await,
        ..TestApi::new().await
    };
    let foreign = {
        let token = test.session_token_in(Some(other.organization.id.to_string()), "admin");
        let asked = crate::testing::with_session(crate::testing::request("POST", PATH), &token)
            .insert_header(("origin", crate::testing::DASHBOARD));
        let asked = crate::testing::with_json(asked, &reader().to_string());
        let created = test.call(asked).await;
        format!("{PATH}/{}", created.body["data"]["id"].as_str().unwrap())
    };
    let docs = "https://kayle.id/docs/api/errors#";
    for path in [UNKNOWN, &foreign] {
        let answer = test
            .administer("PATCH", path, &json!({ "name": "x" }))
            .await;
        assert_refused(&answer, "API_KEY_NOT_FOUND", "API key");
        assert_eq!(
            answer.body["error"]["docs"],
            format!("{docs}api_key_not_found")
        );
        let answer = test.administer("DELETE", path, &Value::Null).await;
        assert_refused(&answer, "API_KEY_NOT_DELETED", "API key");
        assert_eq!(
            answer.body["error"]["docs"],
            format!("{docs}api_key_not_deleted")
        );
    }
    let listed = test.administer("GET", PATH, &Value::Null).await;
    assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn ids_and_cursors_are_uuids() {
    let test = TestApi::new().await;
    for id in ["x", "aud_x", "6f9619ff8b864d01b42d00cf4fc964ff", "%20"] {
        let path = format!("{PATH}/{id}");
        let answer = test
            .administer("PATCH", &path, &json!({ "name": "x" }))
            .await;
        assert_refused(&answer, "BAD_REQUEST", "api_key_id");
        let answer = test.administer("DELETE", &path, &Value::Null).await;
        assert_refused(&answer, "BAD_REQUEST", "api_key_id");
        let path = format!("{PATH}?starting_after={id}");
        let answer = test.administer("GET", &path, &Value::Null).await;
        assert_refused(&answer, "BAD_REQUEST", "starting_after");
    }
}

#[actix_web::test]
async fn keys_are_listed_page_by_page_in_the_order_of_their_ids() {
    let test = TestApi::new().await;
    for _ in 0..4 {
        test.made_key(&reader()).await;
    }
    let mut read: Vec<String> = Vec::new();
    let mut path = format!("{PATH}?limit=2");
    loop {
        let page = test.administer("GET", &path, &Value::Null).await;
        let rows = page.body["data"].as_array().unwrap();
        read.extend(
            rows.iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page.body["pagination"]["next_cursor"].as_str() else {
            break;
        };
        path = format!("{PATH}?limit=2&starting_after={cursor}");
    }
    assert_eq!(read.len(), 5);
    assert!(read.is_sorted());
}

#[actix_web::test]
async fn members_that_describe_no_key() {
    let test = TestApi::new().await;
    let (path, _) = test.made_key(&reader()).await;
    let many: Value = (0..21).map(|n| (format!("k{n}"), json!(n))).collect();
    for (member, value, field) in [
        ("name", json!(null), "name"),
        ("name", json!(""), "name"),
        ("name", json!("  "), "name"),
        ("name", json!("x".repeat(121)), "name"),
        ("name", json!("a\0"), "name"),
        ("permissions", json!(null), "permissions"),
        ("permissions", json!([]), "permissions"),
        ("permissions", json!("webhooks:read"), "permissions"),
        ("permissions", json!(["webhooks:*"]), "permissions[0]"),
        ("permissions", json!(["sessions:read", 1]), "permissions[1]"),
        ("metadata", json!(null), "metadata"),
        ("metadata", json!([]), "metadata"),
        ("metadata", many, "metadata"),
        ("metadata", json!({ "": 1 }), "metadata"),
        ("metadata", json!({ "a b": 1 }), "metadata"),
        ("metadata", json!({ "x".repeat(65): 1 }), "metadata"),
        ("metadata", json!({ "a": { "b": 1 } }), "metadata.a"),
        ("metadata", json!({ "a": null }), "metadata.a"),
        ("metadata", json!({ "a": [1] }), "metadata.a"),
        ("metadata", json!({ "a": "\0" }), "metadata.a"),
        ("metadata", json!({ "a": "x".repeat(513) }), "metadata"),
    ] {
        let mut body = reader();
        body[member] = value.clone();
        let created = test.administer("POST", PATH, &body).await;
        assert_refused(&created, "BAD_REQUEST", field);
        let changed = test
            .administer("PATCH", &path, &json!({ member: value }))
            .await;
        assert_refused(&changed, "BAD_REQUEST", field);
    }
    for value in [json!(null), json!("true"), json!(0)] {
        let change = json!({ "enabled": value });
        let changed = test.administer("PATCH", &path, &change).await;
        assert_refused(&changed, "BAD_REQUEST", "enabled");
    }
    for missing in ["name", "permissions"] {
        let mut body = reader();
        body.as_object_mut().unwrap().remove(missing);
        let created = test.administer("POST", PATH, &body).await;
        assert_refused(&created, "BAD_REQUEST", missing);
    }
    for empty in [json!({}), json!({ "permission": ["webhooks:read"] })] {
        let changed = test.administer("PATCH", &path, &empty).await;
        assert_refused(&changed, "BAD_REQUEST", "the body");
    }
}

#[actix_web::test]
async fn the_audit_log_says_who_did_what_newest_first() {
    let test = TestApi::new().await;
    let tick = || test.kit.clock.advance(Duration::from_millis(1));
    tick();
    let (path, _) = test.made_key(&reader()).await;
    tick();
    test.administer("PATCH", &path, &json!({ "name": "x" }))
        .await;
    tick();
    test.administer("DELETE", &path, &Value::Null).await;
    let path_of_log = "/v1/auth/orgs/audit-logs";
    let first = test
        .administer("GET", &format!("{path_of_log}?limit=2"), &Value::Null)
        .await;
    let rows = first.body["data"].as_array().unwrap();
    let target = path.rsplit('/').next().unwrap();
    let row = |row: &Value, event: &str, metadata: Value, at: &str| {
        json!({
            "id": row["id"],
            "event": event,
            "actor": { "type": "user", "id": USER },
            "target_id": target,
            "metadata": metadata,
            "created_at": at,
        })
    };
    assert_eq!(
        rows[0],
        row(
            &rows[0],
            "api_key.deleted",
            json!({}),
            "2026-05-05T11:00:00.003Z"
        )
    );
    let changed = json!({ "changed": ["name"] });
    assert_eq!(
        rows[1],
        row(
            &rows[1],
            "api_key.updated",
            changed,
            "2026-05-05T11:00:00.002Z"
        )
    );
    assert!(rows[0]["id"].as_str().unwrap().starts_with("aud_"));

    let cursor = first.body["pagination"]["next_cursor"].as_str().unwrap();
    assert_eq!(Some(cursor), rows[1]["id"].as_str());
    let path_of_next = format!("{path_of_log}?starting_after={cursor}");
    let next = test.administer("GET", &path_of_next, &Value::Null).await;
    assert_eq!(next.body["data"][0]["event"], "api_key.created");
    let unknown = format!("{path_of_log}?starting_after=aud_unknown");
    let answer = test.administer("GET", &unknown, &Value::Null).await;
    assert_refused(&answer, "INVALID_REQUEST", "starting_after");
}

#[actix_web::test]
async fn the_audit_log_names_keys_and_the_system_too() {
    let test = TestApi::new().await;
    test.kit.clock.advance(Duration::from_millis(1));
    test.send("POST", "/v1/sessions", "").await;
    let answer = test
        .administer("GET", "/v1/auth/orgs/audit-logs", &Value::Null)
        .await;
    let rows = answer.body["data"].as_array().unwrap();
    assert_eq!(rows[0]["event"], "session.created");
    assert_eq!(rows[0]["actor"]["type"], "api_key");
    let by_system = json!({ "type": "system", "id": null });
    assert!(rows.iter().any(|row| row["actor"] == by_system), "{rows:?}");
}
