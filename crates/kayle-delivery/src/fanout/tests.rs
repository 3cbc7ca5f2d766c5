use kayle_endpoints::{Retention, Subscription};
use kayle_events::EventType;

use super::*;
use crate::fixtures::{
    RETENTIONS, at, attempt_id, created, delivery_id, endpoint, event, key_id, organization_id,
};
use crate::invariants;
use crate::schedule::RetrySchedules;

impl Recipient for Endpoint {
    fn endpoint(&self) -> &Endpoint {
        self
    }
}

fn chosen(event_type: EventType, targets: &[&str], candidates: &[Endpoint]) -> Vec<String> {
    let targets: Vec<_> = targets
        .iter()
        .map(|name| EndpointId::parse(name).unwrap())
        .collect();
    recipients(&event(event_type), &targets, candidates)
        .into_iter()
        .map(|endpoint| endpoint.id.to_string())
        .collect()
}

fn candidates() -> Vec<Endpoint> {
    let plain = |name| endpoint(name, Retention::ThreeDays);
    let subscribed = |name, event_types: &[EventType]| Endpoint {
        subscription: Subscription::new(event_types),
        ..plain(name)
    };
    let disabled = Endpoint {
        disabled_at: Some(at(0)),
        ..plain("disabled")
    };
    vec![
        plain("default"),
        disabled,
        subscribed(
            "attempts",
            &[EventType::AttemptFailed, EventType::SessionFailed],
        ),
        subscribed("nothing", &[]),
        plain("another"),
    ]
}

#[test]
fn enabled_subscribed_and_targeted_endpoints_get_an_event() {
    fn check(event_type: EventType, targets: &[&str], expected: &[&str]) {
        assert_eq!(chosen(event_type, targets, &candidates()), expected);
    }
    check(EventType::SessionSucceeded, &[], &["default", "another"]);
    check(
        EventType::SessionFailed,
        &[],
        &["default", "attempts", "another"],
    );
    check(EventType::AttemptFailed, &[], &["attempts"]);
    check(EventType::AttemptSucceeded, &[], &[]);
    check(
        EventType::SessionFailed,
        &["another", "attempts"],
        &["attempts", "another"],
    );
    check(EventType::SessionSucceeded, &["attempts"], &[]);
    check(EventType::SessionSucceeded, &["disabled"], &[]);
    check(EventType::SessionSucceeded, &["unknown"], &[]);
}

#[test]
fn an_endpoint_of_another_organization_gets_nothing() {
    let foreign = Endpoint {
        organization_id: organization_id(1),
        ..endpoint("default", Retention::ThreeDays)
    };
    assert!(chosen(EventType::SessionSucceeded, &[], &[foreign]).is_empty());
}

#[test]
fn an_encrypted_delivery_is_born_pending_and_due_at_once() {
    let schedule = RetrySchedules::default().standard;
    for (retention, hours) in RETENTIONS.into_iter().zip([0, 24, 72, 168]) {
        let step = created(Encrypted::With(key_id()), &schedule, retention);
        let expected = Delivery {
            id: delivery_id(),
            organization_id: organization_id(0),
            event_id: event(EventType::SessionSucceeded).id,
            endpoint_id: EndpointId::parse("whe_1").unwrap(),
            encryption_key_id: Some(key_id()),
            state: DeliveryState::Pending { due_at: at(0) },
            attempt_count: 0,
            last_attempt: None,
            payload: Payload::Stored {
                expires_at: at(99_305 + hours * 3600),
                reason: StoredReason::PendingDelivery,
            },
            is_test: false,
            created_at: at(0),
            updated_at: at(0),
        };
        assert_eq!(step.delivery, expected);
        assert_eq!(step.attempt, None);
        assert_eq!(step.delivery.next_attempt_at(at(0)), None);
    }
}

#[test]
fn a_payload_of_the_short_schedule_lives_180_seconds_and_the_retention() {
    let schedule = RetrySchedules::default().short;
    for (retention, hours) in RETENTIONS.into_iter().zip([0, 24, 72, 168]) {
        let payload = created(Encrypted::With(key_id()), &schedule, retention)
            .delivery
            .payload;
        assert_eq!(payload.expires_at(), Some(at(180 + hours * 3600)));
    }
}

#[test]
fn a_delivery_with_nothing_to_send_is_born_failed_with_one_recorded_attempt() {
    let schedule = RetrySchedules::default().standard;
    let table = [
        (Encrypted::NoActiveKey, None, ScrubReason::NoActiveKey),
        (
            Encrypted::Failed(key_id()),
            Some(key_id()),
            ScrubReason::JweCreationFailed,
        ),
    ];
    for (encrypted, encryption_key_id, reason) in table {
        let Step { delivery, attempt } = created(encrypted, &schedule, Retention::ThreeDays);
        assert_eq!(delivery.encryption_key_id, encryption_key_id);
        assert_eq!(delivery.state, DeliveryState::Failed);
        assert_eq!(delivery.attempt_count, 1);
        let last_attempt = LastAttempt {
            at: at(0),
            status_code: None,
            failure_reason: None,
        };
        assert_eq!(delivery.last_attempt, Some(last_attempt));
        assert_eq!(delivery.payload, Payload::Scrubbed { at: at(0), reason });
        assert_eq!(invariants::check(&delivery), Ok(()));
        let expected = Attempt {
            id: attempt_id(),
            delivery_id: delivery_id(),
            outcome: AttemptOutcome::NotEncrypted,
            duration: Duration::ZERO,
            attempted_at: at(0),
            phases: Phases::default(),
            test: None,
        };
        assert_eq!(attempt, Some(expected));
    }
}

#[test]
fn every_endpoint_that_gets_nothing_has_the_first_reason_that_applies() {
    let event = event(EventType::SessionSucceeded);
    let wanting = endpoint("whe_1", Retention::None);
    let disabled = Endpoint {
        disabled_at: Some(at(0)),
        subscription: Subscription::new(&[]),
        ..endpoint("whe_2", Retention::None)
    };
    let unsubscribed = Endpoint {
        subscription: Subscription::new(&[EventType::SessionFailed]),
        ..endpoint("whe_3", Retention::None)
    };
    let candidates = [wanting, disabled, unsubscribed];
    let told = |targets: &[EndpointId]| {
        let passed_over = passed_over(&event, targets, &candidates).into_iter();
        let told = passed_over.map(|one| (one.endpoint_id.to_string(), one.reason.as_str()));
        told.collect::<Vec<_>>()
    };
    let named = |name: &str, reason| (name.to_owned(), reason);
    let expected = [named("whe_2", "disabled"), named("whe_3", "not_subscribed")];
    assert_eq!(told(&[]), expected);
    let targets = [EndpointId::parse("whe_3").unwrap()];
    let expected = [
        named("whe_1", "not_targeted"),
        named("whe_2", "not_targeted"),
        named("whe_3", "not_subscribed"),
    ];
    assert_eq!(told(&targets), expected);
}

#[test]
fn an_event_remembers_fifty_that_it_passed_over() {
    let event = event(EventType::SessionSucceeded);
    let disabled = |place: usize| Endpoint {
        disabled_at: Some(at(0)),
        ..endpoint(&format!("whe_{place}"), Retention::None)
    };
    let candidates: Vec<Endpoint> = (0..60).map(disabled).collect();
    assert_eq!(passed_over(&event, &[], &candidates).len(), PASSED_OVER_MAX);
}
