//! What became of deliveries, in numbers (contract 14.3), beside what a receiver saw.

use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::{Value, json};

use crate::support::installation::api_key;
use crate::support::{Api, Customer, Installation, Organization, eventually};

const ACTIVITY: &str = "/v1/analytics/webhooks";

/// Returns a caller that may read numbers and nothing else.
async fn analyst(installation: &Installation) -> Api {
    let id = &installation.organization.id;
    let key = api_key(&installation.service, id, &["analytics:read"]).await;
    Api::new(installation.service.url(), &key)
}

/// Waits until so many deliveries are counted as delivered, and gives what is shown then.
async fn with_delivered(analyst: &Api, query: &str, delivered: u64) -> Value {
    let path = format!("{ACTIVITY}?{query}");
    eventually("the deliveries are counted", async || {
        let shown = analyst.get(&path).await.data();
        (shown["totals"]["deliveries"]["delivered"] == delivered).then_some(shown)
    })
    .await
}

/// Adds up a number over all buckets.
fn sum(shown: &Value, pointer: &str) -> u64 {
    let buckets = shown["buckets"].as_array().expect("there are buckets");
    let numbers = buckets.iter().map(|bucket| bucket.pointer(pointer));
    numbers
        .map(|number| number.and_then(Value::as_u64).unwrap_or(0))
        .sum()
}

#[tokio::test]
async fn what_is_counted_is_what_the_receiver_saw() {
    let settings = [("KAYLE_RETRY_SCHEDULE_SHORT", "0s,1s,1s,1s")];
    let installation = Installation::start(&settings).await;
    let analyst = analyst(&installation).await;
    let refusals = [
        Reaction::Status(503),
        Reaction::Status(404),
        Reaction::Status(302),
    ];
    let customer = Customer::register(installation.api(), Behaviour::script(refusals)).await;
    let quiet = Customer::register_with(
        installation.api(),
        Behaviour::good(),
        json!({ "subscribed_event_types": [] }),
    )
    .await;
    for _ in 0..3 {
        let delivery_id = installation.deliver_success().await;
        installation.delivery_in("succeeded", &delivery_id).await;
    }
    let seen = customer.receiver.received().len() as u64;
    assert_eq!(seen, 6);

    for range in ["1h", "24h", "7d", "30d"] {
        let of_endpoint = format!("range={range}&endpoint_id={}", customer.endpoint_id);
        for query in [format!("range={range}"), of_endpoint] {
            let shown = with_delivered(&analyst, &query, 3).await;
            let attempts = &shown["totals"]["attempts"];
            let expected = json!({
                "http_2xx": 3, "http_3xx": 1, "http_4xx": 1, "http_5xx": 1,
                "timeout": 0, "unreachable": 0, "blocked": 0, "interrupted": 0,
            });
            assert_eq!(*attempts, expected, "{query}");
            let members = attempts.as_object().expect("it is an object").keys();
            let attempts = members.map(|name| sum(&shown, &format!("/attempts/{name}")));
            assert_eq!(attempts.sum::<u64>(), seen, "{query}");
            assert_eq!(sum(&shown, "/deliveries/created"), 3, "{query}");
            assert_eq!(sum(&shown, "/deliveries/delivered"), 3, "{query}");
            assert!(shown["totals"]["latency_ms"]["p50"].is_u64(), "{query}");
            assert!(shown["totals"]["answer_ms"]["p99"].is_u64(), "{query}");
        }
    }

    // Before the endpoint was there nothing is known; since then nothing happened at the quiet one.
    let path = format!("{ACTIVITY}?endpoint_id={}", quiet.endpoint_id);
    let shown = analyst.get(&path).await.data();
    assert_eq!(shown["range"], "24h");
    assert_eq!(shown["buckets"][0]["deliveries"], Value::Null);
    assert_eq!(shown["buckets"][23]["deliveries"]["created"], 0);
    assert_eq!(shown["buckets"][23]["latency_ms"], Value::Null);
    assert_eq!(shown["now"]["pending"], 0);
}

#[tokio::test]
async fn what_waits_is_counted_as_it_is() {
    let installation = Installation::start(&[]).await;
    let analyst = analyst(&installation).await;
    let behaviour = Behaviour::always(Reaction::Status(500));
    let customer = Customer::register(installation.api(), behaviour).await;
    let delivery_id = installation.deliver_success().await;
    let failed_once = |delivery: &Value| delivery["attempt_count"] == 1;
    installation.delivery_where(&delivery_id, failed_once).await;
    for path in [
        ACTIVITY.to_owned(),
        format!("{ACTIVITY}?endpoint_id={}", customer.endpoint_id),
    ] {
        let now = &analyst.get(&path).await.data()["now"];
        let waiting = now["pending"].as_u64().zip(now["delivering"].as_u64());
        assert_eq!(waiting.map(|(one, other)| one + other), Some(1), "{path}");
        assert_eq!(now["held"], 0);
        assert_eq!(now["retained_payloads"], 0);
    }
}

#[tokio::test]
async fn a_service_that_is_asked_to_stop_writes_down_what_it_counted() {
    let mut installation = Installation::start(&[]).await;
    let analyst = analyst(&installation).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;
    installation.delivery_in("succeeded", &delivery_id).await;
    installation.service.ask_to_stop();
    let ended = installation.service.ended().await;
    assert!(ended.success(), "it ended with {ended}");

    installation.start_again().await;
    let analyst = analyst.moved_to(installation.service.url());
    let shown = analyst.get(ACTIVITY).await.data();
    let deliveries = &shown["totals"]["deliveries"];
    assert_eq!(
        (&deliveries["created"], &deliveries["delivered"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn numbers_are_for_those_who_may_read_them() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let refused = installation.api().get(ACTIVITY).await;
    refused.expect_refusal(403, "FORBIDDEN");
    let analyst = analyst(&installation).await;
    analyst.get(ACTIVITY).await.data();
    let other = analyst.get("/v1/webhooks/endpoints").await;
    other.expect_refusal(403, "FORBIDDEN");
    let nonsense = analyst.get(&format!("{ACTIVITY}?range=2h")).await;
    nonsense.expect_refusal(400, "BAD_REQUEST");

    let stranger = Organization::create(&installation.service, "A stranger").await;
    let key = api_key(&installation.service, &stranger.id, &["analytics:read"]).await;
    let stranger = Api::new(installation.service.url(), &key);
    let path = format!("{ACTIVITY}?endpoint_id={}", customer.endpoint_id);
    stranger.get(&path).await.expect_refusal(404, "NOT_FOUND");
}
