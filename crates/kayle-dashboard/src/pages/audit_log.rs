//! Who did what, and when.

use askama::Template;
use kayle_app::access::{Actor, Area, Intent};
use kayle_app::audit::AuditRow;
use kayle_primitives::{Id, PageLimit, PageRequest};

use crate::answer::{Answer, page};
use crate::fields::link;
use crate::frame::{Frame, Section};
use crate::limits::ROWS;
use crate::parts::{Moment, Pager};
use crate::refusal::Refusal;
use crate::visit::Visit;

const AREA: Area = Area::Administration("read the audit log");

#[derive(Template)]
#[template(path = "audit_log.html")]
struct AuditLogPage {
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    at: Moment,
    actor: String,
    action: String,
    subject: String,
    /// The page of what it was done to, if it has one.
    link: Option<String>,
    details: String,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let permission = visit.permission(AREA, Intent::Read);
    if let Some(refusal) = permission.refusal("read the audit log") {
        return Err(Refusal::Forbidden(refusal));
    }
    let query = visit.request.query();
    let after = query.given("after").map(Id::parse).transpose();
    let request = PageRequest {
        limit: PageLimit::new(ROWS).map_err(|_| Refusal::Broken)?,
        starting_after: after.map_err(|_| Refusal::NotFound)?,
    };
    let webhooks = visit.webhooks();
    let found = webhooks.list_audit_rows(visit.organization_id(), &request);
    let found = found.await?.ok_or(Refusal::NotFound)?;
    let last = found.items.last().filter(|_| found.has_more);
    let here = |after: &str| link("/webhooks/audit-log", &[("after", after)]);
    let pager = Pager {
        first: request.starting_after.as_ref().map(|_| here("")),
        next: last.map(|last| here(last.id.as_str())),
    };
    page(&AuditLogPage {
        frame: visit.frame("Audit log", Section::AuditLog),
        rows: found
            .items
            .into_iter()
            .map(|one| row(&visit, one))
            .collect(),
        pager,
    })
}

fn row(visit: &Visit, row: AuditRow) -> Row {
    let details: Vec<String> = row
        .details
        .iter()
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}: {text}"),
            None => format!("{name}: {value}"),
        })
        .collect();
    Row {
        at: Moment::new(row.created_at, visit.now),
        actor: actor(visit, &row.actor),
        link: page_of(&row.subject_id),
        action: row.action,
        subject: row.subject_id,
        details: details.join(", "),
    }
}

fn actor(visit: &Visit, actor: &Actor) -> String {
    match actor {
        Actor::User(id) if *id == visit.person.user_id => "you".to_owned(),
        Actor::User(_) | Actor::ApiKey(_) | Actor::Service(_) | Actor::System => actor.to_string(),
    }
}

/// Returns the page about an id, by its prefix.
fn page_of(id: &str) -> Option<String> {
    match id.split_once('_')?.0 {
        "whe" => Some(format!("/webhooks/{id}")),
        "whd" => Some(format!("/webhooks/deliveries/{id}")),
        "evt" => Some(format!("/webhooks/events/{id}")),
        _ => None,
    }
}
