//! Looks at what was committed, beside the service: the laws judge this and nothing that the
//! service says of itself.

use std::collections::BTreeSet;

use kayle_app::ports::store::{DeliveryFilter, EventFilter, SessionFilter, Store};
use kayle_delivery::{Delivery, DeliveryState, LeaseHolder};
use kayle_primitives::{Clock, DeliveryId, EndpointId, OrganizationId, PageLimit, PageRequest};

use crate::history::{ClaimRecord, DeliveryRecord, History, SessionRecord};
use crate::laws::change::{self, Cause, Change};
use crate::laws::enabling;
use crate::store::Shared;

const READABLE: &str = "the memory store answers";

/// Writes down every change since the last look. `settled` names the deliveries of a settlement and
/// whose results they are.
pub(crate) async fn observe(shared: &Shared, cause: Cause, settled: &[(DeliveryId, LeaseHolder)]) {
    let organization_id = shared.history().organization_id;
    let Some(organization_id) = organization_id else {
        return;
    };
    {
        let mut history = shared.history();
        history.latest = history.latest.max(Some(shared.clock.now()));
    }
    if cause == Cause::Transaction {
        look_at_sessions(shared, organization_id).await;
        look_at_events(shared, organization_id).await;
    }
    let deliveries = all_deliveries(shared, organization_id).await;
    if cause == Cause::Transaction {
        look_at_endpoints(shared, organization_id, &deliveries).await;
    }
    for delivery in deliveries {
        let known = {
            let history = shared.history();
            let record = history.deliveries.get(&delivery.id);
            record.map(|record| (record.delivery == delivery, record.attempts.len()))
        };
        let attempts_known = match known {
            Some((true, _)) => continue,
            Some((false, attempts)) => attempts,
            None => 0,
        };
        let reads = shared.memory.reads();
        let attempts = reads.attempts_of(organization_id, &delivery.id).await;
        let attempts = attempts.expect(READABLE);
        let cause = match settled.iter().find(|(id, _)| *id == delivery.id) {
            Some((_, holder)) => Cause::Settlement(holder.clone()),
            None => cause.clone(),
        };
        let mut history = shared.history();
        let before = history.deliveries.remove(&delivery.id);
        let change = Change {
            before: before.as_ref().map(|record| &record.delivery),
            after: &delivery,
            attempts: attempts.get(attempts_known..).unwrap_or_default(),
            cause: &cause,
        };
        change::judge(&change, &mut history);
        if let Cause::Claim(holder, _) = &cause {
            let claimed_at = history.next_moment();
            let claim = (delivery.id.clone(), holder.clone());
            history.claims.insert(claim, ClaimRecord { claimed_at });
        }
        let record = recorded(&mut history, before.as_ref(), delivery);
        let record = DeliveryRecord { attempts, ..record };
        history
            .deliveries
            .insert(record.delivery.id.clone(), record);
    }
}

fn recorded(
    history: &mut History,
    before: Option<&DeliveryRecord>,
    delivery: Delivery,
) -> DeliveryRecord {
    let was_delivering = before
        .is_some_and(|record| matches!(record.delivery.state, DeliveryState::Delivering { .. }));
    let was_tried = before.is_some_and(|record| 0 < record.delivery.attempt_count);
    let was_cut_off = before.is_some_and(|record| record.was_cut_off);
    let is_scrubbed = delivery.payload.scrubbed_at().is_some();
    let has_failed = delivery.state == DeliveryState::Failed;
    let scrubbed_at = before.and_then(|record| record.scrubbed_at);
    DeliveryRecord {
        scrubbed_at: scrubbed_at.or_else(|| is_scrubbed.then(|| history.next_moment())),
        requeues: before.map_or(0, |record| record.requeues)
            + usize::from(was_tried && delivery.attempt_count == 0),
        was_cut_off: was_cut_off || (was_delivering && is_scrubbed && has_failed),
        attempts: Vec::new(),
        delivery,
    }
}

async fn look_at_sessions(shared: &Shared, organization_id: OrganizationId) {
    let reads = shared.memory.reads();
    let page = reads
        .list_sessions(organization_id, &SessionFilter::default(), &page(None))
        .await;
    let mut history = shared.history();
    for session in page.expect(READABLE).items {
        let moment = history.next_moment();
        let before = history.sessions.get(&session.id);
        let suppressed_at = before.and_then(|record| record.suppressed_at);
        let record = SessionRecord {
            suppressed_at: suppressed_at.or_else(|| session.is_suppressed().then_some(moment)),
            session,
        };
        history.sessions.insert(record.session.id.clone(), record);
    }
}

/// Finds which endpoints were enabled, and judges what waits at them.
async fn look_at_endpoints(
    shared: &Shared,
    organization_id: OrganizationId,
    deliveries: &[Delivery],
) {
    let reads = shared.memory.reads();
    let organization = reads.find_organization(organization_id).await;
    let is_frozen = organization
        .expect(READABLE)
        .is_some_and(|organization| organization.is_frozen());
    let enabled = reads
        .list_endpoints(organization_id, Some(true), &page(None))
        .await;
    let enabled = enabled.expect(READABLE).expect("no cursor is unknown");
    let open = enabled.items.into_iter().map(|endpoint| endpoint.id);
    let open: BTreeSet<EndpointId> = open.filter(|_| !is_frozen).collect();
    let mut history = shared.history();
    let opened = open.difference(&history.open_endpoints).cloned().collect();
    history.open_endpoints = open;
    enabling::judge(&opened, deliveries, &mut history);
}

async fn look_at_events(shared: &Shared, organization_id: OrganizationId) {
    let reads = shared.memory.reads();
    let filter = EventFilter::default();
    let found = reads
        .list_events(organization_id, &filter, &page(None))
        .await;
    let found = found.expect(READABLE).expect("no cursor is unknown");
    let mut history = shared.history();
    for event in found.items.into_iter().map(|found| found.event) {
        history.events.entry(event.id.clone()).or_insert(event);
    }
}

async fn all_deliveries(shared: &Shared, organization_id: OrganizationId) -> Vec<Delivery> {
    let reads = shared.memory.reads();
    let filter = DeliveryFilter::default();
    let mut all = Vec::new();
    let mut next = page(None);
    loop {
        let found = reads.list_deliveries(organization_id, &filter, &next).await;
        let found = found.expect(READABLE).expect("no cursor is unknown");
        let has_more = found.has_more;
        all.extend(found.items);
        if !has_more {
            return all;
        }
        next = page(all.last().map(|delivery| delivery.id.clone()));
    }
}

fn page<C>(starting_after: Option<C>) -> PageRequest<C> {
    PageRequest {
        limit: PageLimit::new(100).expect("100 is the longest page"),
        starting_after,
    }
}
