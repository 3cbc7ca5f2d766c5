//! Activity.

use std::time::Duration;

use kayle_app::ports::store::{
    ActivityKey, ActivityRow, HourCounts, Resolution, StoreError, Waiting,
};
use kayle_delivery::activity::{Activity, Counts, Span, floor};
use kayle_primitives::{EndpointId, OrganizationId, Timestamp};
use uuid::Uuid;

use super::deliveries::exhausted;
use super::{Outcome, TestStore};
use crate::seed::Subscriber;

const ONE: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

/// Returns a minute's row of an endpoint, in whose every member is another number.
fn minute(subscriber: &Subscriber, at: Timestamp, writer: Uuid, number: u64) -> ActivityRow {
    let mut activity = Activity::default();
    let Activity {
        deliveries,
        attempts,
        latency,
        answers,
    } = &mut activity;
    for (place, count) in [
        &mut deliveries.created,
        &mut deliveries.delivered,
        &mut deliveries.exhausted,
        &mut deliveries.erased,
        &mut deliveries.unsendable,
        &mut attempts.http_2xx,
        &mut attempts.http_3xx,
        &mut attempts.http_4xx,
        &mut attempts.http_5xx,
        &mut attempts.timeout,
        &mut attempts.unreachable,
        &mut attempts.blocked,
        &mut attempts.interrupted,
    ]
    .into_iter()
    .enumerate()
    {
        *count = 100 * number + place as u64;
    }
    for seconds in 0..number {
        latency.count(Duration::from_secs(seconds));
        answers.count(Duration::from_millis(seconds));
    }
    ActivityRow {
        key: ActivityKey {
            organization_id: subscriber.organization.id,
            endpoint_id: Some(subscriber.endpoint.id.clone()),
            resolution: Resolution::Minute,
            at,
            writer: Some(writer),
        },
        activity,
    }
}

fn of_all(row: &ActivityRow) -> ActivityRow {
    let mut row = row.clone();
    row.key.endpoint_id = None;
    row
}

fn hour(row: &ActivityRow) -> ActivityRow {
    let mut row = row.clone();
    row.key = ActivityKey {
        resolution: Resolution::Hour,
        at: floor(row.key.at, Resolution::Hour.duration()),
        writer: None,
        ..row.key
    };
    row
}

async fn save(test: &TestStore, rows: &[ActivityRow]) -> Outcome {
    let mut tx = test.store.begin().await?;
    tx.save_activity(rows).await?;
    tx.commit().await
}

/// Reads a day around the present moment.
async fn read(
    test: &TestStore,
    organization_id: OrganizationId,
    of: &[Option<EndpointId>],
) -> Result<Vec<ActivityRow>, StoreError> {
    let day = Duration::from_hours(24);
    let span = Span {
        from: test.now().minus(day),
        to: test.now().plus(day),
    };
    let mut rows = test
        .reads()
        .activity_rows(organization_id, of, span)
        .await?;
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(rows)
}

pub async fn activity_is_read_as_it_was_written_last(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let (id, at) = (subscriber.organization.id, test.now());
    let rows = [1, 2].map(|number| minute(&subscriber, at, ONE, number));
    let others = minute(&subscriber, at, OTHER, 3);
    let (all, merged) = (of_all(&rows[1]), hour(&rows[1]));
    save(test, &[rows[0].clone(), others.clone()]).await?;
    save(test, &[rows[1].clone(), all.clone(), merged.clone()]).await?;

    let endpoint_id = Some(subscriber.endpoint.id.clone());
    let of_endpoint = read(test, id, std::slice::from_ref(&endpoint_id)).await?;
    assert_eq!(
        of_endpoint,
        [rows[1].clone(), others.clone(), merged.clone()]
    );
    assert_eq!(read(test, id, &[None]).await?, std::slice::from_ref(&all));
    let everything = read(test, id, &[endpoint_id, None]).await?;
    assert_eq!(everything, [all, rows[1].clone(), others, merged]);
    Ok(())
}

pub async fn activity_is_read_in_its_span_and_of_its_organization_only(
    test: &TestStore,
) -> Outcome {
    let subscriber = test.subscriber().await;
    let stranger = test.subscriber().await;
    let ms = Duration::from_millis(1);
    let span = Span {
        from: test.now(),
        to: test.now().plus(Duration::from_mins(1)),
    };
    let inside = [span.from, span.to.minus(ms)].map(|at| minute(&subscriber, at, ONE, 1));
    let outside = [span.from.minus(ms), span.to].map(|at| minute(&subscriber, at, ONE, 1));
    save(test, &inside).await?;
    save(test, &outside).await?;
    let of = [Some(subscriber.endpoint.id.clone())];
    let read = async |whose: &Subscriber| {
        let reads = test.reads();
        reads.activity_rows(whose.organization.id, &of, span).await
    };
    let mut found = read(&subscriber).await?;
    found.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(found, inside);
    assert_eq!(read(&stranger).await?, []);
    Ok(())
}

