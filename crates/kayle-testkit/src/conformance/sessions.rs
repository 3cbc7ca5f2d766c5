//! Sessions and their attempts.

use std::time::Duration;

use kayle_app::ports::store::{
    Caused, Portion, RecordedAttempt, SessionFilter, SessionStep, StoreError,
};
use kayle_events::{Event, EventType, FailureCode};
use kayle_primitives::{AttemptId, OrganizationId, SessionId};
use kayle_sessions::{
    Attempt, AttemptOutcome, RedirectUrl, RequestedField, Session, SessionState, SessionStatus,
    ShareContract, Targets,
};
use strum::IntoEnumIterator;

use super::pages::{after, first, walked};
use super::{Outcome, TestStore, assert_conflict};

pub async fn a_session_is_found_as_it_was_stored(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let plain = test.seed.make.session(&organization);
    let targets = [(); 2].map(|()| test.seed.make.endpoint(&organization).id);
    let rich = Session {
        nfc_tries_used: 2,
        liveness_tries_used: 1,
        share_contract: ShareContract::from_request(vec![RequestedField {
            key: "age_over_18".to_owned(),
            required: true,
            reason: Some("Nur für Erwachsene".to_owned()),
        }])
        .expect("the fields are those of the catalogue"),
        redirect_url: Some(RedirectUrl::from_stored(
            "https://shop.example/?o=1".to_owned(),
        )),
        targets: Targets::from_stored(targets.to_vec()),
        withdrawn_at: Some(test.now()),
        updated_at: test.now().plus(Duration::from_millis(1)),
        revision: 7,
        ..test.seed.make.session(&organization)
    };
    for session in [plain, rich] {
        test.seed.session(&session).await;
        let found = find(test, organization.id, &session.id).await?;
        assert_eq!(found, Some(session));
    }
    Ok(())
}

pub async fn every_state_of_a_session_is_stored(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let mut session = test.seed.make.session(&organization);
    test.seed.session(&session).await;
    for state in every_state(test) {
        session = Session {
            state,
            revision: session.revision + 1,
            ..session
        };
        save(test, &session).await?;
        let found = find(test, organization.id, &session.id).await?;
        assert_eq!(found.as_ref(), Some(&session));
    }
    Ok(())
}

pub async fn a_foreign_session_is_missing_except_for_the_intake(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let stranger = test.seed.organization().await;
    let session = test.seed.make.session(&organization);
    test.seed.session(&session).await;

    assert_eq!(find(test, stranger.id, &session.id).await?, None);
    let listed = list(test, stranger.id, &SessionFilter::default()).await?;
    assert_eq!(listed, []);
    let unknown = SessionId::generate(test.now(), test.seed.make.entropy());
    assert_eq!(test.reads().find_session_for_intake(&unknown).await?, None);
    let found = test.reads().find_session_for_intake(&session.id).await?;
    assert_eq!(found, Some(session));
    Ok(())
}

pub async fn only_the_next_revision_is_saved(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let opened = test.seed.make.session(&organization);
    test.seed.session(&opened).await;
    let begun = begun(&opened);
    let skipped = Session {
        revision: 2,
        ..begun.clone()
    };
    assert_conflict(save(test, &opened).await);
    assert_conflict(save(test, &skipped).await);
    assert_conflict(save(test, &test.seed.make.session(&organization)).await);
    save(test, &begun).await?;
    assert_conflict(save(test, &begun).await);
    let found = find(test, organization.id, &opened.id).await?;
    assert_eq!(found, Some(begun));
    Ok(())
}

