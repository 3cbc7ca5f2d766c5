//! Transactions: all or nothing, and nothing before the commit.

use std::time::Duration;

use kayle_app::ports::store::{Node, NodeRole};
use kayle_primitives::id::random_uuid;

use super::{Outcome, TestStore};

pub async fn a_dropped_transaction_is_undone(test: &TestStore) -> Outcome {
    let organization = test.seed.make.organization();
    let mut tx = test.store.begin().await?;
    tx.insert_organization(&organization).await?;
    drop(tx);
    assert_eq!(test.reads().find_organization(organization.id).await?, None);
    // The next transaction must not wait for the dropped one.
    test.store.begin().await?.commit().await
}

pub async fn an_open_transaction_sees_its_changes_and_nobody_else_does(
    test: &TestStore,
) -> Outcome {
    let organization = test.seed.make.organization();
    let endpoint = test.seed.make.endpoint(&organization);
    let secret = test.seed.make.sealed_secret(&endpoint);
    let mut tx = test.store.begin().await?;
    tx.insert_organization(&organization).await?;
    tx.insert_endpoint(&endpoint, &secret).await?;

    let (own, others) = (tx.reads(), test.reads());
    let (id, endpoint_id) = (organization.id, &endpoint.id);
    assert_eq!(
        own.find_organization(id).await?.as_ref(),
        Some(&organization)
    );
    assert_eq!(
        own.find_endpoint(id, endpoint_id).await?.as_ref(),
        Some(&endpoint)
    );
    assert_eq!(others.find_organization(id).await?, None);
    assert_eq!(others.find_endpoint(id, endpoint_id).await?, None);

    tx.commit().await?;
    assert_eq!(others.find_organization(id).await?, Some(organization));
    assert_eq!(others.find_endpoint(id, endpoint_id).await?, Some(endpoint));
    Ok(())
}

pub async fn a_node_checks_in_again_and_again(test: &TestStore) -> Outcome {
    let mut node = Node {
        id: random_uuid(&*test.seed.make.entropy),
        role: NodeRole::All,
        version: "1.0.0".to_owned(),
        key_ids: vec!["k1".to_owned(), "k2".to_owned()],
        seen_at: test.now(),
    };
    for _ in 0..2 {
        let mut tx = test.store.begin().await?;
        tx.save_node(&node).await?;
        tx.delete_nodes_seen_before(node.seen_at).await?;
        tx.commit().await?;
        let seen = test.reads().nodes_seen_since(node.seen_at).await?;
        assert_eq!(seen, [node.clone()]);
        node.seen_at = test.seed.make.clock.advance(Duration::from_secs(5));
    }
    let seen = test.reads().nodes_seen_since(node.seen_at).await?;
    assert_eq!(seen, [], "it was last seen before");
    let mut tx = test.store.begin().await?;
    tx.delete_node(node.id).await?;
    tx.commit().await?;
    let long_ago = node.seen_at.minus(Duration::from_hours(1));
    assert_eq!(test.reads().nodes_seen_since(long_ago).await?, []);
    Ok(())
}
