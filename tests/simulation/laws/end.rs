//! What the whole history must come to once everybody had time.

use std::collections::BTreeMap;

use kayle_delivery::{DeliveryState, Payload, RetrySchedule, ScrubReason};
use kayle_events::{EventType, TriggerType};
use kayle_primitives::{EndpointId, SessionId, Timestamp};
use kayle_sessions::SessionStatus;

use crate::history::{DeliveryRecord, History, short};

type Law = fn(&History) -> Result<(), String>;

const LAWS: [(&str, Law); 6] = [
    ("everything_has_ended", everything_has_ended),
    ("requests_are_bounded", requests_are_bounded),
    ("attempts_are_bounded", attempts_are_bounded),
    (
        "one_delivery_for_each_event_and_endpoint",
        one_delivery_for_each_event_and_endpoint,
    ),
    (
        "one_terminal_webhook_for_each_session",
        one_terminal_webhook_for_each_session,
    ),
    (
        "what_was_acknowledged_is_kept",
        what_was_acknowledged_is_kept,
    ),
];

/// Notes the first law that the history breaks.
pub(crate) fn judge(history: &mut History) {
    for (name, law) in LAWS {
        let checked = law(history);
        history.note(name, checked);
    }
}

/// No payload is stored beyond its retention, once a sweep has ended.
pub(crate) fn no_payload_outlives_its_retention(
    history: &History,
    now: Timestamp,
) -> Result<(), String> {
    let overdue = history.deliveries.values().find(|record| {
        let expires_at = record.delivery.payload.expires_at();
        expires_at.is_some_and(|expires_at| expires_at <= now)
    });
    overdue.map_or(Ok(()), |record| Err(of(record, "its payload is overdue")))
}

/// Every session has ended, and every delivery has succeeded or failed for a recorded reason.
fn everything_has_ended(history: &History) -> Result<(), String> {
    for record in history.deliveries.values() {
        let has_reason = match record.delivery.state {
            DeliveryState::Succeeded => true,
            DeliveryState::Failed => {
                !record.attempts.is_empty()
                    || matches!(record.delivery.payload, Payload::Scrubbed { .. })
            }
            DeliveryState::Pending { .. }
            | DeliveryState::Held { .. }
            | DeliveryState::Delivering { .. } => {
                let status = record.delivery.status().as_str();
                return Err(of(record, &format!("it is {status} for ever")));
            }
        };
        if !has_reason {
            return Err(of(record, "it failed for no reason"));
        }
    }
    let mut sessions = history.sessions.values();
    match sessions.find(|record| record.session.state.is_active()) {
        Some(record) => Err(format!(
            "session {} never ends",
            short(record.session.id.as_str())
        )),
        None => Ok(()),
    }
}

/// Every request is an attempt in the record, but for one that was cut off: its payload was taken
/// away while it was on its way.
fn requests_are_bounded(history: &History) -> Result<(), String> {
    for record in history.deliveries.values() {
        let requests = history.requests_of(&record.delivery.id).count();
        let explained = record.attempts.len() + usize::from(record.was_cut_off);
        if explained < requests {
            let why = format!("{requests} requests, {explained} of them explained");
            return Err(of(record, &why));
        }
    }
    Ok(())
}

/// A delivery is attempted no more often than its schedule says, for each time that it was asked
/// for.
fn attempts_are_bounded(history: &History) -> Result<(), String> {
    for record in history.deliveries.values() {
        let schedules = history.schedules_of(&record.delivery).into_iter();
        let length = schedules.map(length).max().unwrap_or_default();
        let allowed = length * (1 + record.requeues);
        let attempts = record.attempts.len();
        if allowed < attempts {
            return Err(of(
                record,
                &format!("{attempts} attempts, {allowed} allowed"),
            ));
        }
    }
    Ok(())
}

fn length(schedule: &RetrySchedule) -> usize {
    let mut attempts = (0..).zip(0..);
    let ended = attempts.find(|(_, attempts)| schedule.delay_after(*attempts).is_none());
    ended.expect("a schedule ends").0
}