pub async fn steps_are_written_together_but_for_those_that_come_too_late(
    test: &TestStore,
) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization = &subscriber.organization;
    let mut steps = Vec::new();
    for _ in 0..3 {
        let opened = test.seed.make.session(organization);
        test.seed.session(&opened).await;
        let event = test.seed.make.event(&opened, EventType::SessionFailed);
        let (endpoint, key) = (&subscriber.endpoint, &subscriber.key);
        let delivery = test.seed.make.delivery(&event, endpoint, key);
        steps.push(SessionStep {
            attempt: Some(test.seed.make.attempt(&opened)),
            session: begun(&opened),
            events: vec![event.into()],
            deliveries: vec![delivery],
        });
    }
    // Somebody else was faster with the second one.
    save(test, &steps[1].session).await?;
    let together: Vec<&SessionStep> = steps.iter().collect();
    let written = test.store.write_steps(&together).await?;
    assert_eq!(written, [true, false, true]);

    for (step, is_written) in steps.iter().zip([true, false, true]) {
        let found = find(test, organization.id, &step.session.id).await?;
        assert_eq!(found.as_ref(), Some(&step.session));
        let attempt = step.attempt.as_ref().expect("each has one");
        let found = test.reads().find_attempt_for_intake(&attempt.attempt.id);
        assert_eq!(found.await?.is_some(), is_written);
        let event = test
            .reads()
            .find_event(organization.id, &step.events[0].event.id);
        let deliveries = event.await?.map(|found| found.deliveries);
        let expected = is_written.then(|| vec![step.deliveries[0].delivery.clone()]);
        assert_eq!(deliveries, expected);
    }
    let ids = steps.iter().map(|step| step.session.id.clone());
    let unknown = test.seed.make.session(organization).id;
    let ids = ids.chain([unknown]).collect();
    let found = test.reads().find_sessions_for_intake(&ids).await?;
    let found: Vec<Session> = found.into_values().collect::<Result<_, _>>()?;
    let mut expected: Vec<Session> = steps.iter().map(|step| step.session.clone()).collect();
    expected.sort_by_key(|session| session.id.clone());
    assert_eq!(found, expected);
    let attempts = steps.iter().filter_map(|step| step.attempt.as_ref());
    let ids = attempts.map(|recorded| recorded.attempt.id.clone());
    let ids = ids.collect();
    let found = test.reads().find_attempts_for_intake(&ids).await?;
    assert_eq!(found.len(), 2);
    Ok(())
}

pub async fn of_two_savers_of_one_revision_one_wins(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let opened = test.seed.make.session(&organization);
    test.seed.session(&opened).await;
    let begun = begun(&opened);
    let cancelled = Session {
        state: SessionState::Cancelled {
            completed_at: test.now(),
        },
        ..begun.clone()
    };
    let (one, two) = tokio::join!(save(test, &begun), save(test, &cancelled));
    let winner = match (one, two) {
        (Ok(()), refused) => {
            assert_conflict(refused);
            begun
        }
        (refused, Ok(())) => {
            assert_conflict(refused);
            cancelled
        }
        (Err(_), Err(_)) => panic!("both were refused"),
    };
    let found = find(test, organization.id, &opened.id).await?;
    assert_eq!(found, Some(winner));
    Ok(())
}

pub async fn an_attempt_is_found_as_it_was_stored(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let session = test.seed.make.session(&organization);
    test.seed.session(&session).await;
    let codes = FailureCode::iter().map(AttemptOutcome::Failed);
    let outcomes = codes.into_iter().chain([AttemptOutcome::Succeeded]);
    for (outcome, state) in outcomes.zip(every_state(test).into_iter().cycle()) {
        let so_far = Session {
            state,
            nfc_tries_used: 1,
            liveness_tries_used: 2,
            ..session.clone()
        };
        let attempt = with_outcome(test.seed.make.attempt(&so_far), outcome);
        insert_attempt(test, &attempt).await?;
        let found = test
            .reads()
            .find_attempt_for_intake(&attempt.attempt.id)
            .await?;
        assert_eq!(found, Some(attempt));
    }
    let unknown = AttemptId::generate(test.now(), test.seed.make.entropy());
    assert_eq!(test.reads().find_attempt_for_intake(&unknown).await?, None);
    Ok(())
}

