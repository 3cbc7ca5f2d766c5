//! Tests that a customer sends to an endpoint: what arrives, what is told, and what is left of it.

use std::time::Duration;

use kayle_receiver::{Event, LabelledKey, Options, PrivateKey, Receiver, Secrets, TestEvent};
use kayle_testkit::receiver::{Behaviour, Reaction};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::api::send;
use crate::support::database::change;
use crate::support::{Api, Customer, Installation, text};

const TYPES: [&str; 6] = [
    "verification.session.succeeded",
    "verification.session.failed",
    "verification.session.expired",
    "verification.session.cancelled",
    "verification.attempt.succeeded",
    "verification.attempt.failed",
];

async fn try_endpoint(api: &Api, endpoint_id: &str, body: &Value) -> Value {
    let path = format!("/v1/webhooks/endpoints/{endpoint_id}/test");
    let answer = api.post(&path, body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    answer.data()
}

fn stage<'a>(delivery: &'a Value, name: &str) -> &'a Value {
    let stages = delivery["report"].as_array().expect("a test has a report");
    let mut stages = stages.iter();
    stages
        .find(|stage| stage["stage"] == name)
        .expect("the report has every stage")
}

fn failed_stages(delivery: &Value) -> Vec<&str> {
    let stages = delivery["report"].as_array().expect("a test has a report");
    let failed = stages.iter().filter(|stage| stage["state"] == "failed");
    failed.map(|stage| text(stage, "/stage")).collect()
}

/// Reads one request whole: its head and its body.
async fn read_request(stream: &mut TcpStream) -> (Vec<(String, String)>, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        stream
            .read_buf(&mut bytes)
            .await
            .expect("the request is whole");
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).expect("the request is whole");
        let headers: Vec<(String, String)> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length
            .expect("the request is whole")
            .1
            .parse()
            .expect("the request is whole");
        if end + 4 + length <= bytes.len() {
            return (headers, bytes[end + 4..].to_vec());
        }
    }
}

/// Receives one test, and answers with its proof. Returns the type of its sample.
pub(crate) async fn prove_one(listener: &TcpListener, program: impl Fn() -> Receiver) -> String {
    let (stream, test) = receive_one(listener, program).await;
    answer(stream, &test).await;
    test.sample.event_type().to_owned()
}

async fn receive_one(
    listener: &TcpListener,
    program: impl Fn() -> Receiver,
) -> (TcpStream, TestEvent) {
    let (mut stream, _) = listener.accept().await.expect("the request is whole");
    let (headers, body) = read_request(&mut stream).await;
    assert!(headers.contains(&("x-kayle-test".to_owned(), "true".to_owned())));
    let mut map = reqwest::header::HeaderMap::new();
    for (name, value) in headers {
        let name: reqwest::header::HeaderName = name.parse().expect("the request is whole");
        map.append(name, value.parse().expect("the request is whole"));
    }
    let received = program().unwrap(&map, &body).expect("it is authentic");
    let Event::Test(test) = received.event else {
        panic!("it is taken for a verification");
    };
    (stream, test)
}

async fn answer(mut stream: TcpStream, test: &TestEvent) {
    let answer = format!(
        "HTTP/1.1 204 No Content\r\nX-Kayle-Proof: {}\r\nConnection: close\r\n\r\n",
        test.proof()
    );
    stream
        .write_all(answer.as_bytes())
        .await
        .expect("the service waits for the answer");
}

