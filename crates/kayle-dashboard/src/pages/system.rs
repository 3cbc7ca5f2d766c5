//! How the installation does, for operators: nothing of what an organization keeps is shown here.

use askama::Template;
use kayle_app::doctor::DUE_GRACE;
use kayle_app::limits::NODE_ALIVE;
use kayle_app::ports::store::{Gauges, Invariant, Node, NodeRole, OrganizationLoad, Violation};
use kayle_primitives::Timestamp;
use strum::IntoEnumIterator;

use crate::answer::{Answer, page};
use crate::examination::Examined;
use crate::frame::Frame;
use crate::parts::{Act, Badge, Figure, Figures, Icon, Moment, Style, Tone};
use crate::visit::OperatorVisit;
use crate::words::{grouped, span};

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    frame: Frame,
    verdict: Verdict,
    figures: Figures,
    nodes: Vec<NodeRow>,
    loads: Vec<LoadRow>,
    examined: Option<ExaminedView>,
    examine: Act,
}

/// The answer to what an operator asks first.
struct Verdict {
    tone: Tone,
    lines: Vec<String>,
}

struct NodeRow {
    badge: Badge,
    role: &'static str,
    version: String,
    seen: Moment,
    id: String,
}

struct LoadRow {
    name: String,
    id: String,
    created: String,
    attempts: String,
    failed: String,
}

struct ExaminedView {
    at: Moment,
    verdict: &'static str,
    checks: Vec<Check>,
}

struct Check {
    name: &'static str,
    badge: Badge,
    /// How many break it, and the first ones' ids.
    broken: Option<String>,
}

pub(crate) async fn show(visit: OperatorVisit) -> Answer {
    let dashboard = &visit.request.dashboard;
    let installation = &dashboard.installation;
    let report = dashboard
        .webhooks
        .show_system(&*installation.reads, installation.full_at);
    let report = report.await?;
    let now = visit.now;
    let nodes = report.nodes.iter().map(|node| node_row(node, now));
    page(&SystemPage {
        frame: visit.frame("System"),
        verdict: verdict(&report.gauges, &report.nodes, now),
        figures: figures(&report.gauges, now),
        nodes: nodes.collect(),
        loads: report.busiest.iter().map(load_row).collect(),
        examined: visit.examination().last().map(|last| examined(&last, now)),
        examine: Act {
            action: "/webhooks/system/doctor".to_owned(),
            label: "Run the doctor",
            style: Style::Plain,
            refusal: None,
        },
    })
}

/// Says what should not be.
fn verdict(gauges: &Gauges, nodes: &[Node], now: Timestamp) -> Verdict {
    let mut lines = Vec::new();
    if let Some(due_at) = gauges.oldest_due_with_room
        && DUE_GRACE < now.since(due_at)
    {
        let waited = span(now.since(due_at));
        lines.push(format!(
            "A delivery has been due for {waited} although its endpoint has room."
        ));
    }
    let overdue = [
        (gauges.payloads_overdue, "payload is", "payloads are"),
        (gauges.sessions_overdue, "session is", "sessions are"),
    ];
    for (count, one, many) in overdue {
        if 0 < count {
            let noun = if count == 1 { one } else { many };
            let count = grouped(count);
            lines.push(format!("{count} {noun} past the time: nobody sweeps."));
        }
    }
    let sends = |node: &Node| match node.role {
        NodeRole::All | NodeRole::Dispatcher => is_there(node, now),
        NodeRole::Api => false,
    };
    if !nodes.iter().any(sends) {
        lines.push("No node sends deliveries.".to_owned());
    }
    if lines.is_empty() {
        Verdict {
            tone: Tone::Ok,
            lines: vec!["Nothing is stuck.".to_owned()],
        }
    } else {
        Verdict {
            tone: Tone::Bad,
            lines,
        }
    }
}

fn is_there(node: &Node, now: Timestamp) -> bool {
    now.since(node.seen_at) <= NODE_ALIVE
}

