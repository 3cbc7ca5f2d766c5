//! The audit log.

use std::cmp::Reverse;
use std::slice;
use std::time::Duration;

use kayle_app::access::{Actor, OPERATORS};
use kayle_app::audit::{AuditChain, AuditLink, AuditRow};
use kayle_app::ports::store::StoreError;
use kayle_primitives::{AuditId, Organization, Timestamp};
use serde_json::{Value, json};

use super::pages::{after, walked};
use super::{Outcome, TestStore, assert_conflict};

pub async fn an_audit_row_is_read_as_it_was_written(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let key = test.seed.make.api_key(&organization).id;
    let actors = [
        Actor::System,
        Actor::ApiKey(key),
        Actor::User(key.0),
        Actor::Service("capture ä".to_owned()),
    ];
    let mut expected = Vec::new();
    for (sequence, actor) in (1..).zip(actors) {
        expected.push(AuditRow {
            actor,
            details: every_kind_of_detail(),
            ..test.seed.make.audit_row(&organization, sequence)
        });
    }
    insert(test, &expected).await?;
    let reads = test.reads();
    let read = reads.audit_rows_after(organization.id, 0, 10).await?;
    assert_eq!(read, expected);
    Ok(())
}

pub async fn a_fresh_chain_begins_and_ends_nowhere(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let mut tx = test.store.begin().await?;
    let locked = tx.lock_audit_chain(organization.id).await?;
    assert_eq!(locked, AuditChain::default());
    let reads = test.reads();
    assert_eq!(reads.audit_chain(organization.id).await?, locked);
    let rows = reads.audit_rows_after(organization.id, 0, 10).await?;
    assert_eq!(rows, []);
    Ok(())
}

pub async fn a_chain_may_be_nobodys(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let row = AuditRow {
        organization_id: OPERATORS,
        ..test.seed.make.audit_row(&organization, 1)
    };
    insert(test, slice::from_ref(&row)).await?;
    let reads = test.reads();
    let read = reads.audit_rows_after(OPERATORS, 0, 10).await?;
    assert_eq!(read, slice::from_ref(&row));
    assert_eq!(reads.audit_chain(OPERATORS).await?.head, link(&row));
    let old = row.created_at.plus(Duration::from_millis(1));
    let named = reads.organizations_with_audit_before(old, None, 10);
    assert_eq!(named.await?, [OPERATORS]);
    // It is no organization.
    assert_eq!(reads.all_organizations().await?, [organization.id]);
    Ok(())
}

pub async fn an_inserted_row_is_the_head_of_its_chain(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let other = test.seed.organization().await;
    let mut tx = test.store.begin().await?;
    for sequence in 1..=3 {
        let row = test.seed.make.audit_row(&organization, sequence);
        tx.insert_audit_row(&row).await?;
        let expected = AuditChain {
            anchor: AuditLink::default(),
            head: link(&row),
        };
        assert_eq!(tx.lock_audit_chain(organization.id).await?, expected);
    }
    let untouched = tx.lock_audit_chain(other.id).await?;
    assert_eq!(untouched, AuditChain::default());
    Ok(())
}

pub async fn a_place_in_a_chain_is_taken_once(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    insert(test, &[test.seed.make.audit_row(&organization, 1)]).await?;
    let again = test.seed.make.audit_row(&organization, 1);
    assert_conflict(insert(test, slice::from_ref(&again)).await);
    // The place is the organization's own.
    let elsewhere = test.seed.organization().await;
    insert(test, &[test.seed.make.audit_row(&elsewhere, 1)]).await
}

pub async fn all_organizations_are_named_by_id(test: &TestStore) -> Outcome {
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.push(test.seed.organization().await.id);
    }
    expected.sort();
    assert_eq!(test.reads().all_organizations().await?, expected);
    Ok(())
}

pub async fn audit_rows_are_listed_newest_first(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let stranger = test.seed.organization().await;
    let foreign = test.seed.make.audit_row(&stranger, 1);
    insert(test, slice::from_ref(&foreign)).await?;
    let mut expected = chain(test, &organization, 3);
    test.seed.make.clock.advance(Duration::from_millis(1));
    for sequence in 4..=6 {
        expected.push(test.seed.make.audit_row(&organization, sequence));
    }
    insert(test, &expected).await?;
    let list = async |request: &_| test.reads().list_audit_rows(organization.id, request).await;
    let fetch = async |request: &_| {
        let page = list(request).await?;
        Ok(page.expect("the cursor is the last item's"))
    };
    let listed = walked(fetch, |row| row.id.clone()).await?;
    expected.sort_by_key(|row| Reverse((row.created_at, row.id.clone())));
    assert_eq!(listed, expected);

    let unknown = AuditId::generate(test.now(), test.seed.make.entropy());
    for cursor in [unknown, foreign.id] {
        assert_eq!(list(&after(&cursor)).await?, None);
    }
    Ok(())
}

pub async fn audit_rows_are_read_in_the_chains_order(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let mut rows = chain(test, &organization, 5);
    // The clock was set back: the order is the chain's all the same.
    rows[3].created_at = test.now().minus(Duration::from_secs(9));
    insert(test, &rows).await?;
    let reads = test.reads();
    let read = reads.audit_rows_after(organization.id, 1, 3).await?;
    assert_eq!(read, rows[1..4]);
    let read = reads.audit_rows_after(organization.id, 5, 3).await?;
    assert_eq!(read, []);
    Ok(())
}

