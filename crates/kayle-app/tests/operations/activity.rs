//! What became of deliveries, in numbers (contract 14.3).

use std::time::Duration;

use kayle_app::activity::{ActivityReport, ActivityRequest};
use kayle_app::endpoints::NewTest;
use kayle_app::limits::ACTIVITY_HOURS_KEPT;
use kayle_delivery::activity::{Activity, ActivityRange, DeliveryCounts};
use kayle_delivery::{DeliveryState, Payload, ScrubReason};
use kayle_events::EventType;
use kayle_primitives::{EndpointId, Organization};
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use uuid::Uuid;

use crate::world::{
    caller_of, claims, deliveries, session, stored_delivery, subscriber_to, subscriber_with,
    succeeded, turn,
};

const WRITER: Uuid = Uuid::from_u128(1);

async fn flush(kit: &TestWebhooks) {
    let flushed = kit.webhooks.flush_activity(WRITER).await;
    flushed.expect("the store is well");
}

async fn show(
    kit: &TestWebhooks,
    organization: &Organization,
    range: ActivityRange,
    endpoint_id: Option<&EndpointId>,
) -> ActivityReport {
    let request = ActivityRequest {
        range,
        endpoint_id: endpoint_id.cloned(),
    };
    let shown = kit.webhooks.show_activity(organization.id, &request).await;
    shown.expect("the store is well").expect("it is theirs")
}

/// Returns all that was counted in the last hour, of an organization.
async fn total(kit: &TestWebhooks, organization: &Organization) -> Activity {
    flush(kit).await;
    let report = show(kit, organization, ActivityRange::Hour, None).await;
    report.total.expect("the last minutes are known")
}

async fn scene() -> (TestWebhooks, Subscriber) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = subscriber_with(&kit, &organization, |_| {}).await;
    (kit, subscriber)
}

/// Reports a success, which makes a delivery for each endpoint.
async fn verify(kit: &TestWebhooks, organization: &Organization) {
    let session = session(kit, organization).await;
    let report = succeeded(claims([]));
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    reported.expect("the session is active");
}

#[tokio::test]
async fn a_delivery_is_counted_when_it_is_made_attempted_and_delivered() {
    let (kit, subscriber) = scene().await;
    let organization = &subscriber.organization;
    kit.sender.script(
        subscriber.endpoint.url.as_submitted(),
        [Answer::status(503), Answer::status(204)],
    );
    verify(&kit, organization).await;
    turn(&kit).await;
    kit.clock.advance(Duration::from_mins(1));
    turn(&kit).await;

    let counted = total(&kit, organization).await;
    let expected = DeliveryCounts {
        created: 1,
        delivered: 1,
        ..DeliveryCounts::default()
    };
    assert_eq!(counted.deliveries, expected);
    assert_eq!(
        (counted.attempts.http_2xx, counted.attempts.http_5xx),
        (1, 1)
    );
    assert_eq!(counted.latency.percentile(50), Some(60_000));
    assert_eq!(counted.answers.total(), 2);
    let of_endpoint = show(
        &kit,
        organization,
        ActivityRange::Hour,
        Some(&subscriber.endpoint.id),
    );
    assert_eq!(of_endpoint.await.total, Some(counted));
}

#[tokio::test]
async fn what_cannot_be_encrypted_is_unsendable_and_no_attempt() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed
        .endpoint(&kit.seed.make.endpoint(&organization))
        .await;
    verify(&kit, &organization).await;
    let counted = total(&kit, &organization).await;
    let expected = DeliveryCounts {
        created: 1,
        unsendable: 1,
        ..DeliveryCounts::default()
    };
    assert_eq!(counted.deliveries, expected);
    assert_eq!(counted.attempts, Activity::default().attempts);
}

#[tokio::test]
async fn what_a_cancel_erases_is_erased_and_its_event_is_made() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    subscriber_to(&kit, &organization, &[EventType::AttemptFailed]).await;
    let session = session(&kit, &organization).await;
    let report = crate::world::failed(kayle_events::FailureCode::LivenessFailed);
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    reported.expect("the session is active");
    let caller = caller_of(organization.id);
    let cancelled = kit.webhooks.cancel_session(&caller, &session.id).await;
    cancelled.expect("the session is active");

    let counted = total(&kit, &organization).await;
    let made = deliveries(&kit, organization.id).await;
    let erased = made.iter().filter(|delivery| {
        let reason = ScrubReason::PrivacyRequest;
        matches!(delivery.payload, Payload::Scrubbed { reason: why, .. } if why == reason)
    });
    assert_eq!(counted.deliveries.created, made.len() as u64);
    assert_eq!(counted.deliveries.erased, erased.count() as u64);
    assert_eq!(counted.deliveries.erased, 1);
}

#[tokio::test]
async fn what_the_sweeper_erases_before_it_is_delivered_is_erased() {
    let (kit, subscriber) = scene().await;
    let delivery = kit.seed.delivery(&subscriber).await;
    kit.clock
        .set(delivery.payload.expires_at().expect("it is stored"));
    kit.webhooks.sweep().await.expect("the store is well");
    let swept = stored_delivery(&kit, &delivery).await;
    assert_eq!(swept.state, DeliveryState::Failed);
    let counted = total(&kit, &subscriber.organization).await;
    assert_eq!(counted.deliveries.erased, 1);
}