pub async fn an_attempt_id_is_taken_once(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let session = test.seed.make.session(&organization);
    test.seed.session(&session).await;
    let attempt = test.seed.make.attempt(&session);
    let repeated = with_outcome(attempt.clone(), AttemptOutcome::Succeeded);

    let (one, two) = tokio::join!(
        insert_attempt(test, &attempt),
        insert_attempt(test, &repeated)
    );
    let winner = match (one, two) {
        (Ok(()), refused) => {
            assert_conflict(refused);
            attempt
        }
        (refused, Ok(())) => {
            assert_conflict(refused);
            repeated
        }
        (Err(_), Err(_)) => panic!("both were refused"),
    };
    let id = winner.attempt.id.clone();
    let found = test.reads().find_attempt_for_intake(&id).await?;
    assert_eq!(found, Some(winner));
    Ok(())
}

pub async fn what_an_attempt_caused_is_given_in_order(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let mut subscribers = vec![
        test.seed.subscriber(&organization).await,
        test.seed.subscriber(&organization).await,
    ];
    subscribers.sort_by_key(|subscriber| subscriber.endpoint.id.clone());
    // Ids of one moment are in no order: of a few attempts, some have events whose ids descend.
    for _ in 0..4 {
        let session = test.seed.make.session(&organization);
        test.seed.session(&session).await;
        let attempt = test.seed.make.attempt(&session);
        insert_attempt(test, &attempt).await?;
        let caused_by = |event_type| Event {
            attempt_id: Some(attempt.attempt.id.clone()),
            ..test.seed.make.event(&session, event_type)
        };
        let events = [
            caused_by(EventType::AttemptSucceeded),
            caused_by(EventType::SessionSucceeded),
        ];
        test.seed.events(&events).await;
        let mut expected = Caused::default();
        for event in &events {
            expected.events.push(event.id.clone());
            for to in &subscribers {
                let new = test.seed.make.delivery(event, &to.endpoint, &to.key);
                expected.deliveries.push(new.delivery.id.clone());
                test.seed.deliveries(&[new]).await;
            }
        }
        let id = &attempt.attempt.id;
        assert_eq!(test.reads().caused_by_attempt(id).await?, expected);
    }
    let unknown = AttemptId::generate(test.now(), test.seed.make.entropy());
    let nothing = test.reads().caused_by_attempt(&unknown).await?;
    assert_eq!(nothing, Caused::default());
    Ok(())
}

pub async fn sessions_are_listed_by_id(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let stranger = test.seed.organization().await;
    test.seed.session(&test.seed.make.session(&stranger)).await;
    let mut expected = Vec::new();
    for _ in 0..6 {
        test.seed.make.clock.advance(Duration::from_millis(1));
        let session = test.seed.make.session(&organization);
        test.seed.session(&session).await;
        expected.push(session);
    }
    expected.sort_by_key(|session| session.id.clone());
    let fetch = async |request: &_| {
        let filter = SessionFilter::default();
        test.reads()
            .list_sessions(organization.id, &filter, request)
            .await
    };
    let listed = walked(fetch, |session| session.id.clone()).await?;
    assert_eq!(listed, expected);

    // The cursor is a text to compare with; it need not name a session.
    let cursor = SessionId::parse("vs_h").expect("it is a syntactical id");
    expected.retain(|session| cursor < session.id);
    assert_eq!(fetch(&after(&cursor)).await?.items, expected);
    Ok(())
}

pub async fn sessions_are_filtered(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let early = test.seed.make.session(&organization);
    test.seed.make.clock.advance(Duration::from_millis(1));
    let late = Session {
        state: SessionState::InProgress,
        ..test.seed.make.session(&organization)
    };
    test.seed.session(&early).await;
    test.seed.session(&late).await;
    let check = async |filter: SessionFilter, expected: &[&Session]| {
        let listed = list(test, organization.id, &filter).await?;
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        Ok::<(), StoreError>(())
    };
    let any = SessionFilter::default;
    check(
        SessionFilter {
            status: Some(SessionStatus::InProgress),
            ..any()
        },
        &[&late],
    )
    .await?;
    check(
        SessionFilter {
            created_from: Some(late.created_at),
            ..any()
        },
        &[&late],
    )
    .await?;
    check(
        SessionFilter {
            created_to: Some(early.created_at),
            ..any()
        },
        &[&early],
    )
    .await?;
    check(
        SessionFilter {
            status: Some(SessionStatus::Created),
            created_from: Some(late.created_at),
            created_to: Some(late.created_at),
        },
        &[],
    )
    .await
}

