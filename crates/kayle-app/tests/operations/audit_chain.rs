//! Whatever is done to a log behind the service's back shows (contract 10).

use std::sync::Arc;
use std::time::Duration;

use kayle_app::access::OPERATORS;
use kayle_app::audit::{AuditBreak, AuditRow};
use kayle_app::retention::AUDIT_RETENTION;
use kayle_crypto::KeyRing;
use kayle_primitives::OrganizationId;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{at_once, caller_of, first_page, webhooks_with_keys};

/// Writes a log of this many rows, and gives them in their order.
async fn log_of(rows: usize) -> (OrganizationId, Vec<AuditRow>) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    write(&kit, organization.id, rows).await;
    (organization.id, stored(&kit, organization.id).await)
}

async fn write(kit: &TestWebhooks, id: OrganizationId, rows: usize) {
    for _ in 0..rows {
        let unfreeze = kit.webhooks.unfreeze_organization(id).await;
        unfreeze.expect("the organization is there");
        kit.clock.advance(Duration::from_secs(1));
    }
}

async fn stored(kit: &TestWebhooks, id: OrganizationId) -> Vec<AuditRow> {
    let rows = kit.webhooks.list_audit_rows(id, &first_page()).await;
    let mut rows = rows.expect("the store is well").expect("no cursor").items;
    rows.reverse();
    rows
}

/// Returns a store that holds these rows, written in this order: its head is the last of them.
async fn forged(rows: &[AuditRow]) -> TestWebhooks {
    let kit = test_webhooks();
    let mut tx = kit.seed.begin().await;
    for row in rows {
        let inserted = tx.insert_audit_row(row).await;
        inserted.expect("each place is taken once");
    }
    tx.commit().await.expect("the store is well");
    kit
}

async fn broken(kit: &TestWebhooks, id: OrganizationId) -> Option<AuditBreak> {
    let verified = kit.webhooks.verify_audit_log(id).await;
    verified.expect("the store is well").broken
}

/// Says how the log of five rows is broken after a change of them.
async fn check(change: impl FnOnce(&mut Vec<AuditRow>), expected: Option<AuditBreak>) {
    let (id, mut rows) = log_of(5).await;
    change(&mut rows);
    assert_eq!(broken(&forged(&rows).await, id).await, expected);
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_whole() {
    check(|_| {}, None).await;
    let kit = test_webhooks();
    let nobody = kit.seed.organization().await;
    assert_eq!(broken(&kit, nobody.id).await, None, "an empty one too");
}

#[tokio::test]
async fn an_altered_row_shows() {
    type Alteration = fn(&mut AuditRow);
    let alterations: [Alteration; 6] = [
        |row| row.action.push('!'),
        |row| row.subject_id.push('!'),
        |row| drop(row.details.insert("a".to_owned(), 1.into())),
        |row| row.actor = kayle_app::access::Actor::Service("another".to_owned()),
        |row| row.created_at = row.created_at.plus(Duration::from_millis(1)),
        |row| row.hash.replace_range(..1, "g"),
    ];
    for alteration in alterations {
        for place in [0, 2, 4] {
            let sequence = u64::try_from(place).unwrap() + 1;
            let altered = AuditBreak::Altered(sequence);
            check(|rows| alteration(&mut rows[place]), Some(altered)).await;
        }
    }
}

#[tokio::test]
async fn a_missing_row_shows() {
    for (place, sequence) in [(0, 1), (2, 3)] {
        let missing = Some(AuditBreak::Missing(sequence));
        check(|rows| drop(rows.remove(place)), missing).await;
    }
}

#[tokio::test]
async fn rows_behind_the_head_show() {
    let set_back = |rows: &mut Vec<AuditRow>| rows.swap(3, 4);
    check(set_back, Some(AuditBreak::Head(4))).await;
}

#[tokio::test]
async fn rows_in_each_others_place_show() {
    let swapped = |rows: &mut Vec<AuditRow>| {
        let (one, other) = (rows[1].sequence, rows[2].sequence);
        (rows[1].sequence, rows[2].sequence) = (other, one);
    };
    check(swapped, Some(AuditBreak::Altered(2))).await;
}

#[tokio::test]
async fn a_row_of_another_organization_shows() {
    let (id, mut rows) = log_of(2).await;
    let kit = test_webhooks();
    kit.seed.organization().await;
    let stranger = kit.seed.organization().await;
    write(&kit, stranger.id, 2).await;
    let foreign = stored(&kit, stranger.id).await.remove(1);
    rows[1] = AuditRow {
        organization_id: id,
        ..foreign
    };
    let kit = forged(&rows).await;
    assert_eq!(broken(&kit, id).await, Some(AuditBreak::Altered(2)));
}

#[tokio::test]
async fn a_start_that_was_cut_off_shows_unless_the_log_says_that_age_did_it() {
    let (id, rows) = log_of(5).await;
    let kit = forged(&rows).await;
    let mut tx = kit.seed.begin().await;
    let cut = tx.purge_audit_rows(id, rows[2].created_at, 100).await;
    assert_eq!(cut.unwrap().unwrap().sequence, 2);
    tx.commit().await.unwrap();
    assert_eq!(broken(&kit, id).await, Some(AuditBreak::Missing(2)));
}

#[tokio::test]
async fn a_log_is_whole_after_every_purge() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    for _ in 0..3 {
        write(&kit, organization.id, 3).await;
        kit.clock.advance(AUDIT_RETENTION);
        kit.webhooks.purge().await.unwrap();
        assert_eq!(broken(&kit, organization.id).await, None);
    }
    assert!(stored(&kit, organization.id).await.len() < 5);
}

