//! Leases: who holds what, and what nobody holds any longer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kayle_app::ports::queue::ExpiredLease;
use kayle_app::ports::store::Portion;
use kayle_delivery::LeaseHolder;
use kayle_endpoints::{DeliveryPolicy, Endpoint, Retention, RetryScheduleName};
use kayle_primitives::Timestamp;

use super::{Outcome, TestStore};
use crate::seed::Subscriber;

pub async fn a_holder_sees_what_it_still_holds(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let mut mine = BTreeSet::new();
    for _ in 0..3 {
        mine.insert(test.seed.delivery(&subscriber).await.id);
    }
    test.claim("a", 10).await?;
    let other = test.seed.delivery(&subscriber).await.id;
    test.claim("b", 10).await?;
    let all: Vec<_> = mine.iter().chain([&other]).cloned().collect();
    let leased_to = async |holder: &str| {
        let holder = LeaseHolder(holder.to_owned());
        test.queue
            .still_leased_to(&holder, &all)
            .await
            .map(BTreeSet::from_iter)
    };
    assert_eq!(leased_to("a").await?, mine);
    assert_eq!(leased_to("b").await?, BTreeSet::from([other]));
    assert_eq!(leased_to("c").await?, BTreeSet::new());
    Ok(())
}

pub async fn expired_leases_come_the_longest_expired_first(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let mut leased = Vec::new();
    for (holder, until_ms) in [("a", 9), ("b", 1), ("c", 5), ("d", 10)] {
        let delivery = test.seed.delivery(&subscriber).await;
        let mut request = test.request(holder, 1);
        request.lease.until = test.now().plus(Duration::from_millis(until_ms));
        test.queue.claim_due(&request).await?;
        leased.push(test.stored(&delivery).await?);
    }
    let now = test.seed.make.clock.advance(Duration::from_millis(9));
    let expired = async |limit| {
        let expired = test
            .queue
            .expired_leases(now, Portion::first(limit))
            .await?
            .items;
        let deliveries = expired.into_iter().map(|lease| lease.delivery);
        Ok(deliveries.collect::<Vec<_>>())
    };
    let [third, first, second, _] = leased.try_into().expect("there are four");
    assert_eq!(expired(2).await?, [first.clone(), second.clone()]);
    assert_eq!(expired(10).await?, [first, second, third]);
    Ok(())
}

pub async fn an_expired_lease_brings_its_endpoints_policy(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let endpoint = Endpoint {
        retry_schedule: RetryScheduleName::Short,
        retention: Retention::OneDay,
        ..test.seed.make.endpoint(&subscriber.organization)
    };
    test.seed.endpoint(&endpoint).await;
    let key = test.seed.make.encryption_key(&endpoint);
    test.seed.key(&key).await;
    let subscriber = Subscriber {
        endpoint: endpoint.clone(),
        key,
        ..subscriber
    };
    let delivery = test.seed.delivery(&subscriber).await;
    test.claim("a", 1).await?;

    let now = test.seed.make.clock.advance(Duration::from_mins(1));
    let expected = ExpiredLease {
        delivery: test.stored(&delivery).await?,
        policy: endpoint.delivery_policy(),
    };
    assert_eq!(
        test.queue
            .expired_leases(now, Portion::first(10))
            .await?
            .items,
        [expected]
    );
    Ok(())
}

pub async fn policies_are_those_of_the_endpoints_as_they_are(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let changed = Endpoint {
        retry_schedule: RetryScheduleName::Short,
        retention: Retention::None,
        ..subscriber.endpoint.clone()
    };
    let mut tx = test.store.begin().await?;
    tx.save_endpoint(&changed).await?;
    tx.commit().await?;
    let other = test
        .seed
        .subscriber(&subscriber.organization)
        .await
        .endpoint;
    let gone = test.seed.make.endpoint(&subscriber.organization).id;

    let asked = [changed.id.clone(), other.id.clone(), gone.clone()];
    let expected = [
        (changed.id.clone(), changed.delivery_policy()),
        (other.id.clone(), other.delivery_policy()),
        (gone, DeliveryPolicy::OF_A_DELETED_ENDPOINT),
    ];
    assert_eq!(
        test.queue.policies(&asked.into()).await?,
        BTreeMap::from(expected)
    );
    Ok(())
}

pub async fn the_next_due_time_is_that_of_the_first_pending_delivery(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let later = |ms| -> Timestamp { test.now().plus(Duration::from_millis(ms)) };
    assert_eq!(test.queue.next_due_at().await?, None);
    test.due(&subscriber, later(9)).await?;
    test.due(&subscriber, later(0)).await?;
    test.due(&subscriber, later(5)).await?;
    assert_eq!(test.queue.next_due_at().await?, Some(later(0)));
    test.claim("a", 1).await?;
    assert_eq!(test.queue.next_due_at().await?, Some(later(5)));
    Ok(())
}
