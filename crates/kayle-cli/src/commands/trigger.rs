//! `kayle trigger`: a sample on the way of every event.

use serde_json::{Value, json};

use super::lists::checked;
use crate::api::Api;
use crate::command_line::Trigger;
use crate::failure::Failure;
use crate::screen;

/// The type that is sent unless another is asked for.
pub(crate) const EVENT_TYPE: &str = "verification.session.succeeded";

/// How many seconds the service waits for the end of a test: the most that it does.
const WAIT_S: u8 = 20;

/// What a stage may know, in the order in which it is shown.
const FACTS: [&str; 12] = [
    "webhook_encryption_key_id",
    "body_bytes",
    "t",
    "body_sha256",
    "addresses",
    "connection",
    "address",
    "tls_version",
    "certificate_days",
    "status_code",
    "failure_reason",
    "proof",
];

pub(crate) fn run(options: &Trigger) -> Result<(), Failure> {
    let api = Api::new(&options.service)?;
    let (event_type, key_id) = (&options.event_type, options.key_id.as_deref());
    let delivery = send(&api, &options.endpoint, event_type, key_id)?;
    if options.service.json {
        screen::print_json(&delivery);
    } else {
        show(&delivery);
    }
    judge(&delivery)
}

/// Sends a test, and returns its delivery when it has ended or has taken too long.
pub(crate) fn send(
    api: &Api,
    endpoint_id: &str,
    event_type: &str,
    key_id: Option<&str>,
) -> Result<Value, Failure> {
    let endpoint_id = checked(endpoint_id)?;
    let mut body = json!({ "event_type": event_type, "wait_s": WAIT_S });
    if let Some(key_id) = key_id {
        body["key_id"] = json!(key_id);
    }
    let path = format!("/v1/webhooks/endpoints/{endpoint_id}/test");
    Ok(api.post(&path, &body)?["data"].take())
}

/// Returns how the receiver's proof was judged; `None` if it did not answer.
pub(crate) fn proof(delivery: &Value) -> Option<&str> {
    let mut stages = stages(delivery).iter();
    let decrypt = stages.find(|stage| stage["stage"] == "decrypt")?;
    decrypt["proof"].as_str()
}

fn show(delivery: &Value) {
    let stages = stages(delivery).iter().map(|stage| {
        let ms = stage["ms"].as_u64().map(|ms| format!("{ms} ms"));
        let facts = FACTS.iter().filter_map(|name| fact(name, &stage[*name]));
        json!({
            "stage": stage["stage"],
            "state": stage["state"],
            "took": ms,
            "known": facts.collect::<Vec<_>>().join(" "),
        })
    });
    let stages: Vec<Value> = stages.collect();
    screen::print_table(&["stage", "state", "took", "known"], &stages);
    eprintln!("delivery {}", delivery["id"].as_str().unwrap_or_default());
}

fn stages(delivery: &Value) -> &[Value] {
    delivery["report"].as_array().map_or(&[], Vec::as_slice)
}

fn fact(name: &str, value: &Value) -> Option<String> {
    (!value.is_null()).then(|| format!("{name}={}", screen::cell(value)))
}

/// Fails where a script should not go on: the test did not arrive, or its proof is wrong.
fn judge(delivery: &Value) -> Result<(), Failure> {
    let text = delivery.pointer("/explanation/text");
    let text = text.and_then(Value::as_str).unwrap_or("it has not ended");
    let failed = stages(delivery)
        .iter()
        .find(|stage| stage["state"] == "failed");
    if let Some(stage) = failed {
        let stage = stage["stage"].as_str().unwrap_or_default();
        return Err(Failure::TestFailed(format!("at {stage}: {text}")));
    }
    if delivery["status"] == "succeeded" {
        return Ok(());
    }
    Err(Failure::TestFailed(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_test_that_arrived_and_whose_proof_is_not_wrong_is_well() {
        fn check(status: &str, state: &str, expected: Option<&str>) {
            let report = [json!({ "stage": "decrypt", "state": state })];
            let failure = judge(&json!({ "status": status, "report": report })).err();
            let failure = failure.map(|failure| failure.to_string());
            assert_eq!(failure.as_deref(), expected);
        }
        check("succeeded", "ok", None);
        check("succeeded", "skipped", None);
        check(
            "succeeded",
            "failed",
            Some("the test failed: at decrypt: it has not ended"),
        );
        check(
            "pending",
            "not_reached",
            Some("the test failed: it has not ended"),
        );
    }
}
