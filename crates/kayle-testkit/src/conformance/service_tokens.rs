//! Tokens of Kayle's own services.

use std::collections::BTreeSet;
use std::slice;
use std::time::Duration;

use kayle_app::ports::store::ServiceToken;
use kayle_primitives::ServiceTokenId;

use super::{Outcome, TestStore};

fn token(test: &TestStore) -> ServiceToken {
    ServiceToken {
        id: ServiceTokenId::generate(test.seed.make.entropy()),
        subject: Some("capture ä".to_owned()),
        created_at: Some(test.now()),
        expires_at: Some(test.now().plus(Duration::from_hours(1))),
        last_used_at: None,
        revoked_at: None,
    }
}

fn only_known_by_id(test: &TestStore) -> ServiceToken {
    ServiceToken {
        subject: None,
        created_at: None,
        expires_at: None,
        ..token(test)
    }
}

async fn save(test: &TestStore, tokens: &[ServiceToken]) -> Outcome {
    let mut tx = test.store.begin().await?;
    tx.save_service_tokens(tokens).await?;
    tx.commit().await
}

pub async fn service_tokens_are_kept_and_their_use_is_noted(test: &TestStore) -> Outcome {
    let mut tokens = vec![token(test), only_known_by_id(test)];
    tokens.sort_by_key(|token| token.id);
    save(test, &tokens).await?;
    assert_eq!(test.reads().all_service_tokens().await?, tokens);

    let used = test.now().plus(Duration::from_mins(1));
    for at in [used, test.now()] {
        let noted = tokens.iter().map(|token| ServiceToken {
            subject: Some("another name".to_owned()),
            last_used_at: Some(at),
            ..token.clone()
        });
        save(test, &noted.collect::<Vec<_>>()).await?;
    }
    for token in tokens {
        let expected = ServiceToken {
            last_used_at: Some(used),
            ..token
        };
        let found = test.reads().find_service_token(expected.id).await?;
        assert_eq!(found, Some(expected), "a later use is not forgotten");
    }
    Ok(())
}

pub async fn a_service_token_is_revoked_once_whether_it_is_known_or_not(
    test: &TestStore,
) -> Outcome {
    let (known, unknown, other) = (token(test), only_known_by_id(test), token(test));
    save(test, &[known.clone(), other.clone()]).await?;
    let ids = BTreeSet::from([known.id, unknown.id, other.id]);
    assert_eq!(test.reads().revoked_among(&ids).await?, BTreeSet::new());

    let later = test.now().plus(Duration::from_mins(1));
    for (at, expected) in [(test.now(), true), (later, false)] {
        for id in [known.id, unknown.id] {
            let mut tx = test.store.begin().await?;
            assert_eq!(tx.revoke_service_token(id, at).await?, expected);
            tx.commit().await?;
        }
    }
    let revoked = BTreeSet::from([known.id, unknown.id]);
    assert_eq!(test.reads().revoked_among(&ids).await?, revoked);
    // It stays so, whoever comes to know of it afterwards.
    save(test, slice::from_ref(&unknown)).await?;
    for token in [known, unknown] {
        let expected = ServiceToken {
            revoked_at: Some(test.now()),
            ..token
        };
        let found = test.reads().find_service_token(expected.id).await?;
        assert_eq!(found, Some(expected));
    }
    Ok(())
}

pub async fn service_tokens_that_ended_are_forgotten(test: &TestStore) -> Outcome {
    let (token, unknown) = (token(test), only_known_by_id(test));
    save(test, &[token.clone(), unknown.clone()]).await?;
    let mut tx = test.store.begin().await?;
    let end = token.expires_at.expect("it was given one");
    tx.delete_service_tokens_expired_before(end).await?;
    tx.commit().await?;
    assert_eq!(test.reads().all_service_tokens().await?.len(), 2);

    let mut tx = test.store.begin().await?;
    tx.delete_service_tokens_expired_before(end.plus(Duration::from_millis(1)))
        .await?;
    tx.commit().await?;
    assert_eq!(test.reads().all_service_tokens().await?, [unknown]);
    Ok(())
}
