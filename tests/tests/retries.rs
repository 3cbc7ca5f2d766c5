//! Endpoints that fail, and what people do about it.

use std::time::{Duration, UNIX_EPOCH};

use httpdate::fmt_http_date;
use kayle_primitives::{Clock, Timestamp};
use kayle_testkit::receiver::{Behaviour, Reaction, ReceivedRequest, WallClock};
use serde_json::{Value, json};

use crate::support::report::success;
use crate::support::{Answer, Customer, Installation, text};

const SCHEDULE: [(&str, &str); 1] = [("KAYLE_RETRY_SCHEDULE_SHORT", "0s,1s,1s")];

#[tokio::test]
async fn a_failing_endpoint_gets_the_same_bytes_on_schedule_until_it_accepts() {
    let installation = Installation::start(&SCHEDULE).await;
    let behaviour = Behaviour::script([Reaction::Status(500), Reaction::Status(503)]);
    let customer = Customer::register(installation.api(), behaviour).await;

    let delivery_id = installation.deliver_success().await;
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;

    assert_eq!(delivery["attempt_count"], 3);
    assert_eq!(
        attempts(&delivery),
        [
            json!(["failed", 500, "http_status"]),
            json!(["failed", 503, "http_status"]),
            json!(["succeeded", 204, null]),
        ]
    );
    let requests = customer.requests(3).await;
    expect_same_bytes(&customer, &requests);
    for pair in requests.windows(2) {
        let waited_ms = pair[1].received_at.unix_ms() - pair[0].received_at.unix_ms();
        assert!(
            waited_ms >= 1000,
            "the schedule says one second, it was {waited_ms} ms"
        );
    }
    for header in ["x-kayle-delivery-id", "x-kayle-event"] {
        assert_eq!(requests[0].header(header), requests[2].header(header));
    }
}

#[tokio::test]
async fn a_busy_endpoint_is_not_asked_again_before_the_time_it_names() {
    let schedule = ("KAYLE_RETRY_SCHEDULE_SHORT", "0s,1s,1s,1s");
    let installation = Installation::start(&[schedule]).await;
    let date = UNIX_EPOCH + Duration::from_millis(WallClock.now().unix_ms().unsigned_abs() + 7_000);
    let behaviour = Behaviour::script([
        Reaction::RetryAfter(503, "3".to_owned()),
        Reaction::RetryAfter(429, fmt_http_date(date)),
        Reaction::RetryAfter(500, "86400".to_owned()),
    ]);
    let customer = Customer::register(installation.api(), behaviour).await;
    let delivery_id = installation.deliver_success().await;

    let requests = customer.requests(4).await;
    let came_at = requests.iter().map(|request| request.received_at);
    let [first, second, third, _] = came_at.collect::<Vec<_>>()[..] else {
        panic!("{} requests", requests.len());
    };
    assert!(Duration::from_secs(3) <= second.since(first));
    let date_s = date.duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(date_s <= third.unix_s().unsigned_abs());
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(delivery["attempt_count"], 4);
}

#[tokio::test]
async fn an_endpoint_that_asks_for_a_day_is_left_alone_for_an_hour() {
    let installation = Installation::start(&SCHEDULE).await;
    let behaviour = Behaviour::script([Reaction::RetryAfter(503, "86400".to_owned())]);
    let customer = Customer::register(installation.api(), behaviour).await;
    let delivery_id = installation.deliver_success().await;
    let answered_at = customer.requests(1).await[0].received_at;

    let is_put_off = |delivery: &Value| delivery["next_attempt_at"].is_string();
    let delivery = installation.delivery_where(&delivery_id, is_put_off).await;
    assert_eq!(delivery["status"], "pending");
    assert_eq!(delivery["attempt_count"], 1);
    let next = Timestamp::parse(text(&delivery, "/next_attempt_at")).unwrap();
    let waits = next.since(answered_at);
    assert!(Duration::from_hours(1) < waits, "{waits:?}");
    assert!(waits < Duration::from_mins(62), "{waits:?}");
}

