//! What is kept under which secret key.

use kayle_app::ports::store::{ApiKeyHash, KeptUnderKey, KeyUse, RetiredKey};
use kayle_crypto::Sealed;

use super::{Outcome, TestStore};

fn sealed(key_id: &str, byte: u8) -> Sealed {
    Sealed {
        key_id: key_id.to_owned(),
        bytes: vec![byte; 40],
    }
}

pub async fn what_is_kept_is_counted_by_its_secret_key(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let endpoints = [(); 4].map(|()| test.seed.make.endpoint(&organization));
    let mut tx = test.store.begin().await?;
    for (endpoint, key_id) in endpoints.iter().zip(["k2", "k1", "k2", "k3"]) {
        tx.insert_endpoint(endpoint, &sealed(key_id, 0)).await?;
    }
    tx.delete_endpoint(&endpoints[3].id, test.now()).await?;
    for (hash, key_id) in [("aa", Some("k1")), ("bb", None)] {
        let hash = ApiKeyHash {
            hash: hash.to_owned(),
            key_id: key_id.map(str::to_owned),
        };
        tx.insert_api_key(&test.seed.make.api_key(&organization), &hash)
            .await?;
    }
    tx.commit().await?;

    let ids = test.reads().key_ids_in_use(KeptUnderKey::SigningSecrets);
    assert_eq!(ids.await?, ["k1", "k2"]);
    let ids = test.reads().key_ids_in_use(KeptUnderKey::ApiKeys);
    assert_eq!(ids.await?, ["k1"]);
    let counted = |kind, key_id: Option<&str>, rows| KeyUse {
        kind,
        key_id: key_id.map(str::to_owned),
        rows,
    };
    let expected = [
        counted(KeptUnderKey::SigningSecrets, Some("k1"), 1),
        counted(KeptUnderKey::SigningSecrets, Some("k2"), 2),
        counted(KeptUnderKey::ApiKeys, None, 1),
        counted(KeptUnderKey::ApiKeys, Some("k1"), 1),
    ];
    assert_eq!(test.reads().count_key_uses().await?, expected);
    Ok(())
}

pub async fn a_secret_is_sealed_anew_unless_it_was_replaced(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let endpoint = test.seed.make.endpoint(&organization);
    let (old, new, late) = (sealed("k1", 1), sealed("k2", 2), sealed("k2", 3));
    let mut tx = test.store.begin().await?;
    tx.insert_endpoint(&endpoint, &old).await?;
    tx.commit().await?;
    for (to, expected) in [(&new, true), (&late, false)] {
        let mut tx = test.store.begin().await?;
        let resealed = tx.reseal_signing_secret(&endpoint.id, &old, to).await?;
        tx.commit().await?;
        assert_eq!(resealed, expected);
    }
    let (id, reads) = (organization.id, test.reads());
    let found = reads.find_signing_secret(id, &endpoint.id).await?;
    assert_eq!(found, Some(new));
    // Sealing a secret anew changes nothing that a customer sees, `updated_at` included.
    let found = reads.find_endpoint(id, &endpoint.id).await?;
    assert_eq!(found, Some(endpoint));
    Ok(())
}

pub async fn a_retired_key_is_kept_sealed_anew_and_deleted(test: &TestStore) -> Outcome {
    let key = RetiredKey {
        id: "k1".to_owned(),
        sealed: sealed("k2", 1),
        retired_at: test.now(),
    };
    let anew = RetiredKey {
        sealed: sealed("k3", 2),
        ..key.clone()
    };
    for key in [key, anew] {
        let mut tx = test.store.begin().await?;
        tx.save_retired_key(&key).await?;
        tx.commit().await?;
        assert_eq!(
            test.reads().retired_keys().await?,
            std::slice::from_ref(&key)
        );
        let ids = test.reads().key_ids_in_use(KeptUnderKey::RetiredKeys);
        assert_eq!(ids.await?, [key.sealed.key_id]);
    }
    let mut tx = test.store.begin().await?;
    tx.delete_retired_key("k1").await?;
    tx.commit().await?;
    assert_eq!(test.reads().retired_keys().await?, []);
    Ok(())
}
