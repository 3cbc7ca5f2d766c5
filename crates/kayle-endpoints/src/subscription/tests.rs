use strum::IntoEnumIterator;

use super::*;

#[test]
fn the_default_is_the_four_session_events_in_the_contracts_order() {
    let names: Vec<_> = Subscription::default()
        .as_slice()
        .iter()
        .map(|event_type| event_type.as_str())
        .collect();
    let expected = ["succeeded", "failed", "expired", "cancelled"];
    assert_eq!(
        names,
        expected.map(|end| format!("verification.session.{end}"))
    );
}

#[test]
fn repeats_are_stored_once_and_the_order_is_kept() {
    let given = [
        EventType::SessionFailed,
        EventType::AttemptFailed,
        EventType::SessionFailed,
    ];
    let subscription = Subscription::new(&given);
    assert_eq!(subscription.as_slice(), &given[..2]);
    assert!(subscription.contains(EventType::AttemptFailed));
    assert!(!subscription.contains(EventType::SessionSucceeded));
}

#[test]
fn an_empty_subscription_wants_nothing() {
    let nothing = Subscription::new(&[]);
    assert!(EventType::iter().all(|event_type| !nothing.contains(event_type)));
}
