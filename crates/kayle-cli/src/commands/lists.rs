//! `kayle endpoints`, `kayle deliveries` and `kayle events`: what the API shows.

use std::borrow::Cow;

use serde_json::Value;

use super::changes;
use crate::api::Api;
use crate::command_line::{Deliveries, Endpoints, Events, ListKeys, Page, Sessions, Show};
use crate::failure::Failure;
use crate::screen;

/// A kind of thing, where it is, and what is shown of it in a table.
struct Kind {
    path: Cow<'static, str>,
    columns: &'static [&'static str],
    /// The member that is a list itself, and its columns.
    inner: Option<(&'static str, &'static [&'static str])>,
}

const ENDPOINTS: Kind = Kind {
    path: Cow::Borrowed("/v1/webhooks/endpoints"),
    columns: &["id", "enabled", "url", "name", "created_at"],
    inner: None,
};

const DELIVERY_COLUMNS: &[&str] = &[
    "id",
    "status",
    "attempt_count",
    "last_status_code",
    "last_failure_reason",
    "next_attempt_at",
    "created_at",
];

const DELIVERIES: Kind = Kind {
    path: Cow::Borrowed("/v1/webhooks/deliveries"),
    columns: DELIVERY_COLUMNS,
    inner: Some((
        "attempts",
        &[
            "attempt_number",
            "status_code",
            "failure_reason",
            "duration_ms",
            "started_at",
        ],
    )),
};

const EVENTS: Kind = Kind {
    path: Cow::Borrowed("/v1/webhooks/events"),
    columns: &["id", "type", "trigger_id", "created_at"],
    inner: Some(("deliveries", &["id", "webhook_endpoint_id", "status"])),
};

const SESSIONS: Kind = Kind {
    path: Cow::Borrowed("/v1/sessions"),
    columns: &["id", "status", "failure_code", "created_at", "completed_at"],
    inner: None,
};

pub(crate) fn endpoints(endpoints: Endpoints) -> Result<(), Failure> {
    match endpoints {
        Endpoints::List(list) => ENDPOINTS.list(&list, []),
        Endpoints::Show(show) => ENDPOINTS.show(&show),
    }
}

/// Lists an endpoint's keys.
pub(crate) fn keys(keys: &ListKeys) -> Result<(), Failure> {
    let endpoint = checked(&keys.endpoint)?;
    let kind = Kind {
        path: Cow::Owned(format!("/v1/webhooks/endpoints/{endpoint}/keys")),
        columns: &[
            "id",
            "key_id",
            "is_active",
            "bits",
            "proven_by",
            "retained_deliveries",
            "created_at",
        ],
        inner: None,
    };
    kind.list(&keys.list, [])
}

/// Returns an id that can be part of a path.
pub(crate) fn checked(id: &str) -> Result<&str, Failure> {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !id.is_empty() && id.bytes().all(is_id) {
        return Ok(id);
    }
    let problem = "an id has letters, digits and _ only".to_owned();
    Err(Failure::Usage(problem))
}

pub(crate) fn deliveries(deliveries: Deliveries) -> Result<(), Failure> {
    match deliveries {
        Deliveries::List {
            endpoint,
            event,
            status,
            list,
        } => DELIVERIES.list(
            &list,
            [
                ("endpoint_id", endpoint),
                ("event_id", event),
                ("status", status),
            ],
        ),
        Deliveries::Show(show) => DELIVERIES.show(&show),
        Deliveries::Retry(retry) => changes::apply(&retry, DELIVERIES.path.as_ref(), "retry"),
        Deliveries::RetryFailed(failed) => changes::retry_failed(&failed),
    }
}

pub(crate) fn events(events: Events) -> Result<(), Failure> {
    match events {
        Events::List { event_type, list } => EVENTS.list(&list, [("type", event_type)]),
        Events::Show(show) => EVENTS.show(&show),
        Events::Replay(replay) => changes::apply(&replay, EVENTS.path.as_ref(), "replay"),
    }
}

pub(crate) fn sessions(sessions: Sessions) -> Result<(), Failure> {
    match sessions {
        Sessions::List { status, list } => SESSIONS.list(&list, [("status", status)]),
        Sessions::Show(show) => SESSIONS.show(&show),
        Sessions::Open { endpoint, service } => changes::open_session(endpoint, &service),
        Sessions::Cancel(cancel) => changes::apply(&cancel, SESSIONS.path.as_ref(), "cancel"),
    }
}

impl Kind {
    fn list<const N: usize>(
        &self,
        list: &Page,
        filters: [(&'static str, Option<String>); N],
    ) -> Result<(), Failure> {
        let api = Api::new(&list.service)?;
        let filters = filters.into_iter();
        let mut query: Vec<_> = filters
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        query.push(("limit", list.limit.to_string()));
        query.extend(list.after.clone().map(|cursor| ("starting_after", cursor)));
        let answer = api.get(&self.path, &query)?;
        if list.service.json {
            screen::print_json(&answer);
            return Ok(());
        }
        let rows = answer["data"].as_array().map_or(&[][..], Vec::as_slice);
        screen::print_table(self.columns, rows);
        if let Some(cursor) = answer
            .pointer("/pagination/next_cursor")
            .and_then(Value::as_str)
        {
            eprintln!("more with --after {cursor}");
        }
        Ok(())
    }

    fn show(&self, show: &Show) -> Result<(), Failure> {
        let api = Api::new(&show.service)?;
        let id = checked(&show.id)?;
        let answer = api.get(&format!("{}/{id}", self.path), &[])?;
        let data = &answer["data"];
        print_one(data, show.service.json);
        if show.service.json {
            return Ok(());
        }
        if let Some((name, columns)) = self.inner
            && let Some(rows) = data[name].as_array()
        {
            screen::print("");
            screen::print_table(columns, rows);
        }
        Ok(())
    }
}

/// Prints one thing's members, but for those that are lists of others.
pub(crate) fn print_one(data: &Value, as_json: bool) {
    if data.is_null() {
        return;
    }
    if as_json {
        screen::print_json(data);
        return;
    }
    let members = data.as_object().into_iter().flatten();
    let members: Vec<Value> = members
        .filter(|(_, value)| !is_list_of_objects(value))
        .map(|(name, value)| serde_json::json!({ "member": name, "value": value }))
        .collect();
    screen::print_table(&["member", "value"], &members);
}

fn is_list_of_objects(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|items| items.iter().any(Value::is_object))
}
