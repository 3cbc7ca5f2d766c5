//! A row of the audit log (contract 10). Its place in the chain and its hash are for operators.

use kayle_app::access::Actor;
use kayle_app::audit::AuditRow;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::wire::{ActorKind, Shown, ShownActorKind, ShownAuditId, ShownTime};

#[derive(Serialize, ToSchema)]
#[schema(as = AuditRow)]
pub(crate) struct AuditRowView<'a> {
    id: ShownAuditId,
    /// What was done.
    #[schema(examples("webhook_endpoint.created"))]
    event: &'a str,
    #[schema(inline)]
    actor: ActorView,
    /// What it was done to.
    target_id: &'a str,
    /// What else is worth knowing.
    #[schema(value_type = Object)]
    metadata: &'a Map<String, Value>,
    /// When it was done.
    created_at: ShownTime,
}

#[derive(Serialize, ToSchema)]
struct ActorView {
    /// Who did it.
    #[serde(rename = "type")]
    kind: ShownActorKind,
    /// Which one of these.
    id: Option<String>,
}

impl<'a> From<&'a AuditRow> for AuditRowView<'a> {
    fn from(row: &'a AuditRow) -> Self {
        Self {
            id: Shown(row.id.clone()),
            event: &row.action,
            actor: ActorView::from(&row.actor),
            target_id: &row.subject_id,
            metadata: &row.details,
            created_at: Shown(row.created_at),
        }
    }
}

impl From<&Actor> for ActorView {
    fn from(actor: &Actor) -> Self {
        Self {
            kind: Shown(ActorKind(actor.kind())),
            id: actor.id(),
        }
    }
}
