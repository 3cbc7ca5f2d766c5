//! Pages, cursors and whose rows they hold.

use std::time::Duration;

use serde_json::{Value, json};

use super::lists;
use crate::testing::{Answer, TestApi};

fn ids(answer: &Answer) -> Vec<String> {
    let rows = answer.body["data"].as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn a_list_is_read_page_by_page() {
    let test = TestApi::new().await;
    let mut newest_first = Vec::new();
    for _ in 0..5 {
        let endpoint = test.kit.seed.subscriber(&test.organization).await.endpoint;
        newest_first.insert(0, endpoint.id.to_string());
        test.kit.clock.advance(Duration::from_millis(1));
    }
    let mut read = Vec::new();
    let mut path = "/v1/webhooks/endpoints?limit=2".to_owned();
    loop {
        let answer = test.send("GET", &path, "").await;
        read.extend(ids(&answer));
        let pagination = &answer.body["pagination"];
        assert_eq!(pagination["limit"], 2);
        assert_eq!(
            pagination["has_more"],
            json!(pagination["next_cursor"] != Value::Null)
        );
        match pagination["next_cursor"].as_str() {
            Some(cursor) => {
                assert_eq!(Some(cursor), read.last().map(String::as_str));
                path = format!("/v1/webhooks/endpoints?limit=2&starting_after={cursor}");
            }
            None => break,
        }
    }
    assert_eq!(read, newest_first);
}

#[actix_web::test]
async fn an_unknown_cursor_is_refused_where_the_order_is_by_time() {
    async fn check(test: &TestApi, path: &str, code: &str) {
        let path = format!("{path}?starting_after=unknown");
        let answer = test.send("GET", &path, "").await;
        assert_eq!(answer.code(), code, "{path}");
    }
    let test = TestApi::new().await;
    check(&test, "/v1/webhooks/endpoints", "INVALID_REQUEST").await;
    check(&test, "/v1/webhooks/deliveries", "INVALID_REQUEST").await;
    check(&test, "/v1/webhooks/events", "INVALID_REQUEST").await;
    check(&test, "/v1/webhooks/endpoints/whe_x/keys", "").await;
}

#[actix_web::test]
async fn what_belongs_to_others_is_missing() {
    let test = TestApi::new().await;
    let other = test.kit.seed.organization().await;
    let subscriber = test.kit.seed.subscriber(&other).await;
    let delivery = test.kit.seed.delivery(&subscriber).await;
    let session = test.kit.seed.make.session(&other);
    test.kit.seed.session(&session).await;
    for path in lists() {
        let answer = test.send("GET", path, "").await;
        assert_eq!(answer.body["data"], json!([]), "{path}");
    }
    let endpoint = format!("/v1/webhooks/endpoints/{}", subscriber.endpoint.id);
    let change = test.send("PATCH", &endpoint, r#"{"name":"x"}"#).await;
    assert_eq!((change.status.as_u16(), change.code()), (404, "NOT_FOUND"));
    let key = format!("/v1/webhooks/keys/{}", subscriber.key.id);
    for (method, path) in [
        ("GET", endpoint.clone()),
        ("DELETE", endpoint.clone()),
        ("POST", format!("{endpoint}/signing-secret/reveal")),
        ("POST", format!("{endpoint}/signing-secret/rotate")),
        ("POST", format!("{key}/deactivate")),
        ("POST", format!("{key}/reactivate")),
        ("GET", format!("/v1/webhooks/deliveries/{}", delivery.id)),
        (
            "POST",
            format!("/v1/webhooks/deliveries/{}/retry", delivery.id),
        ),
        ("GET", format!("/v1/webhooks/events/{}", delivery.event_id)),
        ("POST", format!("/v1/events/{}/replay", delivery.event_id)),
        ("GET", format!("/v1/sessions/{}", session.id)),
        ("POST", format!("/v1/sessions/{}/cancel", session.id)),
    ] {
        let answer = test.send(method, &path, "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "NOT_FOUND"),
            "{path}"
        );
        let answer = test.send_as_person("owner", method, &path, "").await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn lists_are_filtered() {
    async fn check(test: &TestApi, path: &str, count: usize) {
        let answer = test.send("GET", path, "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(ids(&answer).len(), count, "{path}");
    }
    let test = TestApi::new().await;
    let subscriber = test.kit.seed.subscriber(&test.organization).await;
    let delivery = test.kit.seed.delivery(&subscriber).await;
    let (endpoint, event) = (&subscriber.endpoint.id, &delivery.event_id);
    check(&test, "/v1/webhooks/endpoints?enabled=true", 1).await;
    check(&test, "/v1/webhooks/endpoints?enabled=false", 0).await;
    let keys = format!("/v1/webhooks/endpoints/{endpoint}/keys");
    check(&test, &format!("{keys}?is_active=true"), 1).await;
    check(&test, &format!("{keys}?is_active=false"), 0).await;
    let deliveries = "/v1/webhooks/deliveries";
    let query = format!("status=pending&endpoint_id={endpoint}&event_id={event}");
    check(&test, &format!("{deliveries}?{query}"), 1).await;
    check(&test, &format!("{deliveries}?status=failed"), 0).await;
    check(&test, &format!("{deliveries}?event_id=evt_unknown"), 0).await;
    check(&test, "/v1/events?type=verification.session.expired", 1).await;
    check(&test, "/v1/events?type=verification.attempt.failed", 0).await;
    let at = "2026-05-05T11:00:00Z";
    check(
        &test,
        &format!("/v1/events?created_from={at}&created_to={at}"),
        1,
    )
    .await;
    check(&test, "/v1/events?created_from=2026-05-05T11:00:00.001Z", 0).await;
    check(
        &test,
        &format!("/v1/sessions?status=created&created_to={at}"),
        1,
    )
    .await;
    check(&test, "/v1/sessions?status=cancelled", 0).await;
}
