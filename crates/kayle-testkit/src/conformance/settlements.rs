//! Settlements: what came of an attempt is written by the holder of the lease, or not at all.

use std::net::{IpAddr, Ipv6Addr};
use std::slice;
use std::time::Duration;

use kayle_app::ports::queue::{Claimed, Settled, Settlement};
use kayle_app::ports::store::StoreError;
use kayle_delivery::step::AfterFailure;
use kayle_delivery::{
    Attempt, AttemptOutcome, ConnectionUse, Delivery, DeliveryState, FailureReason, Input,
    LeaseHolder, Phases, RetrySchedules, Step, step,
};
use kayle_endpoints::Retention;
use kayle_primitives::DeliveryAttemptId;
use strum::IntoEnumIterator;

use super::{Outcome, TestStore};
use crate::seed::Subscriber;

const ACCEPTED: AttemptOutcome = AttemptOutcome::Accepted { status_code: 204 };
const REFUSED: AttemptOutcome = AttemptOutcome::Refused { status_code: 503 };

pub async fn a_settlement_is_written_with_its_attempt(test: &TestStore) -> Outcome {
    let claim = claimed(test, &test.subscriber().await, "a").await?;
    let mut settlement = finished(test, &claim, "a", ACCEPTED);
    settlement.step = settlement.step.with_phases(Phases {
        connection: Some(ConnectionUse::New),
        remote_address: Some(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
        dns: Some(Duration::from_millis(3)),
        connect: Some(Duration::ZERO),
        tls: None,
        first_byte: Some(Duration::from_millis(40)),
    });
    let settled = test.queue.settle(slice::from_ref(&settlement)).await?;

    assert_eq!(settled, [Settled::Written]);
    let Step { delivery, attempt } = settlement.step;
    assert_eq!(delivery.state, DeliveryState::Succeeded);
    assert_eq!(test.stored(&delivery).await?, delivery);
    assert_eq!(attempts(test, &delivery).await?, Vec::from_iter(attempt));
    // No step makes it pending again; if one did, there would be nothing to send.
    test.save(claim.delivery).await?;
    assert_bytes_are_gone(test, &delivery).await
}

pub async fn a_failed_attempt_leaves_the_payload_to_be_claimed_again(test: &TestStore) -> Outcome {
    let claim = claimed(test, &test.subscriber().await, "a").await?;
    test.seed.make.clock.advance(Duration::from_secs(1));
    let settlement = finished(test, &claim, "a", REFUSED);
    test.queue.settle(slice::from_ref(&settlement)).await?;
    assert_eq!(
        test.stored(&claim.delivery).await?,
        settlement.step.delivery
    );

    test.seed.make.clock.advance(Duration::from_secs(5));
    let again = test.claim("b", 10).await?;
    let bytes: Vec<_> = again.into_iter().map(|claim| claim.jwe).collect();
    assert_eq!(bytes, [claim.jwe]);
    Ok(())
}

pub async fn a_settlement_by_another_holder_is_lost(test: &TestStore) -> Outcome {
    let claim = claimed(test, &test.subscriber().await, "a").await?;
    let foreign = finished(test, &claim, "b", ACCEPTED);
    assert_eq!(test.queue.settle(&[foreign]).await?, [Settled::LeaseLost]);
    assert_eq!(test.stored(&claim.delivery).await?, claim.delivery);
    assert_eq!(attempts(test, &claim.delivery).await?, []);
    Ok(())
}

pub async fn a_settlement_after_a_withdrawal_is_lost(test: &TestStore) -> Outcome {
    let claim = claimed(test, &test.subscriber().await, "a").await?;
    let late = finished(test, &claim, "a", REFUSED);
    let withdrawn = step(&claim.delivery, Input::Withdrawn, test.now());
    let withdrawn = withdrawn.expect("it has not succeeded").delivery;
    let withdrawn = test.save(withdrawn).await?;
    assert_eq!(test.queue.settle(&[late]).await?, [Settled::LeaseLost]);
    assert_eq!(test.stored(&withdrawn).await?, withdrawn);
    assert_eq!(attempts(test, &withdrawn).await?, []);
    Ok(())
}

pub async fn of_two_settlements_of_a_delivery_its_holders_is_written(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    for holders_comes_first in [true, false] {
        let claim = claimed(test, &subscriber, "a").await?;
        let late = finished(test, &claim, "b", REFUSED);
        let holders = finished(test, &claim, "a", ACCEPTED);
        let (batch, answers) = if holders_comes_first {
            ([&holders, &late], [Settled::Written, Settled::LeaseLost])
        } else {
            ([&late, &holders], [Settled::LeaseLost, Settled::Written])
        };
        let settled = test.queue.settle(&batch.map(Settlement::clone)).await?;
        assert_eq!(settled, answers, "{holders_comes_first}");
        let Step { delivery, attempt } = holders.step;
        assert_eq!(test.stored(&delivery).await?, delivery);
        assert_eq!(attempts(test, &delivery).await?, Vec::from_iter(attempt));
    }
    Ok(())
}

pub async fn settlements_are_answered_in_their_order(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let first = claimed(test, &subscriber, "a").await?;
    let lost = claimed(test, &subscriber, "a").await?;
    let second = claimed(test, &subscriber, "b").await?;
    let settlements = [
        finished(test, &second, "b", ACCEPTED),
        finished(test, &lost, "b", ACCEPTED),
        finished(test, &first, "a", REFUSED),
    ];
    assert_eq!(
        test.queue.settle(&settlements).await?,
        [Settled::Written, Settled::LeaseLost, Settled::Written]
    );
    let [second, _, first] = settlements.map(|settlement| settlement.step.delivery);
    for delivery in [first, lost.delivery, second] {
        assert_eq!(test.stored(&delivery).await?, delivery);
    }
    assert_eq!(test.queue.settle(&[]).await?, []);
    Ok(())
}

pub async fn attempts_are_given_in_the_order_they_were_made(test: &TestStore) -> Outcome {
    let outcomes = FailureReason::iter().map(AttemptOutcome::NoAnswer).chain([
        AttemptOutcome::Blocked {
            address: [0xfd00, 0, 0, 0, 0, 0, 0, 1].into(),
        },
        AttemptOutcome::UrlRejected,
        REFUSED,
        ACCEPTED,
    ]);
    let mut delivery = test.seed.delivery(&test.subscriber().await).await;
    let mut expected: Vec<Attempt> = Vec::new();
    for outcome in outcomes {
        let again = step(&delivery, Input::Requeued, test.now()).expect("it is retained");
        test.save(again.delivery).await?;
        let claim = the_one(test.claim("a", 10).await?);
        test.seed.make.clock.advance(Duration::from_millis(7));
        let settlement = finished(test, &claim, "a", outcome);
        test.queue.settle(slice::from_ref(&settlement)).await?;
        delivery = settlement.step.delivery;
        expected.extend(settlement.step.attempt);
    }
    assert_eq!(attempts(test, &delivery).await?, expected);
    Ok(())
}

pub async fn a_released_delivery_is_due_again_and_records_no_attempt(test: &TestStore) -> Outcome {
    let claim = claimed(test, &test.subscriber().await, "a").await?;
    let due_at = test.now().plus(Duration::from_secs(5));
    let released = settlement(test, &claim, "a", Input::Released { due_at });
    let settled = test.queue.settle(slice::from_ref(&released)).await?;
    assert_eq!(settled, [Settled::Written]);
    let delivery = released.step.delivery;
    assert_eq!(test.stored(&delivery).await?, delivery);
    assert_eq!(attempts(test, &delivery).await?, []);
    assert_eq!(test.queue.next_due_at().await?, Some(due_at));
    Ok(())
}

pub async fn a_hold_for_a_disabled_endpoint_is_written(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let subscriber = test.disabled_subscriber(&organization).await;
    let claim = claimed(test, &subscriber, "a").await?;
    assert_held(test, &claim).await
}

pub async fn a_hold_for_a_frozen_organization_is_written(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let claim = claimed(test, &subscriber, "a").await?;
    test.set_frozen(&subscriber.organization, true).await?;
    assert_held(test, &claim).await
}

pub async fn a_hold_that_nobody_would_release_becomes_pending(test: &TestStore) -> Outcome {
    let claim = claimed(test, &test.subscriber().await, "a").await?;
    let now = test.seed.make.clock.advance(Duration::from_secs(1));
    let hold = settlement(test, &claim, "a", Input::Held);
    let settled = test.queue.settle(slice::from_ref(&hold)).await?;
    assert_eq!(settled, [Settled::Written]);
    let resumed = step(&hold.step.delivery, Input::Resumed, now).expect("it is held");
    assert_eq!(test.stored(&claim.delivery).await?, resumed.delivery);
    assert_eq!(test.claim("b", 10).await?.len(), 1);
    Ok(())
}

async fn assert_held(test: &TestStore, claim: &Claimed) -> Outcome {
    let hold = settlement(test, claim, "a", Input::Held);
    let settled = test.queue.settle(slice::from_ref(&hold)).await?;
    assert_eq!(settled, [Settled::Written]);
    assert_eq!(test.stored(&claim.delivery).await?, hold.step.delivery);
    assert_eq!(test.claim("b", 10).await?, []);
    Ok(())
}

/// Asserts that a delivery that is saved as if it had its payload has none.
pub(super) async fn assert_bytes_are_gone(test: &TestStore, delivery: &Delivery) -> Outcome {
    let stored = test.stored(delivery).await?;
    let state = DeliveryState::Pending { due_at: test.now() };
    test.save(Delivery { state, ..stored }).await?;
    match test.claim("z", 10).await {
        Ok(claimed) => assert_eq!(claimed, []),
        Err(StoreError::Corrupt { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Stores a delivery that is due and claims it.
async fn claimed(
    test: &TestStore,
    subscriber: &Subscriber,
    holder: &str,
) -> Result<Claimed, StoreError> {
    test.seed.delivery(subscriber).await;
    Ok(the_one(test.claim(holder, 10).await?))
}

fn the_one(claimed: Vec<Claimed>) -> Claimed {
    let [claim] = <[Claimed; 1]>::try_from(claimed).expect("one delivery is due");
    claim
}

/// Finishes the attempt that began with the claim.
fn finished(
    test: &TestStore,
    claim: &Claimed,
    holder: &str,
    outcome: AttemptOutcome,
) -> Settlement {
    let schedules = RetrySchedules::default();
    let input = Input::AttemptFinished {
        attempt_id: DeliveryAttemptId::generate(test.now(), test.seed.make.entropy()),
        started_at: claim.delivery.updated_at,
        outcome,
        after_failure: AfterFailure {
            schedule: &schedules.standard,
            retention: Retention::ThreeDays,
            retry_after: None,
        },
    };
    settlement(test, claim, holder, input)
}

fn settlement(test: &TestStore, claim: &Claimed, holder: &str, input: Input<'_>) -> Settlement {
    Settlement {
        holder: LeaseHolder(holder.to_owned()),
        step: step(&claim.delivery, input, test.now()).expect("it is being delivered"),
    }
}

async fn attempts(test: &TestStore, delivery: &Delivery) -> Result<Vec<Attempt>, StoreError> {
    test.reads()
        .attempts_of(delivery.organization_id, &delivery.id)
        .await
}
