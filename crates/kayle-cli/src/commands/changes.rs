//! What changes something: sending again, opening and cancelling sessions.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::lists::{checked, print_one};
use crate::api::Api;
use crate::command_line::{RetryFailed, Service, Show};
use crate::failure::Failure;
use crate::screen;

/// Does something with one thing, and shows what became of it.
pub(crate) fn apply(to: &Show, path: &str, verb: &str) -> Result<(), Failure> {
    let api = Api::new(&to.service)?;
    let path = format!("{path}/{}/{verb}", checked(&to.id)?);
    let answer = api.post(&path, &json!({}))?;
    print_one(&answer["data"], to.service.json);
    Ok(())
}

/// Opens a session, for all endpoints that want to know or for one.
pub(crate) fn open_session(endpoint: Option<String>, service: &Service) -> Result<(), Failure> {
    let api = Api::new(service)?;
    let body = endpoint.map_or_else(|| json!({}), |id| json!({ "webhook_endpoint_id": id }));
    let answer = api.post("/v1/sessions", &body)?;
    print_one(&answer["data"], service.json);
    Ok(())
}

/// Counts what failed, and with `--yes` sends exactly that again.
pub(crate) fn retry_failed(options: &RetryFailed) -> Result<(), Failure> {
    let api = Api::new(&options.service)?;
    let mut body = json!({ "failed_since": ago(options.since), "dry_run": true });
    let filters = [
        ("endpoint_id", &options.endpoint),
        ("event_type", &options.event_type),
        ("failure_reason", &options.reason),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    let mut told = ask(&api, &body)?;
    if options.yes {
        // What fails from now on is left for the next time.
        body["failed_until"] = told["failed_until"].clone();
        body["dry_run"] = json!(false);
        told = ask(&api, &body)?;
    }
    let deed = if options.yes {
        "sent again"
    } else {
        "would be sent again"
    };
    if options.service.json {
        screen::print_json(&told);
        return Ok(());
    }
    screen::print(&format!(
        "{deed}: {} of {} that failed; {} no longer kept, {} withdrawn",
        told["requeued"], told["matched"], told["not_retained"], told["withdrawn"]
    ));
    if told["more"] == true {
        eprintln!("there are more: repeat the command");
    } else if !options.yes {
        eprintln!("nothing was changed; --yes sends them");
    }
    Ok(())
}

fn ask(api: &Api, body: &Value) -> Result<Value, Failure> {
    Ok(api.post("/v1/webhooks/deliveries/retry", body)?["data"].take())
}

/// Returns a moment of the past as the API writes it.
#[expect(
    clippy::disallowed_methods,
    reason = "the engineer means the time on this machine"
)]
pub(crate) fn ago(duration: Duration) -> String {
    let then = SystemTime::now().checked_sub(duration);
    humantime::format_rfc3339_millis(then.unwrap_or(SystemTime::UNIX_EPOCH)).to_string()
}
