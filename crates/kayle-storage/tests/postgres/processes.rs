//! What processes share besides rows: the turn to sweep, wake-ups, and a clock.

use kayle_app::ports::store::{Store, SweepTurn};
use kayle_app::ports::wakeup::Wakeup;
use kayle_primitives::Clock;
use kayle_storage::SqlStore;
use kayle_testkit::clock::MovedClock;
use tokio_util::sync::CancellationToken;

use crate::database::{Database, cut_connections};

#[tokio::test]
async fn one_process_sweeps_at_a_time() {
    let database = Database::new().await;
    let other = database.another_store().await;
    let turn = database.store.sweep_turn().await.unwrap();
    assert!(turn.is_some());
    assert!(other.sweep_turn().await.unwrap().is_none());
    assert!(database.store.sweep_turn().await.unwrap().is_none());
    drop(turn);
    let turn = taken(&other).await;
    assert!(database.store.sweep_turn().await.unwrap().is_none());
    drop(turn);
    taken(&database.store).await;
}

#[tokio::test]
async fn the_turn_to_sweep_ends_with_its_process() {
    let database = Database::new().await;
    let other = database.another_store().await;
    let _gone = database.store.sweep_turn().await.unwrap();
    cut_connections(&other).await;
    taken(&other).await;
}

/// Waits for the turn: what was dropped is undone a little later.
async fn taken(store: &SqlStore) -> SweepTurn {
    loop {
        if let Some(turn) = store.sweep_turn().await.expect("the database answers") {
            return turn;
        }
    }
}

#[tokio::test]
async fn a_wakeup_reaches_the_other_processes() {
    let database = Database::new().await;
    let other = database.another_store().await;
    let (here, there) = (Wakeup::default(), Wakeup::default());
    let stop = CancellationToken::new();
    let test = async {
        // Whoever has begun to listen wakes, because it may have missed something.
        here.woken().await;
        there.woken().await;
        here.wake();
        there.woken().await;
        here.woken().await;
        there.wake();
        here.woken().await;
        stop.cancel();
    };
    tokio::join!(
        database.store.relay(&here, &stop),
        other.relay(&there, &stop),
        test
    );
}

#[tokio::test]
async fn wakeups_go_on_after_the_connections_were_lost() {
    let database = Database::new().await;
    let other = database.another_store().await;
    let (here, there) = (Wakeup::default(), Wakeup::default());
    let stop = CancellationToken::new();
    let test = async {
        here.woken().await;
        there.woken().await;
        assert!(2 <= cut_connections(&other).await);
        here.woken().await;
        there.woken().await;
        here.wake();
        there.woken().await;
        stop.cancel();
    };
    tokio::join!(
        database.store.relay(&here, &stop),
        other.relay(&there, &stop),
        test
    );
}

#[tokio::test]
async fn the_databases_clock_is_told_as_an_offset() {
    let database = Database::new().await;
    let clock = MovedClock::default();
    let now = async || {
        let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text";
        database.texts(now).await[0].parse::<i64>().unwrap()
    };
    let before = now().await;
    let offset = database.store.clock_offset(&clock).await.unwrap();
    let after = now().await;
    let theirs = clock.now().unix_ms() + offset;
    assert!(
        (before..=after).contains(&theirs),
        "{before} {theirs} {after}"
    );
}