pub async fn a_purge_of_a_chain_moves_its_anchor(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let other = test.seed.organization().await;
    let others = chain(test, &other, 3);
    insert(test, &others).await?;
    let old = chain(test, &organization, 3);
    let boundary = test.seed.make.clock.advance(Duration::from_secs(1));
    let young = test.seed.make.audit_row(&organization, 4);
    insert(test, &old).await?;
    insert(test, slice::from_ref(&young)).await?;

    let purge_two = async || purge(test, &organization, boundary, 2).await;
    assert_eq!(purge_two().await?, Some(link(&old[1])));
    assert_eq!(purge_two().await?, Some(link(&old[2])));
    assert_eq!(purge_two().await?, None);
    let expected = AuditChain {
        anchor: link(&old[2]),
        head: link(&young),
    };
    let reads = test.reads();
    assert_eq!(reads.audit_chain(organization.id).await?, expected);
    let left = reads.audit_rows_after(organization.id, 0, 10).await?;
    assert_eq!(left, [young]);
    let untouched = test.reads().audit_rows_after(other.id, 0, 10).await?;
    assert_eq!(untouched, others);
    Ok(())
}

pub async fn a_purge_stops_at_the_first_row_that_is_young(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let mut rows = chain(test, &organization, 3);
    let boundary = test.seed.make.clock.advance(Duration::from_secs(1));
    rows[1].created_at = boundary;
    insert(test, &rows).await?;
    let anchor = purge(test, &organization, boundary, 10).await?;
    assert_eq!(anchor, Some(link(&rows[0])));
    // What lies behind the young row is old, and still nothing is left to purge.
    let beginning = test
        .reads()
        .organizations_with_audit_before(boundary, None, 10);
    assert_eq!(beginning.await?, []);
    assert_eq!(purge(test, &organization, boundary, 10).await?, None);
    Ok(())
}

pub async fn a_wholly_purged_chain_goes_on_where_it_ended(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let rows = chain(test, &organization, 2);
    insert(test, &rows).await?;
    let later = test.seed.make.clock.advance(Duration::from_secs(1));
    purge(test, &organization, later, 10).await?;
    let next = test.seed.make.audit_row(&organization, 3);
    insert(test, slice::from_ref(&next)).await?;
    let expected = AuditChain {
        anchor: link(&rows[1]),
        head: link(&next),
    };
    let chain = test.reads().audit_chain(organization.id).await?;
    assert_eq!(chain, expected);
    Ok(())
}

pub async fn organizations_whose_chain_begins_early_are_named(test: &TestStore) -> Outcome {
    let mut early = Vec::new();
    for _ in 0..3 {
        let organization = test.seed.organization().await;
        insert(test, &chain(test, &organization, 2)).await?;
        early.push(organization);
    }
    let boundary = test.seed.make.clock.advance(Duration::from_secs(1));
    let late = test.seed.organization().await;
    insert(test, &chain(test, &late, 1)).await?;
    early.sort_by_key(|organization| organization.id);
    let ids: Vec<_> = early.iter().map(|organization| organization.id).collect();
    let named = async |limit| {
        let reads = test.reads();
        reads
            .organizations_with_audit_before(boundary, None, limit)
            .await
    };
    assert_eq!(named(10).await?, ids);
    assert_eq!(named(2).await?, ids[..2]);
    purge(test, &early[0], boundary, 1).await?;
    assert_eq!(named(10).await?, ids);
    purge(test, &early[0], boundary, 1).await?;
    assert_eq!(named(10).await?, ids[1..]);
    Ok(())
}

fn every_kind_of_detail() -> serde_json::Map<String, Value> {
    let details = json!({
        "text": "„a“\n\"b\"",
        "whole": u64::MAX,
        // Reads back as its neighbour where digits are parsed in a hurry.
        "fraction": 90.422_252_909_423_83,
        "list": [null, true, { "b": 1, "a": 2 }],
    });
    details.as_object().cloned().expect("it is an object")
}

/// Makes the first rows of a chain.
fn chain(test: &TestStore, organization: &Organization, rows: u64) -> Vec<AuditRow> {
    let make = |sequence| test.seed.make.audit_row(organization, sequence);
    (1..=rows).map(make).collect()
}

async fn insert(test: &TestStore, rows: &[AuditRow]) -> Outcome {
    let mut tx = test.store.begin().await?;
    for row in rows {
        tx.insert_audit_row(row).await?;
    }
    tx.commit().await
}

async fn purge(
    test: &TestStore,
    organization: &Organization,
    before: Timestamp,
    limit: usize,
) -> Result<Option<AuditLink>, StoreError> {
    let mut tx = test.store.begin().await?;
    tx.lock_audit_chain(organization.id).await?;
    let anchor = tx.purge_audit_rows(organization.id, before, limit).await?;
    tx.commit().await?;
    Ok(anchor)
}

fn link(row: &AuditRow) -> AuditLink {
    AuditLink {
        sequence: row.sequence,
        hash: row.hash.clone(),
    }
}
