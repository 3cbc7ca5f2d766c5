//! `kayle reconcile`: what was delivered against what was handled.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::changes::ago;
use crate::api::Api;
use crate::command_line::Reconcile;
use crate::failure::Failure;
use crate::{files, screen};

/// Lists what was delivered and is not handled, and what was handled and not delivered since then.
/// Fails if something was delivered and is not handled.
pub(crate) fn run(options: &Reconcile) -> Result<(), Failure> {
    let handled = files::read_text(&options.handled)?;
    let handled: BTreeSet<&str> = handled.split_whitespace().collect();
    let api = Api::new(&options.service)?;
    let delivered = delivered_since(&api, &ago(options.since), options.endpoint.as_deref())?;
    let is_handled = |id: &&String| handled.contains(id.as_str());
    let unhandled: Vec<&String> = delivered.iter().filter(|id| !is_handled(id)).collect();
    let unknown: Vec<&&str> = handled
        .iter()
        .filter(|id| !delivered.contains(**id))
        .collect();
    if options.service.json {
        screen::print_json(&json!({ "not_handled": unhandled, "not_delivered": unknown }));
    } else {
        for id in &unhandled {
            screen::print(&format!("not handled    {id}"));
        }
        for id in &unknown {
            screen::print(&format!("not delivered  {id}"));
        }
        eprintln!("{} events were delivered", delivered.len());
    }
    if unhandled.is_empty() {
        return Ok(());
    }
    Err(Failure::NotHandled(unhandled.len()))
}

/// Reads deliveries from the newest back, until they are older.
fn delivered_since(
    api: &Api,
    since: &str,
    endpoint: Option<&str>,
) -> Result<BTreeSet<String>, Failure> {
    let mut delivered = BTreeSet::new();
    let mut query = vec![
        ("status", "succeeded".to_owned()),
        ("limit", "100".to_owned()),
    ];
    query.extend(endpoint.map(|id| ("endpoint_id", id.to_owned())));
    loop {
        let page = api.get("/v1/webhooks/deliveries", &query)?;
        let rows = page["data"].as_array().map_or(&[][..], Vec::as_slice);
        for row in rows {
            if row["created_at"].as_str() < Some(since) {
                return Ok(delivered);
            }
            delivered.extend(row["event_id"].as_str().map(str::to_owned));
        }
        let next = page.pointer("/pagination/next_cursor");
        let Some(next) = next.and_then(Value::as_str) else {
            return Ok(delivered);
        };
        query.retain(|(name, _)| *name != "starting_after");
        query.push(("starting_after", next.to_owned()));
    }
}