fn figures(gauges: &Gauges, now: Timestamp) -> Figures {
    let since = |word: &'static str, at: Option<Timestamp>| {
        at.map(|at| (word.into(), Some(Moment::new(at, now))))
    };
    let oldest = since("the oldest", gauges.oldest_due_with_room)
        .or_else(|| since("of full endpoints, the oldest", gauges.oldest_due_of_full));
    let figure = |word, count, note| Figure {
        word,
        value: grouped(count),
        href: None,
        note,
    };
    let note = |text: &'static str| Some((text.into(), None));
    Figures(vec![
        figure("Due", gauges.due, oldest),
        figure("Being sent", gauges.delivering, None),
        figure("Waiting for their time", gauges.later, None),
        figure("Held", gauges.held, note("by a pause")),
        figure("Payloads kept", gauges.payloads, note("all encrypted")),
        figure(
            "Past their time",
            gauges.payloads_overdue + gauges.sessions_overdue,
            note("payloads and sessions"),
        ),
    ])
}

fn node_row(node: &Node, now: Timestamp) -> NodeRow {
    NodeRow {
        badge: if is_there(node, now) {
            Badge::new(Tone::Ok, Icon::Check, "There")
        } else {
            Badge::new(Tone::Quiet, Icon::Erased, "Gone")
        },
        role: match node.role {
            NodeRole::All => "everything",
            NodeRole::Api => "answers callers",
            NodeRole::Dispatcher => "sends and sweeps",
        },
        version: node.version.clone(),
        seen: Moment::new(node.seen_at, now),
        id: node.id.to_string(),
    }
}

fn load_row(load: &OrganizationLoad) -> LoadRow {
    LoadRow {
        name: load.name.clone(),
        id: load.organization_id.to_string(),
        created: grouped(load.created),
        attempts: grouped(load.attempts),
        failed: grouped(load.failed_attempts),
    }
}

fn examined(last: &Examined, now: Timestamp) -> ExaminedView {
    let diagnosis = &last.diagnosis;
    let broken = || diagnosis.findings.iter().chain(&diagnosis.warnings);
    let check = |invariant: Invariant| {
        let violation = broken().find(|violation| violation.invariant == invariant);
        Check {
            name: invariant.as_str(),
            badge: match violation {
                None => Badge::new(Tone::Ok, Icon::Check, "Holds"),
                Some(_) if invariant.is_warning() => Badge::new(Tone::Warn, Icon::Clock, "Backlog"),
                Some(_) => Badge::new(Tone::Bad, Icon::Cross, "Broken"),
            },
            broken: violation.map(broken_by),
        }
    };
    ExaminedView {
        at: Moment::new(last.at, now),
        verdict: if diagnosis.is_whole() {
            "Nothing is wrong."
        } else {
            "Something is wrong."
        },
        checks: Invariant::iter().map(check).collect(),
    }
}

fn broken_by(violation: &Violation) -> String {
    let Violation {
        invariant, count, ..
    } = violation;
    format!("{count} {}: {}", invariant.broken_by(), violation.named())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn node(role: NodeRole, seen_at: Timestamp) -> Node {
        Node {
            id: uuid::Uuid::nil(),
            role,
            version: "1.0.0".to_owned(),
            key_ids: Vec::new(),
            seen_at,
        }
    }

    #[test]
    fn what_is_stuck_is_said_first() {
        let now = Timestamp::parse("2026-05-05T12:00:00Z").unwrap();
        let check = |gauges: Gauges, nodes: &[Node], expected: &[&str]| {
            let verdict = verdict(&gauges, nodes, now);
            assert_eq!(verdict.lines, expected);
            assert_eq!(verdict.tone == Tone::Ok, expected == ["Nothing is stuck."]);
        };
        let healthy = [node(NodeRole::All, now)];
        check(Gauges::default(), &healthy, &["Nothing is stuck."]);
        let full = Gauges {
            oldest_due_of_full: Some(now.minus(Duration::from_hours(1))),
            oldest_due_with_room: Some(now.minus(DUE_GRACE)),
            ..Gauges::default()
        };
        check(full, &healthy, &["Nothing is stuck."]);
        let stuck = Gauges {
            oldest_due_with_room: Some(now.minus(Duration::from_mins(7))),
            payloads_overdue: 1,
            sessions_overdue: 1_200,
            ..Gauges::default()
        };
        let gone = node(NodeRole::All, now.minus(Duration::from_mins(1)));
        let expected = [
            "A delivery has been due for 7 min although its endpoint has room.",
            "1 payload is past the time: nobody sweeps.",
            "1,200 sessions are past the time: nobody sweeps.",
            "No node sends deliveries.",
        ];
        check(stuck, &[node(NodeRole::Api, now), gone], &expected);
    }
}
