//! Changing an endpoint: what is replaced, and which attempt is the first to see it.

use kayle_app::Missing;
use std::sync::Arc;
use std::time::Duration;

use kayle_delivery::{DeliveryState, Payload, StoredReason};
use kayle_endpoints::{
    Endpoint, EndpointChange, EndpointName, EndpointUrl, Labels, Retention, RetryScheduleName,
    Subscription,
};
use kayle_events::EventType;
use kayle_primitives::EndpointId;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    at_once, caller_of, claim, claims, deliveries, prepare, requests, session, stored_delivery,
    succeeded, turn, was_woken,
};

async fn scene() -> (TestWebhooks, Subscriber) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    (kit, subscriber)
}

async fn change(kit: &TestWebhooks, subscriber: &Subscriber, change: EndpointChange) -> Endpoint {
    let caller = caller_of(subscriber.organization.id);
    let changed = kit
        .webhooks
        .update_endpoint(&caller, &subscriber.endpoint.id, change);
    changed.await.expect("the endpoint is there")
}

async fn enable(kit: &TestWebhooks, subscriber: &Subscriber, enabled: bool) -> Endpoint {
    let enabled = EndpointChange {
        enabled: Some(enabled),
        ..EndpointChange::default()
    };
    change(kit, subscriber, enabled).await
}

fn url(kit: &TestWebhooks, text: &str) -> EndpointUrl {
    EndpointUrl::parse(text, kit.webhooks.url_policy()).expect("it is public")
}

fn name(text: &str) -> EndpointName {
    EndpointName::parse(text).expect("it is short")
}

#[tokio::test]
async fn every_given_member_is_replaced() {
    let (kit, subscriber) = scene().await;
    let changed_at = kit.clock.advance(Duration::from_secs(1));
    let labels = Labels::parse(&["billing".to_owned()]).unwrap();
    let subscription = Subscription::new(&[EventType::AttemptFailed]);
    let all = EndpointChange {
        name: Some(Some(name("Production"))),
        labels: Some(labels.clone()),
        url: Some(url(&kit, "https://elsewhere.example/hook")),
        enabled: Some(false),
        subscription: Some(subscription.clone()),
        retention: Some(Retention::None),
        retry_schedule: Some(RetryScheduleName::Short),
    };
    let expected = Endpoint {
        name: Some(name("Production")),
        labels,
        url: url(&kit, "https://elsewhere.example/hook"),
        subscription,
        retention: Retention::None,
        retry_schedule: RetryScheduleName::Short,
        updated_at: changed_at,
        disabled_at: Some(changed_at),
        ..subscriber.endpoint.clone()
    };
    assert_eq!(change(&kit, &subscriber, all).await, expected);
    let stored = kit
        .webhooks
        .get_endpoint(subscriber.organization.id, &subscriber.endpoint.id);
    assert_eq!(stored.await.unwrap(), Some(expected));
}

#[tokio::test]
async fn what_is_not_given_stays() {
    let (kit, subscriber) = scene().await;
    let updated_at = kit.clock.advance(Duration::from_secs(1));
    let renamed = EndpointChange {
        name: Some(Some(name("Production"))),
        ..EndpointChange::default()
    };
    let expected = Endpoint {
        name: Some(name("Production")),
        updated_at,
        ..subscriber.endpoint.clone()
    };
    assert_eq!(change(&kit, &subscriber, renamed).await, expected);
}

#[tokio::test]
async fn a_null_name_clears_it() {
    let (kit, subscriber) = scene().await;
    for named in [Some(name("Production")), None] {
        let change_of_name = EndpointChange {
            name: Some(named.clone()),
            ..EndpointChange::default()
        };
        assert_eq!(change(&kit, &subscriber, change_of_name).await.name, named);
    }
}

#[tokio::test]
async fn a_disabled_endpoint_says_since_when_until_it_is_enabled() {
    let (kit, subscriber) = scene().await;
    let disabled_at = kit.clock.advance(Duration::from_secs(1));
    let disabled = enable(&kit, &subscriber, false).await;
    assert_eq!(disabled.disabled_at, Some(disabled_at));
    kit.clock.advance(Duration::from_secs(1));
    assert_eq!(enable(&kit, &subscriber, true).await.disabled_at, None);
}

