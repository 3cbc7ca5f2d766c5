//! A row of the audit log (contract 10). Its place in the chain and its hash are for operators.

use kayle_app::access::Actor;
use kayle_app::audit::AuditRow;
use serde::Serialize;
use serde_json::{Map, Value};

use super::time;

#[derive(Serialize)]
pub(crate) struct AuditRowView<'a> {
    id: &'a str,
    event: &'a str,
    actor: ActorView,
    target_id: &'a str,
    metadata: &'a Map<String, Value>,
    created_at: String,
}

#[derive(Serialize)]
struct ActorView {
    #[serde(rename = "type")]
    kind: &'static str,
    id: Option<String>,
}

impl<'a> From<&'a AuditRow> for AuditRowView<'a> {
    fn from(row: &'a AuditRow) -> Self {
        Self {
            id: row.id.as_str(),
            event: &row.action,
            actor: ActorView::from(&row.actor),
            target_id: &row.subject_id,
            metadata: &row.details,
            created_at: time(row.created_at),
        }
    }
}

impl From<&Actor> for ActorView {
    fn from(actor: &Actor) -> Self {
        Self {
            kind: actor.kind(),
            id: actor.id(),
        }
    }
}