pub async fn activity_is_added_up_by_the_hour(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let stranger = test.subscriber().await;
    let hour_at = floor(test.now(), Duration::from_hours(1));
    let minutes = |count| hour_at.plus(Duration::from_mins(count));
    let rows = [
        minute(&subscriber, minutes(0), ONE, 1),
        minute(&subscriber, minutes(59), ONE, 2),
        minute(&subscriber, minutes(59), OTHER, 3),
        hour(&minute(&subscriber, minutes(1), ONE, 4)),
        minute(&subscriber, minutes(60), ONE, 5),
        minute(&subscriber, minutes(120), ONE, 6),
        of_all(&minute(&subscriber, minutes(1), ONE, 7)),
        minute(&stranger, minutes(1), ONE, 8),
    ];
    save(test, &rows).await?;
    let span = Span {
        from: hour_at,
        to: minutes(120),
    };
    let endpoint_id = Some(subscriber.endpoint.id.clone());
    let of = [None, endpoint_id.clone()];
    let reads = test.reads();
    let id = subscriber.organization.id;
    let mut found = reads.activity_by_hour(id, &of, span).await?;
    found.sort_by(|one, other| (&one.endpoint_id, one.at).cmp(&(&other.endpoint_id, other.at)));
    let expected = |endpoint_id: Option<EndpointId>, at, of: &[usize]| {
        let mut counts = Counts::default();
        for place in of {
            let Activity {
                deliveries,
                attempts,
                ..
            } = rows[*place].activity;
            counts += &Counts {
                deliveries,
                attempts,
            };
        }
        HourCounts {
            endpoint_id,
            at,
            counts,
        }
    };
    let all = [
        expected(None, hour_at, &[6]),
        expected(endpoint_id.clone(), hour_at, &[0, 1, 2, 3]),
        expected(endpoint_id, minutes(60), &[4]),
    ];
    assert_eq!(found, all);
    assert_eq!(reads.activity_by_hour(id, &[], span).await?, []);
    Ok(())
}

pub async fn the_oldest_activity_is_taken_first_and_once(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let now = test.now();
    let rows: Vec<ActivityRow> = [3, 1, 2, 0]
        .map(|minutes| minute(&subscriber, now.minus(Duration::from_mins(minutes)), ONE, 1))
        .into();
    save(test, &rows).await?;
    save(test, &[hour(&rows[0])]).await?;

    let mut taken = Vec::new();
    for limit in [2, 10, 10] {
        let mut tx = test.store.begin().await?;
        let batch = tx.take_activity(Resolution::Minute, now, limit).await?;
        tx.commit().await?;
        let mut minutes = batch.items;
        minutes.sort_by_key(|row| row.key.at);
        taken.push(minutes);
    }
    let [first, second] = [
        [&rows[0], &rows[2]].map(Clone::clone).to_vec(),
        vec![rows[1].clone()],
    ];
    assert_eq!(taken, [first, second, vec![]]);
    let of = [Some(subscriber.endpoint.id.clone())];
    let left = read(test, subscriber.organization.id, &of).await?;
    assert_eq!(left, [rows[3].clone(), hour(&rows[0])]);
    Ok(())
}

pub async fn activity_is_locked_by_its_key(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let row = minute(&subscriber, test.now(), ONE, 1);
    let merged = hour(&row);
    save(test, &[row.clone(), merged.clone(), of_all(&merged)]).await?;
    let missing = ActivityKey {
        writer: Some(OTHER),
        ..row.key.clone()
    };
    let mut tx = test.store.begin().await?;
    assert_eq!(tx.lock_activity(&[]).await?, []);
    let mut found = tx
        .lock_activity(&[row.key.clone(), missing, merged.key.clone()])
        .await?;
    found.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(found, [row, merged]);
    Ok(())
}

pub async fn what_waits_is_counted_as_far_as_asked(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let stranger = test.subscriber().await;
    let id = subscriber.organization.id;
    let now = test.now();
    let due_at = now.minus(Duration::from_secs(1));
    for at in [now, due_at, now.plus(Duration::from_secs(1))] {
        test.due(&subscriber, at).await?;
    }
    test.held(&subscriber).await?;
    test.held(&other).await?;
    test.held(&stranger).await?;
    let failed = test.seed.delivery(&other).await;
    test.save(exhausted(test, failed)).await?;

    let count = async |organization_id, endpoint_id, most| {
        let reads = test.reads();
        reads.waiting(organization_id, endpoint_id, now, most).await
    };
    let of_all = Waiting {
        pending: 3,
        delivering: 0,
        held: 2,
        retained_payloads: 1,
        oldest_due_at: Some(due_at),
    };
    let of_one = Waiting {
        held: 1,
        retained_payloads: 0,
        ..of_all
    };
    assert_eq!(count(id, None, 10).await?, of_all);
    assert_eq!(count(id, Some(&subscriber.endpoint.id), 10).await?, of_one);
    let stranger_id = stranger.organization.id;
    let foreign = count(stranger_id, Some(&subscriber.endpoint.id), 10).await?;
    assert_eq!(foreign, Waiting::default());
    let few = Waiting {
        pending: 2,
        ..of_all
    };
    assert_eq!(count(id, None, 2).await?, few);

    test.claim("dispatcher", 1).await?;
    let claimed = Waiting {
        pending: 2,
        delivering: 1,
        oldest_due_at: Some(now),
        ..of_all
    };
    assert_eq!(count(id, None, 10).await?, claimed);
    let of_one = Waiting {
        held: 1,
        retained_payloads: 0,
        ..claimed
    };
    assert_eq!(count(id, Some(&subscriber.endpoint.id), 10).await?, of_one);
    Ok(())
}
