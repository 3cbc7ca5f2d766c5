//! Those who call the API: customers, persons, Kayle's own services and operators. Each call is a
//! task; what it answers is noted, and nobody calls again for being refused.

use std::rc::Rc;

use kayle_app::sessions::{AttemptReport, NewSessionRequest};
use kayle_endpoints::EndpointChange;
use kayle_events::{ClaimKey, ClaimValue, Claims, FailureCode};
use kayle_primitives::{AttemptId, DeliveryId, EndpointId, EventId, SessionId};
use kayle_sessions::{ReportedOutcome, ShareContract, Targets};
use kayle_testkit::entropy::SeededEntropy;

use crate::history::short;
use crate::world::{World, new_key};

/// The most sessions of one story.
const SESSIONS_MAX: usize = 3;

/// Does something, whatever the seed chooses.
pub(crate) async fn act(world: Rc<World>) {
    let sessions = world.known.borrow().sessions.len();
    match world.choices.below(100) {
        roll if roll < 14 || sessions == 0 => {
            if sessions < SESSIONS_MAX {
                open_session(&world).await;
            }
        }
        14..20 => begin(&world).await,
        20..46 => report(&world).await,
        46..52 => report_again(&world).await,
        52..56 => cancel(&world).await,
        56..62 => withdraw(&world).await,
        62..66 => look(&world).await,
        66..74 => retry(&world).await,
        74..80 => replay(&world).await,
        80..83 => rotate_secret(&world).await,
        83..86 => register_key(&world).await,
        86..88 => turn_key(&world).await,
        88..95 => turn_endpoint(&world).await,
        95..97 => delete_endpoint(&world).await,
        _ => turn_organization(&world).await,
    }
}

/// Notes how a call ended.
fn told<T, E: ToString>(world: &World, call: &str, id: &str, answer: Result<T, E>) -> Option<T> {
    world.trace(|| {
        let answer = answer
            .as_ref()
            .map_or_else(ToString::to_string, |_| "yes".to_owned());
        format!("{call} {}: {answer}", short(id))
    });
    answer.ok()
}

async fn open_session(world: &World) {
    let targets = if world.choices.percent(25) {
        world.known.borrow().endpoints.first().cloned()
    } else {
        None
    };
    let request = NewSessionRequest {
        share_contract: ShareContract::everything(),
        redirect_url: None,
        targets: targets.map_or(Targets::EVERY_ENDPOINT, |id| {
            Targets::new(vec![id]).expect("one target")
        }),
    };
    let caller = world.caller();
    let opened = world.webhooks.create_session(&caller, request).await;
    if let Some(opened) = told(world, "open a session", "", opened) {
        let token = opened.cancel_token.expose().to_owned();
        let mut known = world.known.borrow_mut();
        known.sessions.push((opened.session.id, token));
    }
}

async fn begin(world: &World) {
    if let Some((id, _)) = some_session(world) {
        let begun = world.webhooks.begin_session(&id).await;
        told(world, "begin", id.as_str(), begun);
    }
}

async fn report(world: &World) {
    let Some((id, _)) = some_session(world) else {
        return;
    };
    let entropy = SeededEntropy::new(world.choices.below(usize::MAX) as u64);
    let report = AttemptReport {
        attempt_id: Some(AttemptId::generate(world.now(), &entropy)),
        outcome: some_outcome(world),
    };
    let known = (id.clone(), report.clone());
    world.known.borrow_mut().reports.push(known);
    send_report(world, id, report).await;
}

/// A service that heard no answer asks again, perhaps while the first call is under way.
async fn report_again(world: &World) {
    let again = {
        let known = world.known.borrow();
        world.choices.pick(&known.reports).cloned()
    };
    if let Some((id, report)) = again {
        send_report(world, id, report).await;
    }
}

async fn send_report(world: &World, id: SessionId, report: AttemptReport) {
    let reported = world.webhooks.report_attempt(&id, report).await;
    if let Some(reported) = told(world, "report", id.as_str(), reported) {
        let mut history = world.shared.history();
        history.acknowledged.extend(reported.deliveries);
    }
}

fn some_outcome(world: &World) -> ReportedOutcome {
    let codes = [
        FailureCode::LivenessFailed,
        FailureCode::SelfieFaceMismatch,
        FailureCode::DocumentAuthenticityFailed,
        FailureCode::DocumentDataInvalid,
        FailureCode::DocumentAntiCloningAttestationFailed,
    ];
    match world.choices.pick(&codes) {
        Some(code) if world.choices.percent(55) => ReportedOutcome::Failed(*code),
        Some(_) | None => {
            let key = ClaimKey::parse("kayle_document_id").expect("there is such a claim");
            let value = ClaimValue::Text("document-1".to_owned().into());
            ReportedOutcome::Succeeded([(key, value)].into_iter().collect::<Claims>())
        }
    }
}