/// An event is brought to an endpoint by one delivery.
fn one_delivery_for_each_event_and_endpoint(history: &History) -> Result<(), String> {
    let mut seen = BTreeMap::new();
    for record in history.deliveries.values() {
        let delivery = &record.delivery;
        let other = seen.insert((&delivery.event_id, &delivery.endpoint_id), &delivery.id);
        if let Some(other) = other {
            let why = format!("so does delivery {}", short(other.as_str()));
            return Err(of(record, &why));
        }
    }
    Ok(())
}

/// An endpoint is told once how a session ended. Only a withdrawal takes the first word back and
/// gives another; and an endpoint that stays enabled is told for certain.
fn one_terminal_webhook_for_each_session(history: &History) -> Result<(), String> {
    let mut told: BTreeMap<(&SessionId, &EndpointId), Vec<(EventType, &DeliveryRecord)>> =
        BTreeMap::new();
    for record in history.deliveries.values() {
        let Some(event) = history.event_of(&record.delivery) else {
            continue;
        };
        if event.event_type.trigger_type() == TriggerType::Session {
            let key = (&event.session_id, &record.delivery.endpoint_id);
            told.entry(key)
                .or_default()
                .push((event.event_type, record));
        }
    }
    for webhooks in told.values() {
        told_once(webhooks)?;
    }
    for (session_id, record) in &history.sessions {
        let ended = !record.session.state.is_active();
        let steady = history.endpoints.iter().filter(|(_, made)| made.is_steady);
        for (endpoint_id, _) in steady {
            let is_meant = record.session.targets.include(endpoint_id);
            if ended && is_meant && !told.contains_key(&(session_id, endpoint_id)) {
                let session = short(session_id.as_str());
                return Err(format!("nobody was told how session {session} ended"));
            }
        }
        let telling = told.iter().filter(|((id, _), _)| *id == session_id);
        for (_, webhooks) in telling {
            ends_as(record.session.state.status(), webhooks)?;
        }
    }
    Ok(())
}

fn told_once(webhooks: &[(EventType, &DeliveryRecord)]) -> Result<(), String> {
    let standing = |(_, record): &&(EventType, &DeliveryRecord)| {
        !matches!(
            record.delivery.payload,
            Payload::Scrubbed {
                reason: ScrubReason::PrivacyRequest | ScrubReason::Expired,
                ..
            } | Payload::Scrubbed {
                reason: ScrubReason::NoActiveKey | ScrubReason::JweCreationFailed,
                ..
            }
        )
    };
    let replacements = webhooks
        .iter()
        .filter(|(event_type, _)| *event_type == EventType::SessionCancelled)
        .count();
    let originals = webhooks.len() - replacements;
    if 1 < webhooks.iter().filter(standing).count() || 1 < originals || 1 < replacements {
        let (_, record) = webhooks.last().expect("there is one");
        return Err(of(
            record,
            "the endpoint is told twice how the session ended",
        ));
    }
    Ok(())
}

/// Returns whether what was said fits how the session ended.
fn ends_as(status: SessionStatus, webhooks: &[(EventType, &DeliveryRecord)]) -> Result<(), String> {
    let expected = match status {
        SessionStatus::Succeeded => EventType::SessionSucceeded,
        SessionStatus::Failed => EventType::SessionFailed,
        SessionStatus::Expired => EventType::SessionExpired,
        // It may have ended otherwise before it was withdrawn.
        SessionStatus::Cancelled | SessionStatus::Created | SessionStatus::InProgress => {
            return Ok(());
        }
    };
    // What was withdrawn from some endpoints is replaced there; others keep the first word.
    let fits = |event_type| event_type == expected || event_type == EventType::SessionCancelled;
    match webhooks.iter().find(|(event_type, _)| !fits(*event_type)) {
        Some((_, record)) => Err(of(record, "it tells another end of the session")),
        None => Ok(()),
    }
}

/// What a report's answer named is stored.
fn what_was_acknowledged_is_kept(history: &History) -> Result<(), String> {
    let mut acknowledged = history.acknowledged.iter();
    match acknowledged.find(|id| !history.deliveries.contains_key(*id)) {
        Some(id) => Err(format!("delivery {} was lost", short(id.as_str()))),
        None => Ok(()),
    }
}

fn of(record: &DeliveryRecord, why: &str) -> String {
    format!("delivery {}: {why}", short(record.delivery.id.as_str()))
}