#[tokio::test]
async fn a_receiver_of_the_library_takes_every_type_for_a_test_and_proves_its_key() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (endpoint_id, receiver) = endpoint_at(&listener, api).await;
    let keys = format!("/v1/webhooks/endpoints/{endpoint_id}/keys");

    for event_type in TYPES {
        let body = json!({ "event_type": event_type, "wait_s": 20 });
        let serve = async {
            let sample = prove_one(&listener, &receiver).await;
            assert_eq!(sample, event_type);
        };
        let (delivery, ()) = tokio::join!(try_endpoint(api, &endpoint_id, &body), serve);
        assert_eq!(delivery["status"], "succeeded", "{delivery}");
        assert_eq!(stage(&delivery, "decrypt")["proof"], "proven");
        assert_eq!(stage(&delivery, "decrypt")["state"], "ok");
        assert!(failed_stages(&delivery).is_empty(), "{delivery}");
        let [key] = &api.list(&keys).await[..] else {
            panic!("the endpoint has one key");
        };
        assert_eq!(key["proven_by"], "receiver");
    }
}

#[tokio::test]
async fn a_proof_of_a_key_that_cannot_be_read_keeps_nothing_from_being_settled() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (endpoint_id, receiver) = endpoint_at(&listener, api).await;
    let database = installation.service.database();
    let serve = async {
        let (stream, test) = receive_one(&listener, &receiver).await;
        let damage = "UPDATE encryption_keys SET key_id = ''";
        assert_eq!(change(database, damage).await, 1);
        answer(stream, &test).await;
    };
    let body = json!({ "wait_s": 20 });
    let (delivery, ()) = tokio::join!(try_endpoint(api, &endpoint_id, &body), serve);
    assert_eq!(delivery["status"], "succeeded", "{delivery}");
    assert_eq!(stage(&delivery, "decrypt")["proof"], "proven");
}

/// Makes an endpoint at a listener, with a key. Returns its id, and the program that receives there.
async fn endpoint_at(listener: &TcpListener, api: &Api) -> (String, impl Fn() -> Receiver) {
    let address = listener.local_addr().expect("it listens");
    let endpoint = json!({ "url": format!("http://{address}/hooks") });
    let created = api.post("/v1/webhooks/endpoints", &endpoint).await.data();
    let endpoint_id = text(&created, "/endpoint/id").to_owned();
    let secret = text(&created, "/signing_secret").to_owned();
    let key = PrivateKey::generate();
    let keys = format!("/v1/webhooks/endpoints/{endpoint_id}/keys");
    api.post(&keys, &key.registration("key-1")).await.data();
    let pem = key.to_pem();
    let receiver = move || {
        let key = PrivateKey::parse(&pem).expect("it was just written");
        let keys = vec![LabelledKey { key_id: None, key }];
        let options = Options::new(Secrets::fixed([secret.as_str()]), keys);
        Receiver::new(options).expect("it has a secret and a key")
    };
    (endpoint_id, receiver)
}

#[tokio::test]
async fn a_test_is_sent_once_kept_no_longer_and_not_listed() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let failing = Behaviour::script([Reaction::Status(500), Reaction::Status(500)]);
    let customer = Customer::register(api, failing).await;
    let disabled = json!({ "enabled": false });
    let path = format!("/v1/webhooks/endpoints/{}", customer.endpoint_id);
    let disable = api.request(Method::PATCH, &path).json(&disabled);
    assert_eq!(send(disable).await.status, 200);

    let wait = json!({ "wait_s": 20 });
    let delivery = try_endpoint(api, &customer.endpoint_id, &wait).await;
    assert_eq!(delivery["status"], "failed");
    assert_eq!(delivery["attempt_count"], 1);
    assert_eq!(failed_stages(&delivery), ["status"]);
    assert_eq!(stage(&delivery, "status")["status_code"], 500);
    assert_eq!(stage(&delivery, "decrypt")["proof"], "no_proof");
    assert_eq!(delivery["payload_retention_reason"], "expired");
    assert_eq!(delivery["explanation"]["code"], "test_ended");

    let id = text(&delivery, "/id");
    let again = format!("/v1/webhooks/deliveries/{id}/retry");
    api.post_empty(&again).await.expect_refusal(409, "CONFLICT");
    let event_id = text(&delivery, "/event_id");
    let again = format!("/v1/webhooks/events/{event_id}/replay");
    api.post_empty(&again).await.expect_refusal(409, "CONFLICT");
    for list in ["/v1/webhooks/deliveries", "/v1/webhooks/events"] {
        assert!(api.list(list).await.is_empty(), "{list}");
        let with_tests = api.list(&format!("{list}?test=true")).await;
        assert_eq!(with_tests.len(), 1, "{list}");
    }
    let event = api.get(&format!("/v1/webhooks/events/{event_id}")).await;
    assert_eq!(event.data()["trigger_type"], "test");
}