#[tokio::test]
async fn a_foreign_or_unknown_endpoint_is_not_changed() {
    let (kit, subscriber) = scene().await;
    let stranger = kit.seed.organization().await;
    let unknown = EndpointId::parse("whe_unknown").unwrap();
    for (organization, id) in [
        (&stranger, &subscriber.endpoint.id),
        (&subscriber.organization, &unknown),
    ] {
        let caller = caller_of(organization.id);
        let refused = kit
            .webhooks
            .update_endpoint(&caller, id, EndpointChange::default());
        assert!(matches!(refused.await, Err(Missing::NotFound { .. })));
    }
}

#[tokio::test]
async fn held_deliveries_are_released_in_their_order_and_the_dispatcher_is_woken() {
    let (kit, subscriber) = scene().await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(kit.seed.delivery(&subscriber).await.id);
        kit.clock.advance(Duration::from_secs(1));
    }
    enable(&kit, &subscriber, false).await;
    assert_eq!(turn(&kit).await.len(), 0, "nothing is sent to it");
    kit.clock.advance(Duration::from_hours(1));
    assert_eq!(turn(&kit).await.len(), 0, "nor tried later");
    was_woken(&kit);

    enable(&kit, &subscriber, true).await;
    assert!(was_woken(&kit));
    let sent = turn(&kit).await.into_iter().map(|sent| sent.delivery_id);
    assert_eq!(sent.collect::<Vec<_>>(), waiting);
    for delivery in deliveries(&kit, subscriber.organization.id).await {
        assert_eq!(delivery.attempt_count, 1, "the pause was no attempt");
    }
}

#[tokio::test]
async fn enabling_an_enabled_endpoint_releases_nothing() {
    let (kit, subscriber) = scene().await;
    let script = [Answer::status(500)];
    kit.sender
        .script(subscriber.endpoint.url.as_submitted(), script);
    let delivery = kit.seed.delivery(&subscriber).await;
    turn(&kit).await;
    let waiting = stored_delivery(&kit, &delivery).await;
    was_woken(&kit);
    enable(&kit, &subscriber, true).await;
    assert_eq!(stored_delivery(&kit, &delivery).await, waiting);
    assert!(!was_woken(&kit));
}

#[tokio::test]
async fn an_endpoint_of_a_frozen_organization_stays_held_when_it_is_enabled() {
    let (kit, subscriber) = scene().await;
    let delivery = kit.seed.delivery(&subscriber).await;
    enable(&kit, &subscriber, false).await;
    turn(&kit).await;
    let freeze = kit.webhooks.freeze_organization(subscriber.organization.id);
    freeze.await.unwrap();
    enable(&kit, &subscriber, true).await;
    let held = stored_delivery(&kit, &delivery).await;
    assert!(matches!(held.state, DeliveryState::Held { .. }));
}

#[tokio::test]
async fn an_endpoint_that_is_enabled_while_its_delivery_is_being_held_loses_nothing() {
    let (kit, subscriber) = scene().await;
    kit.seed.delivery(&subscriber).await;
    enable(&kit, &subscriber, false).await;
    let claimed = claim(&kit).await;
    let prepared = prepare(&kit, claimed).await;
    enable(&kit, &subscriber, true).await;
    kit.webhooks.settle(&prepared.finished).await.unwrap();
    assert_eq!(turn(&kit).await.len(), 1);
}

#[tokio::test]
async fn a_disabled_endpoint_gets_no_delivery_of_a_later_event() {
    let (kit, subscriber) = scene().await;
    enable(&kit, &subscriber, false).await;
    let session = session(&kit, &subscriber.organization).await;
    let report = kit
        .webhooks
        .report_attempt(&session.id, succeeded(claims([])));
    assert_eq!(report.await.unwrap().deliveries, []);
    enable(&kit, &subscriber, true).await;
    assert_eq!(turn(&kit).await.len(), 0, "what it missed is not made up");
}

