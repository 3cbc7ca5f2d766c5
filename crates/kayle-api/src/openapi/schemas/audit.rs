//! A row of the audit log (contract 10).

use serde_json::json;
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::openapi::schema::{choice, closed, id, nullable, text, timestamp};

pub(super) fn schemas() -> [(&'static str, Schema); 1] {
    [("AuditRow", row().into())]
}

fn row() -> ObjectBuilder {
    let details = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("What else is worth knowing."));
    closed([
        ("id", id("aud_", 26, "").into()),
        (
            "event",
            text("What was done.")
                .examples([json!("webhook_endpoint.created")])
                .into(),
        ),
        ("actor", actor().into()),
        ("target_id", text("What it was done to.").into()),
        ("metadata", details.into()),
        ("created_at", timestamp("When it was done.").into()),
    ])
}

fn actor() -> ObjectBuilder {
    let kinds = ["user", "api_key", "service", "system"];
    closed([
        ("type", choice(kinds, "Who did it.").into()),
        ("id", nullable(text("Which one of these.")).into()),
    ])
}