async fn cancel(world: &World) {
    if let Some((id, _)) = some_session(world) {
        let caller = world.caller();
        let cancelled = world.webhooks.cancel_session(&caller, &id).await;
        told(world, "cancel", id.as_str(), cancelled);
    }
}

async fn withdraw(world: &World) {
    if let Some((id, token)) = some_session(world) {
        let withdrawn = world.webhooks.withdraw(&id, &token).await;
        told(world, "withdraw", id.as_str(), withdrawn);
    }
}

async fn look(world: &World) {
    if let Some((id, _)) = some_session(world) {
        let found = world.webhooks.get_session(world.organization_id, &id).await;
        told(world, "look at", id.as_str(), found);
    }
}

async fn retry(world: &World) {
    let deliveries: Vec<DeliveryId> = {
        let history = world.shared.history();
        history.deliveries.keys().cloned().collect()
    };
    if let Some(id) = world.choices.pick(&deliveries) {
        let caller = world.caller();
        let retried = world.webhooks.retry_delivery(&caller, id).await;
        told(world, "retry", id.as_str(), retried);
    }
}

async fn replay(world: &World) {
    let events: Vec<EventId> = {
        let history = world.shared.history();
        history.events.keys().cloned().collect()
    };
    if let Some(id) = world.choices.pick(&events) {
        let caller = world.caller();
        let replayed = world.webhooks.replay_event(&caller, id).await;
        told(world, "replay", id.as_str(), replayed);
    }
}

async fn rotate_secret(world: &World) {
    if let Some(id) = some_endpoint(world) {
        let caller = world.caller();
        let rotated = world.webhooks.rotate_signing_secret(&caller, &id).await;
        told(world, "rotate the secret of", id.as_str(), rotated);
    }
}

async fn register_key(world: &World) {
    if let Some(id) = some_endpoint(world) {
        let caller = world.caller();
        let registered = world
            .webhooks
            .register_encryption_key(&caller, &id, new_key())
            .await;
        told(world, "register a key of", id.as_str(), registered);
    }
}

async fn turn_key(world: &World) {
    let key = {
        let known = world.known.borrow();
        world.choices.pick(&known.keys).cloned()
    };
    let Some(id) = key else { return };
    let caller = world.caller();
    if world.choices.percent(40) {
        let turned = world.webhooks.deactivate_encryption_key(&caller, &id).await;
        told(world, "deactivate key", id.as_str(), turned);
    } else {
        let turned = world.webhooks.reactivate_encryption_key(&caller, &id).await;
        told(world, "reactivate key", id.as_str(), turned);
    }
}

async fn turn_endpoint(world: &World) {
    let Some(id) = some_unsteady_endpoint(world) else {
        return;
    };
    let enabled = world.choices.percent(55);
    let change = EndpointChange {
        enabled: Some(enabled),
        ..EndpointChange::default()
    };
    let caller = world.caller();
    let changed = world.webhooks.update_endpoint(&caller, &id, change).await;
    let call = if enabled { "enable" } else { "disable" };
    told(world, call, id.as_str(), changed);
}

async fn delete_endpoint(world: &World) {
    if let Some(id) = some_unsteady_endpoint(world) {
        let caller = world.caller();
        if let Some(record) = world.shared.history().endpoints.get_mut(&id) {
            record.may_be_gone = true;
        }
        let deleted = world.webhooks.delete_endpoint(&caller, &id).await;
        told(world, "delete", id.as_str(), deleted);
    }
}

async fn turn_organization(world: &World) {
    let id = world.organization_id;
    if world.choices.percent(40) {
        let frozen = world.webhooks.freeze_organization(id).await;
        told(world, "freeze", "", frozen);
    } else {
        let unfrozen = world.webhooks.unfreeze_organization(id).await;
        told(world, "unfreeze", "", unfrozen);
    }
}

fn some_session(world: &World) -> Option<(SessionId, String)> {
    let known = world.known.borrow();
    world.choices.pick(&known.sessions).cloned()
}

fn some_endpoint(world: &World) -> Option<EndpointId> {
    let known = world.known.borrow();
    world.choices.pick(&known.endpoints).cloned()
}

/// Returns one that may be disabled or deleted.
fn some_unsteady_endpoint(world: &World) -> Option<EndpointId> {
    let known = world.known.borrow();
    let unsteady = known.endpoints.get(1..).unwrap_or_default();
    world.choices.pick(unsteady).cloned()
}