#[tokio::test]
async fn a_log_is_checked_from_batch_to_batch() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let rows = kayle_app::limits::SWEEP_BATCH_MAX + 1;
    write(&kit, organization.id, rows).await;
    let verified = kit.webhooks.verify_audit_log(organization.id).await;
    let verified = verified.unwrap();
    assert_eq!(verified.rows, u64::try_from(rows).unwrap());
    assert_eq!(verified.broken, None);
}

#[tokio::test]
async fn the_logs_of_all_organizations_are_checked_each_on_its_own() {
    let (id, mut rows) = log_of(3).await;
    rows[1].subject_id.push('!');
    let kit = forged(&rows).await;
    let forged_one = kit.seed.organization().await;
    assert_eq!(
        forged_one.id, id,
        "the same seed makes the same organization"
    );
    let wiped = kit.seed.organization().await;
    let whole = kit.webhooks.create_organization("Whole Ltd").await;
    let whole = whole.unwrap();
    let verified = kit.webhooks.verify_audit_logs().await.unwrap();
    let mut broken: Vec<_> = verified
        .into_iter()
        .map(|one| (one.organization_id, one.broken))
        .collect();
    let mut expected = vec![
        (id, Some(AuditBreak::Altered(2))),
        (whole.id, None),
        (wiped.id, Some(AuditBreak::Missing(1))),
        (OPERATORS, None),
    ];
    broken.sort_by_key(|(id, _)| *id);
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(broken, expected);
}

#[tokio::test]
async fn a_log_stays_whole_over_a_change_of_the_secret_key() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    write(&kit, organization.id, 2).await;
    let changed = KeyRing::new(&[1; 32], &[&[7; 32]]).unwrap();
    let changed = webhooks_with_keys(&kit, changed);
    changed
        .unfreeze_organization(organization.id)
        .await
        .unwrap();
    let verified = changed.verify_audit_log(organization.id).await;
    assert_eq!(verified.unwrap().broken, None);

    let elsewhere = webhooks_with_keys(&kit, KeyRing::new(&[9; 32], &[]).unwrap());
    let verified = elsewhere.verify_audit_log(organization.id).await;
    assert_eq!(verified.unwrap().broken, Some(AuditBreak::Altered(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_at_once_are_told_one_after_another() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let changes = (0..16).map(|_| {
        let (webhooks, id) = (Arc::clone(&kit.webhooks), subscriber.endpoint.id.clone());
        let caller = caller_of(organization.id);
        async move {
            let rotated = webhooks.rotate_signing_secret(&caller, &id).await;
            rotated.map(drop).expect("the endpoint is there");
        }
    });
    at_once(changes.collect()).await;
    assert_eq!(stored(&kit, organization.id).await.len(), 16);
    assert_eq!(broken(&kit, organization.id).await, None);
}