#[tokio::test]
async fn each_failure_is_told_at_its_stage() {
    let installation = Installation::start(&[("KAYLE_DELIVERY_TIMEOUT", "2s")]).await;
    let api = installation.api();
    let wait = json!({ "wait_s": 20 });

    let silent = Customer::register(api, Behaviour::script([Reaction::Silence])).await;
    let delivery = try_endpoint(api, &silent.endpoint_id, &wait).await;
    assert_eq!(failed_stages(&delivery), ["first_byte"], "{delivery}");
    assert_eq!(stage(&delivery, "first_byte")["failure_reason"], "timeout");

    let keyless = Customer::without_key(api, Behaviour::good(), json!({})).await;
    let delivery = try_endpoint(api, &keyless.endpoint_id, &wait).await;
    assert_eq!(failed_stages(&delivery), ["encrypt"], "{delivery}");
    assert_eq!(delivery["payload_retention_reason"], "no_active_key");

    let elsewhere = |url: String, stage: &'static str| async move {
        let customer = Customer::register(api, Behaviour::good()).await;
        let path = format!("/v1/webhooks/endpoints/{}", customer.endpoint_id);
        let moved = api
            .request(Method::PATCH, &path)
            .json(&json!({ "url": url }));
        assert_eq!(send(moved).await.status, 200, "{url}");
        let delivery = try_endpoint(api, &customer.endpoint_id, &json!({ "wait_s": 20 })).await;
        assert_eq!(failed_stages(&delivery), [stage], "{delivery}");
    };
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    elsewhere(format!("http://{address}/"), "connect").await;
    let plain = Customer::register(api, Behaviour::good()).await;
    let secure = plain.receiver.url("/").replace("http://", "https://");
    elsewhere(secure, "tls").await;
}

#[tokio::test]
async fn the_eleventh_test_of_a_minute_is_refused_and_says_when_to_come_again() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let customer = Customer::register(api, Behaviour::good()).await;
    let path = format!("/v1/webhooks/endpoints/{}/test", customer.endpoint_id);
    for _ in 0..10 {
        assert_eq!(api.post_empty(&path).await.status, 202);
    }
    let refused = api.post_empty(&path).await;
    refused.expect_refusal(429, "RATE_LIMITED");
    let seconds = refused.headers["retry-after"].to_str().unwrap();
    let seconds: u64 = seconds.parse().unwrap();
    assert!(Duration::from_secs(seconds) <= Duration::from_mins(1));

    let other = Customer::register(api, Behaviour::good()).await;
    try_endpoint(api, &other.endpoint_id, &json!({ "wait_s": 0 })).await;
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused_in_words() {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let customer = Customer::register(api, Behaviour::good()).await;
    let path = format!("/v1/webhooks/endpoints/{}/test", customer.endpoint_id);
    for body in [
        json!({ "wait_s": 21 }),
        json!({ "wait_s": "1" }),
        json!({ "event_type": "verification.session.begun" }),
        json!({ "key_id": 1 }),
    ] {
        let refused = api.post(&path, &body).await;
        refused.expect_refusal(400, "BAD_REQUEST");
    }
    let nobodys = json!({ "key_id": "whk_nobodys" });
    api.post(&path, &nobodys)
        .await
        .expect_refusal(404, "NOT_FOUND");
    let missing = "/v1/webhooks/endpoints/whe_nobodys/test";
    api.post_empty(missing)
        .await
        .expect_refusal(404, "NOT_FOUND");
}