#[tokio::test]
async fn an_exhausted_delivery_can_be_retried_and_replayed_until_it_succeeds() {
    let installation = Installation::start(&SCHEDULE).await;
    let script = vec![Reaction::Status(500); 6];
    let customer = Customer::register(installation.api(), Behaviour::script(script)).await;
    let delivery_id = installation.deliver_success().await;

    let failed = installation.delivery_in("failed", &delivery_id).await;
    assert_eq!(failed["attempt_count"], 3);
    assert_eq!(failed["last_status_code"], 500);
    assert_eq!(failed["last_failure_reason"], "http_status");
    assert_eq!(failed["explanation"]["code"], "schedule_ended");
    assert_eq!(failed["next_attempt_at"], Value::Null);
    assert_eq!(
        failed["payload_retention_reason"],
        "terminal_failure_retention"
    );
    assert!(failed["payload_expires_at"].is_string());
    assert_eq!(failed["payload_scrubbed_at"], Value::Null);

    let requeued = retry(&installation, &delivery_id).await.data();
    assert_eq!(requeued["status"], "pending");
    assert_eq!(requeued["attempt_count"], 0);
    for cleared in [
        "last_attempt_at",
        "last_status_code",
        "last_failure_reason",
        "next_attempt_at",
    ] {
        assert_eq!(requeued[cleared], Value::Null, "{cleared}");
    }
    assert_eq!(requeued["payload_retention_reason"], "pending_delivery");
    assert_eq!(requeued["payload_expires_at"], failed["payload_expires_at"]);
    customer.requests(6).await;
    let failed = installation.delivery_in("failed", &delivery_id).await;
    assert_eq!(attempts(&failed).len(), 6, "the history is kept");

    let event_id = text(&failed, "/event_id");
    let replayed = replay(&installation, event_id).await;
    assert_eq!(replayed.status, 202);
    assert_eq!(replayed.data()["id"], event_id);
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(delivery["attempt_count"], 1);
    expect_same_bytes(&customer, &customer.requests(7).await);

    retry(&installation, &delivery_id)
        .await
        .expect_refusal(409, "WEBHOOK_PAYLOAD_EXPIRED");
    replay(&installation, event_id)
        .await
        .expect_refusal(409, "WEBHOOK_PAYLOAD_EXPIRED");
}

#[tokio::test]
async fn all_that_failed_is_counted_first_and_then_retried_at_once() {
    let installation = Installation::start(&[("KAYLE_RETRY_SCHEDULE_SHORT", "0s")]).await;
    let customer = Customer::register(
        installation.api(),
        Behaviour::script([Reaction::Status(502), Reaction::Status(502)]),
    )
    .await;
    let mut failed = Vec::new();
    for _ in 0..2 {
        let delivery_id = installation.deliver_success().await;
        installation.delivery_in("failed", &delivery_id).await;
        failed.push(delivery_id);
    }
    let path = "/v1/webhooks/deliveries/retry";
    let mut span = json!({
        "failed_since": "2000-01-01T00:00Z",
        "endpoint_id": customer.endpoint_id,
        "failure_reason": "http_status",
        "dry_run": true,
    });
    let preview = installation.api().post(path, &span).await.data();
    assert_eq!(preview["requeued"], 2);

    span["failed_until"] = preview["failed_until"].clone();
    span["dry_run"] = json!(false);
    let retried = installation.api().post(path, &span).await.data();
    assert_eq!(retried, preview);
    for delivery_id in &failed {
        installation.delivery_in("succeeded", delivery_id).await;
    }
    customer.requests(4).await;

    let nobody = json!({ "failed_since": "2000-01-01T00:00Z", "failure_reason": "weather" });
    let refused = installation.api().post(path, &nobody).await;
    refused.expect_refusal(400, "BAD_REQUEST");
}

#[tokio::test]
async fn a_delivery_under_way_is_neither_retried_nor_replayed() {
    let installation = Installation::start(&[]).await;
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(204)]);
    let customer = Customer::register(installation.api(), behaviour).await;
    let delivery_id = installation.deliver_success().await;
    customer.requests(1).await;
    let event_id = text(&installation.delivery(&delivery_id).await, "/event_id").to_owned();

    retry(&installation, &delivery_id)
        .await
        .expect_refusal(409, "CONFLICT");
    replay(&installation, &event_id)
        .await
        .expect_refusal(409, "CONFLICT");

    customer.receiver.release();
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(delivery["attempt_count"], 1);
}

#[tokio::test]
async fn an_event_without_deliveries_cannot_be_replayed() {
    let installation = Installation::start(&[]).await;
    let session_id = installation.session_id().await;
    let reported = installation.report(&session_id, &success()).await;
    let event_id = text(&reported.data(), "/events/0").to_owned();

    let event = installation
        .api()
        .get(&format!("/v1/webhooks/events/{event_id}"))
        .await
        .data();
    assert_eq!(event["deliveries"], json!([]));
    replay(&installation, &event_id)
        .await
        .expect_refusal(409, "CONFLICT");
}