#[tokio::test]
async fn the_very_next_attempt_goes_to_the_changed_url() {
    let (kit, subscriber) = scene().await;
    let script = [Answer::status(500)];
    kit.sender
        .script(subscriber.endpoint.url.as_submitted(), script);
    kit.seed.delivery(&subscriber).await;
    let before = turn(&kit).await.remove(0);
    let moved = EndpointChange {
        url: Some(url(&kit, "https://elsewhere.example/hook")),
        ..EndpointChange::default()
    };
    change(&kit, &subscriber, moved).await;
    kit.clock.advance(Duration::from_secs(5));
    let after = requests(&kit).await.remove(0);
    assert_eq!(after.url.as_str(), "https://elsewhere.example/hook");
    assert_eq!(after.jwe, before.jwe);
}

#[tokio::test]
async fn the_very_next_failure_follows_the_changed_schedule() {
    let (kit, subscriber) = scene().await;
    let refuses = Answer::status(500);
    kit.sender
        .afterwards(subscriber.endpoint.url.as_submitted(), refuses);
    let delivery = kit.seed.delivery(&subscriber).await;
    let short = EndpointChange {
        retry_schedule: Some(RetryScheduleName::Short),
        ..EndpointChange::default()
    };
    change(&kit, &subscriber, short).await;
    turn(&kit).await;
    let waiting = stored_delivery(&kit, &delivery).await;
    let due_at = kit.webhooks.now().plus(Duration::from_mins(1));
    assert_eq!(waiting.state, DeliveryState::Pending { due_at });
}

#[tokio::test]
async fn a_changed_retention_counts_for_what_has_not_failed_yet() {
    let (kit, subscriber) = scene().await;
    let refuses = Answer::status(500);
    kit.sender
        .afterwards(subscriber.endpoint.url.as_submitted(), refuses);
    let kept_for = async |retention: Retention| {
        let short = EndpointChange {
            retry_schedule: Some(RetryScheduleName::Short),
            retention: Some(retention),
            ..EndpointChange::default()
        };
        change(&kit, &subscriber, short).await;
        let delivery = kit.seed.delivery(&subscriber).await;
        while let Some(due_at) = kit.webhooks.next_delivery_due_at().await.unwrap() {
            kit.clock.set(due_at);
            turn(&kit).await;
        }
        stored_delivery(&kit, &delivery).await
    };
    let earlier = kept_for(Retention::SevenDays).await;
    let later = kept_for(Retention::OneDay).await;
    let expected = Payload::Stored {
        expires_at: kit.webhooks.now().plus(Duration::from_hours(24)),
        reason: StoredReason::TerminalFailureRetention,
    };
    assert_eq!(later.payload, expected);
    assert_eq!(stored_delivery(&kit, &earlier).await, earlier);
}

#[tokio::test]
async fn a_changed_subscription_leaves_the_deliveries_that_there_are() {
    let (kit, subscriber) = scene().await;
    let session = session(&kit, &subscriber.organization).await;
    let report = succeeded(claims([]));
    kit.webhooks
        .report_attempt(&session.id, report)
        .await
        .unwrap();
    let nothing = EndpointChange {
        subscription: Some(Subscription::new(&[])),
        ..EndpointChange::default()
    };
    change(&kit, &subscriber, nothing).await;
    assert_eq!(turn(&kit).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_at_once_none_is_lost() {
    let (kit, subscriber) = scene().await;
    let changes = [
        EndpointChange {
            name: Some(Some(name("Production"))),
            ..EndpointChange::default()
        },
        EndpointChange {
            retention: Some(Retention::None),
            ..EndpointChange::default()
        },
        EndpointChange {
            retry_schedule: Some(RetryScheduleName::Short),
            ..EndpointChange::default()
        },
    ];
    let racers = changes.map(|change| {
        let webhooks = Arc::clone(&kit.webhooks);
        let caller = caller_of(subscriber.organization.id);
        let id = subscriber.endpoint.id.clone();
        async move {
            let answer = webhooks.update_endpoint(&caller, &id, change).await;
            answer.map(drop).expect("the endpoint is there");
        }
    });
    at_once(racers.into()).await;
    let expected = Endpoint {
        name: Some(name("Production")),
        retention: Retention::None,
        retry_schedule: RetryScheduleName::Short,
        ..subscriber.endpoint.clone()
    };
    let stored = kit
        .webhooks
        .get_endpoint(subscriber.organization.id, &subscriber.endpoint.id);
    assert_eq!(stored.await.unwrap(), Some(expected));
}