#[tokio::test]
async fn a_test_is_not_counted_however_it_ends() {
    let (kit, subscriber) = scene().await;
    let url = subscriber.endpoint.url.as_submitted();
    kit.sender
        .script(url, [Answer::status(204), Answer::status(500)]);
    let caller = caller_of(subscriber.organization.id);
    let send = async || {
        let new = NewTest {
            event_type: EventType::SessionSucceeded,
            key_id: None,
        };
        let endpoint_id = &subscriber.endpoint.id;
        let sent = kit.webhooks.test_endpoint(&caller, endpoint_id, new);
        sent.await.expect("the endpoint is there")
    };
    for _ in 0..2 {
        send().await;
        turn(&kit).await;
    }
    let id = send().await;
    kit.clock.advance(Duration::from_hours(30));
    kit.webhooks.sweep().await.expect("the store is well");
    let organization = &subscriber.organization;
    let unsent = kit.webhooks.get_delivery(organization.id, &id).await;
    let unsent = unsent.expect("the store is well").expect("it is theirs");
    assert_eq!(unsent.delivery.state, DeliveryState::Failed);

    assert_eq!(total(&kit, organization).await, Activity::default());
}

#[tokio::test]
async fn a_minute_that_is_written_again_is_not_counted_twice() {
    let (kit, subscriber) = scene().await;
    for expected in 1..=3 {
        verify(&kit, &subscriber.organization).await;
        let counted = total(&kit, &subscriber.organization).await;
        assert_eq!(counted.deliveries.created, expected);
    }
    kit.webhooks
        .flush_activity(Uuid::from_u128(2))
        .await
        .expect("the store is well");
    let counted = total(&kit, &subscriber.organization).await;
    assert_eq!(counted.deliveries.created, 3);
}

#[tokio::test]
async fn what_could_not_be_written_is_written_the_next_time() {
    let (kit, subscriber) = scene().await;
    verify(&kit, &subscriber.organization).await;
    kit.store.fail_next(1);
    assert!(kit.webhooks.flush_activity(WRITER).await.is_err());
    kit.clock.advance(Duration::from_mins(2));
    verify(&kit, &subscriber.organization).await;
    let counted = total(&kit, &subscriber.organization).await;
    assert_eq!(counted.deliveries.created, 2);
}

#[tokio::test]
async fn minutes_are_merged_into_hours_and_hours_are_deleted() {
    let (kit, subscriber) = scene().await;
    let organization = &subscriber.organization;
    let day = async || show(&kit, organization, ActivityRange::Day, None).await;
    for _ in 0..3 {
        verify(&kit, organization).await;
        turn(&kit).await;
        flush(&kit).await;
        kit.clock.advance(Duration::from_mins(25));
    }
    let before = day().await;
    assert_eq!(kit.webhooks.merge_activity().await.expect("well"), 0);

    kit.clock.advance(Duration::from_hours(5));
    let merged = kit.webhooks.merge_activity().await.expect("well");
    assert_eq!(merged, 6, "three minutes, of the endpoint and of all");
    assert_eq!(kit.webhooks.merge_activity().await.expect("well"), 0);
    let after = day().await;
    assert_eq!(after.total, before.total);
    let created = after.total.map(|total| total.deliveries.created);
    assert_eq!(created, Some(3));

    kit.clock.advance(ACTIVITY_HOURS_KEPT);
    assert_ne!(kit.webhooks.purge_activity().await.expect("well"), 0);
    assert_eq!(kit.webhooks.purge_activity().await.expect("well"), 0);
}

#[tokio::test]
async fn a_late_minute_is_added_to_its_hour() {
    let (kit, subscriber) = scene().await;
    let organization = &subscriber.organization;
    verify(&kit, organization).await;
    flush(&kit).await;
    verify(&kit, organization).await;
    kit.clock.advance(Duration::from_hours(5));
    kit.webhooks.merge_activity().await.expect("well");
    // Another process could write nothing all the time.
    let late = kit.webhooks.flush_activity(Uuid::from_u128(2)).await;
    late.expect("the store is well");
    let before = show(&kit, organization, ActivityRange::Day, None).await;
    assert_ne!(kit.webhooks.merge_activity().await.expect("well"), 0);
    let after = show(&kit, organization, ActivityRange::Day, None).await;
    assert_eq!(before.total, after.total);
}

#[tokio::test]
async fn nothing_is_known_before_the_endpoint_existed_and_zeros_since() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.clock.advance(Duration::from_hours(48));
    let subscriber = subscriber_with(&kit, &organization, |_| {}).await;
    let endpoint_id = &subscriber.endpoint.id;
    let report = show(&kit, &organization, ActivityRange::Day, Some(endpoint_id)).await;
    let (last, before) = report.buckets.split_last().expect("there are 24");
    assert_eq!(last.activity, Some(Activity::default()));
    assert!(before.iter().all(|bucket| bucket.activity.is_none()));
    let of_all = show(&kit, &organization, ActivityRange::Day, None).await;
    assert!(
        of_all
            .buckets
            .iter()
            .all(|bucket| bucket.activity.is_some())
    );
}

#[tokio::test]
async fn anothers_endpoint_is_missing() {
    let (kit, subscriber) = scene().await;
    let stranger = kit.seed.organization().await;
    let request = ActivityRequest {
        endpoint_id: Some(subscriber.endpoint.id),
        ..ActivityRequest::default()
    };
    let shown = kit.webhooks.show_activity(stranger.id, &request).await;
    assert_eq!(shown.expect("the store is well"), None);
}