#[tokio::test]
async fn a_payload_without_retention_is_erased_at_exhaustion() {
    let installation = Installation::start(&[("KAYLE_RETRY_SCHEDULE_SHORT", "0s")]).await;
    let endpoint = json!({ "retry_schedule": "short", "undelivered_payload_retention_hours": 0 });
    let behaviour = Behaviour::always(Reaction::Status(500));
    Customer::register_with(installation.api(), behaviour, endpoint).await;
    // The receiver is gone with its handle: nobody listens.
    let delivery_id = installation.deliver_success().await;

    let delivery = installation.delivery_in("failed", &delivery_id).await;
    assert_eq!(delivery["payload_retention_reason"], "expired");
    assert_eq!(delivery["payload_expires_at"], Value::Null);
    assert!(delivery["payload_scrubbed_at"].is_string());
    assert_eq!(attempts(&delivery), [json!(["failed", null, "connect"])]);
    retry(&installation, &delivery_id)
        .await
        .expect_refusal(409, "WEBHOOK_PAYLOAD_EXPIRED");
}

#[tokio::test]
async fn what_an_endpoint_does_is_recorded_as_what_it_was() {
    let settings = [
        ("KAYLE_RETRY_SCHEDULE_SHORT", "0s"),
        ("KAYLE_DELIVERY_TIMEOUT", "1s"),
    ];
    let installation = Installation::start(&settings).await;
    let elsewhere = Customer::register(installation.api(), Behaviour::good()).await;
    let redirect = Reaction::Redirect(307, elsewhere.receiver.url("/"));
    let cases = [
        (Reaction::Status(200), json!(["succeeded", 200, null])),
        (Reaction::Status(299), json!(["succeeded", 299, null])),
        (redirect, json!(["failed", 307, "http_status"])),
        (Reaction::Status(410), json!(["failed", 410, "http_status"])),
        (Reaction::Silence, json!(["failed", null, "timeout"])),
        (Reaction::HangUp, json!(["failed", null, "connect"])),
        (
            Reaction::Body(200, 10_000_000),
            json!(["succeeded", 200, null]),
        ),
        (Reaction::StalledBody(200), json!(["succeeded", 200, null])),
    ];
    for (reaction, expected) in cases {
        let behaviour = Behaviour::always(reaction.clone());
        let customer = Customer::register(installation.api(), behaviour).await;
        let wishes = json!({ "webhook_endpoint_id": customer.endpoint_id });
        let session = installation.open_session(&wishes).await;
        let report = success();
        let reported = installation
            .report(text(&session, "/id"), &report)
            .await
            .data();

        let delivery = installation
            .delivery_where(text(&reported, "/deliveries/0"), |delivery| {
                delivery["status"] == "failed" || delivery["status"] == "succeeded"
            })
            .await;

        assert_eq!(attempts(&delivery), [expected], "{reaction:?}");
        assert_eq!(customer.receiver.received().len(), 1, "{reaction:?}");
    }
    assert_eq!(
        elsewhere.receiver.received(),
        [],
        "redirects are not followed"
    );
}

async fn retry(installation: &Installation, delivery_id: &str) -> Answer {
    let path = format!("/v1/webhooks/deliveries/{delivery_id}/retry");
    installation.api().post_empty(&path).await
}

async fn replay(installation: &Installation, event_id: &str) -> Answer {
    let path = format!("/v1/webhooks/events/{event_id}/replay");
    installation.api().post_empty(&path).await
}

/// Returns status, status code and failure reason of each attempt.
fn attempts(delivery: &Value) -> Vec<Value> {
    let attempts = delivery["attempts"]
        .as_array()
        .expect("attempts are listed");
    let summary = |attempt: &Value| {
        json!([
            attempt["status"],
            attempt["status_code"],
            attempt["failure_reason"]
        ])
    };
    attempts.iter().map(summary).collect()
}

/// Checks that all requests hold the same bytes, each signed at its own moment: no earlier than
/// the request before it.
fn expect_same_bytes(customer: &Customer, requests: &[ReceivedRequest]) {
    let mut not_before_s = 0;
    for request in requests {
        customer.open(request);
        assert_eq!(request.body, requests[0].body);
        let received_s = request.received_at.unix_ms() / 1000;
        let signed_s = signed_at_s(request);
        assert!(
            (not_before_s..=received_s).contains(&signed_s),
            "an old signature"
        );
        not_before_s = received_s;
    }
}

fn signed_at_s(request: &ReceivedRequest) -> i64 {
    let header = request
        .header("x-kayle-signature")
        .expect("requests are signed");
    let time = header
        .strip_prefix("t=")
        .and_then(|rest| rest.split_once(','));
    let (time, _) = time.expect("a signature begins with its time");
    time.parse().expect("the time is decimal")
}
