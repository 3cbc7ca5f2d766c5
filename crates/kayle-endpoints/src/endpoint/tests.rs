use kayle_primitives::Entropy;

use super::*;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

fn endpoint() -> Endpoint {
    Endpoint {
        id: EndpointId::parse("whe_1").unwrap(),
        organization_id: OrganizationId::generate(&Zeros),
        name: Some(EndpointName::parse("Production").unwrap()),
        labels: Labels::default(),
        url: EndpointUrl::from_stored("https://a.example/".to_owned()),
        subscription: Subscription::default(),
        retention: Retention::default(),
        retry_schedule: RetryScheduleName::default(),
        created_at: at(1),
        updated_at: at(1),
        disabled_at: None,
    }
}

#[test]
fn a_name_is_trimmed_and_has_1_to_120_characters() {
    fn check(text: &str, expected: Option<&str>) {
        let name = EndpointName::parse(text);
        assert_eq!(
            name.as_ref().ok().map(EndpointName::as_str),
            expected,
            "{text:?}"
        );
    }
    let longest = "é".repeat(120);
    check(" Production webhook\n", Some("Production webhook"));
    check(&longest, Some(&longest));
    check(&format!(" {longest} "), Some(&longest));
    check(&"é".repeat(121), None);
    check("", None);
    check(" \t", None);
}

#[test]
fn an_empty_change_renews_the_time_of_change_only() {
    let expected = Endpoint {
        updated_at: at(9),
        ..endpoint()
    };
    assert_eq!(
        endpoint().changed(EndpointChange::default(), at(9)),
        expected
    );
}

#[test]
fn given_members_are_replaced() {
    let change = EndpointChange {
        name: Some(None),
        labels: Some(Labels::parse(&["eu".to_owned()]).unwrap()),
        url: Some(EndpointUrl::from_stored("https://b.example/".to_owned())),
        enabled: Some(false),
        subscription: Some(Subscription::new(&[])),
        retention: Some(Retention::None),
        retry_schedule: Some(RetryScheduleName::Short),
    };
    let expected = Endpoint {
        name: None,
        labels: Labels::parse(&["eu".to_owned()]).unwrap(),
        url: EndpointUrl::from_stored("https://b.example/".to_owned()),
        subscription: Subscription::new(&[]),
        retention: Retention::None,
        retry_schedule: RetryScheduleName::Short,
        updated_at: at(9),
        disabled_at: Some(at(9)),
        ..endpoint()
    };
    assert_eq!(endpoint().changed(change, at(9)), expected);
}

#[test]
fn a_disabled_endpoint_wants_nothing_until_it_is_enabled() {
    let switch = |enabled| EndpointChange {
        enabled: Some(enabled),
        ..EndpointChange::default()
    };
    let disabled = endpoint().changed(switch(false), at(2));
    assert!(!disabled.wants(EventType::SessionSucceeded));
    let again = disabled.clone().changed(switch(false), at(3));
    assert_eq!(again.disabled_at, Some(at(3)));
    let enabled = disabled.changed(switch(true), at(4));
    assert_eq!(enabled.disabled_at, None);
    assert!(enabled.wants(EventType::SessionSucceeded));
    assert!(!enabled.wants(EventType::AttemptSucceeded));
}