pub async fn overdue_sessions_come_the_longest_overdue_first(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let expiring_in = |ms| Session {
        expires_at: test.now().plus(Duration::from_millis(ms)),
        ..test.seed.make.session(&organization)
    };
    let ended = Session {
        state: SessionState::Succeeded {
            completed_at: test.now(),
        },
        ..expiring_in(0)
    };
    let (third, first, second, not_yet) = (
        expiring_in(9),
        expiring_in(1),
        expiring_in(5),
        expiring_in(10),
    );
    for session in [&third, &first, &second, &not_yet, &ended] {
        test.seed.session(session).await;
    }
    let now = test.seed.make.clock.advance(Duration::from_millis(9));
    let overdue = test
        .reads()
        .overdue_sessions(now, Portion::first(10))
        .await?
        .items;
    assert_eq!(overdue, [first.clone(), second.clone(), third]);
    let overdue = test
        .reads()
        .overdue_sessions(now, Portion::first(2))
        .await?
        .items;
    assert_eq!(overdue, [first, second]);
    Ok(())
}

pub async fn sessions_that_have_not_ended_are_counted_as_far_as_asked(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let stranger = test.seed.organization().await;
    for owner in [&organization, &organization, &organization, &stranger] {
        test.seed.session(&test.seed.make.session(owner)).await;
    }
    let opened = test.seed.make.session(&organization);
    test.seed.session(&opened).await;
    let ended = Session {
        state: SessionState::Expired {
            completed_at: test.now(),
        },
        revision: opened.revision + 1,
        ..opened
    };
    save(test, &ended).await?;
    let count = async |at_most| {
        let reads = test.reads();
        reads.count_open_sessions(organization.id, at_most).await
    };
    assert_eq!(count(10).await?, 3);
    assert_eq!(count(2).await?, 2);
    Ok(())
}

fn every_state(test: &TestStore) -> Vec<SessionState> {
    let completed_at = test.now();
    let failed = |failure_code| SessionState::Failed {
        completed_at,
        failure_code,
    };
    let mut states = vec![
        SessionState::Created,
        SessionState::InProgress,
        SessionState::Succeeded { completed_at },
        SessionState::Expired { completed_at },
        SessionState::Cancelled { completed_at },
    ];
    states.extend(FailureCode::iter().map(failed));
    states
}

fn begun(opened: &Session) -> Session {
    Session {
        state: SessionState::InProgress,
        revision: opened.revision + 1,
        ..opened.clone()
    }
}

fn with_outcome(attempt: RecordedAttempt, outcome: AttemptOutcome) -> RecordedAttempt {
    RecordedAttempt {
        attempt: Attempt {
            outcome,
            ..attempt.attempt
        },
        ..attempt
    }
}

async fn find(
    test: &TestStore,
    organization_id: OrganizationId,
    id: &SessionId,
) -> Result<Option<Session>, StoreError> {
    test.reads().find_session(organization_id, id).await
}

async fn list(
    test: &TestStore,
    organization_id: OrganizationId,
    filter: &SessionFilter,
) -> Result<Vec<Session>, StoreError> {
    let page = test
        .reads()
        .list_sessions(organization_id, filter, &first(10))
        .await?;
    Ok(page.items)
}

async fn save(test: &TestStore, session: &Session) -> Outcome {
    let mut tx = test.store.begin().await?;
    tx.save_session(session).await?;
    tx.commit().await
}

async fn insert_attempt(test: &TestStore, attempt: &RecordedAttempt) -> Outcome {
    let mut tx = test.store.begin().await?;
    tx.insert_attempt(attempt).await?;
    tx.commit().await
}
