//! Too much at once: 429, with when to come again.

use std::sync::Arc;
use std::time::Duration;

use kayle_app::access::Scope;

use crate::RateLimiter;
use crate::testing::TestApi;

const PATH: &str = "/v1/webhooks/endpoints";

async fn limited(limit: &str) -> TestApi {
    let mut test = TestApi::new().await;
    let limit = limit.parse().expect("it is a limit");
    test.api.rate_limiter = RateLimiter::of(Some(limit), Arc::clone(&test.kit.webhooks));
    test
}

#[actix_web::test]
async fn a_key_that_calls_too_often_is_told_when_to_come_again() {
    let test = limited("1/s,burst=3").await;
    for _ in 0..3 {
        assert_eq!(test.send("GET", PATH, "").await.status, 200);
    }
    let refused = test.send("GET", PATH, "").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.code(), "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), Some("1"));
    test.kit.clock.advance(Duration::from_secs(1));
    assert_eq!(test.send("GET", PATH, "").await.status, 200);
    assert_eq!(test.send("GET", PATH, "").await.status, 429);
}

#[actix_web::test]
async fn each_key_is_counted_by_itself_and_people_are_not() {
    let test = limited("1/s").await;
    let other = test.key_with(&[Scope::WebhooksRead]).await;
    assert_eq!(test.send("GET", PATH, "").await.status, 200);
    assert_eq!(test.send("GET", PATH, "").await.status, 429);
    assert_eq!(test.send_as(&other, "GET", PATH, "").await.status, 200);
    for _ in 0..3 {
        let answer = test.send_as_person("owner", "GET", PATH, "").await;
        assert_eq!(answer.status, 200);
    }
}

#[actix_web::test]
async fn a_credential_that_is_not_valid_is_told_so_and_not_counted() {
    let test = limited("1/s").await;
    for _ in 0..3 {
        assert_eq!(test.send_as("kk_x", "GET", PATH, "").await.status, 401);
    }
    assert_eq!(test.send("GET", PATH, "").await.status, 200);
}
