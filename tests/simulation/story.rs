//! One seed from its beginning to the last judgement: a stretch of trouble, then quiet until
//! everything has ended.

use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use kayle_app::ports::queue::DeliveryQueue;
use kayle_delivery::DeliveryState;
use kayle_primitives::Timestamp;

use crate::dispatcher::{crash, start, sweep};
use crate::history::History;
use crate::laws::end;
use crate::mutant::Mutant;
use crate::people::act;
use crate::tasks::Owner;
use crate::world::World;
use crate::{Counts, Run};

/// Longer than the longest retention that any payload has by then.
const LONGEST_RETENTION: Duration = Duration::from_hours(10 * 24);
/// Longer than any row is kept.
const LONGEST_AGE: Duration = Duration::from_hours(400 * 24);
/// Turns that everybody may take between two moves of the clock once it is quiet.
const TURNS_MAX: usize = 20_000;
/// Moves of the clock until everything must have ended.
const QUIET_MOVES_MAX: usize = 600;

/// Whether the story is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    Off,
    On,
}

/// Tells the story of a seed.
pub(crate) fn tell(seed: u64, mutant: Option<Mutant>, trace: Trace) -> Run {
    let history = History::new(trace == Trace::On);
    let mut making = pin!(World::new(seed, mutant, history));
    let mut context = Context::from_waker(Waker::noop());
    let world = loop {
        // The store lets others have their turn, and there are none yet.
        if let Poll::Ready(world) = making.as_mut().poll(&mut context) {
            break world;
        }
    };
    let mut crashes = 0;
    trouble(&world, &mut crashes);
    if is_lawful(&world) {
        quiet(&world);
    }
    let mut history = world.shared.history();
    let deliveries = history.deliveries.values();
    let succeeded = deliveries.filter(|record| record.delivery.state == DeliveryState::Succeeded);
    let counts = Counts {
        succeeded: succeeded.count(),
        deliveries: history.deliveries.len(),
        requests: history.requests.len(),
        suppressed: history
            .sessions
            .values()
            .filter(|record| record.suppressed_at.is_some())
            .count(),
        crashes,
    };
    Run {
        breach: history.breach.take(),
        trace: history.take_trace(),
        counts,
    }
}

fn is_lawful(world: &World) -> bool {
    world.shared.history().breach.is_none()
}

/// Lets everything happen at once.
fn trouble(world: &Rc<World>, crashes: &mut usize) {
    for number in 0..world.processes.len() {
        start(world, number);
    }
    world.set_faults(true);
    let turns = 150 + world.choices.below(250);
    for _ in 0..turns {
        let process = world.choices.below(world.processes.len());
        match world.choices.below(100) {
            0..72 => {
                if !world.tasks.turn(&world.choices, world.now()) {
                    wait_for_somebody(world);
                }
            }
            72..84 => world.tasks.spawn(Owner::Api, act(Rc::clone(world))),
            84..87 => {
                let sweeping = sweep(Rc::clone(world), process);
                world.tasks.spawn(Owner::Process(process), sweeping);
            }
            87 => {
                crash(world, process);
                *crashes += 1;
            }
            88 => {
                world.trace(|| "the API crashes, in the middle of every call".to_owned());
                world.tasks.end(Owner::Api);
                *crashes += 1;
            }
            _ => move_clock(world),
        }
        if !is_lawful(world) {
            return;
        }
    }
}

fn wait_for_somebody(world: &World) {
    if let Some(at) = world.tasks.first_parked(world.now()) {
        world.clock.set(at);
    }
}

/// Moves the clock: mostly a little, sometimes far, sometimes back.
fn move_clock(world: &World) {
    let by = |longest| world.choices.up_to(longest);
    let now = world.now();
    let then = match world.choices.below(100) {
        0..45 => now.plus(by(Duration::from_secs(2))),
        45..70 => next_due_at(world).unwrap_or(now).max(now),
        70..80 => now.minus(by(Duration::from_secs(3))),
        80..92 => now.plus(by(Duration::from_mins(3))),
        92..99 => now.plus(by(Duration::from_hours(2))),
        _ => now.plus(by(Duration::from_hours(72))),
    };
    world.clock.set(then);
}

fn next_due_at(world: &World) -> Option<Timestamp> {
    let due_at = world.shared.memory.next_due_at().now_or_never();
    due_at?.ok()?
}

/// Stops the faults, gives everybody time, and judges what it came to.
fn quiet(world: &Rc<World>) {
    world.set_faults(false);
    world.trace(|| "it is quiet".to_owned());
    for _ in 0..QUIET_MOVES_MAX {
        settle_down(world);
        if !is_lawful(world) {
            return;
        }
        let Some(at) = next_moment(world) else { break };
        world.clock.set(at);
    }
    world.clock.advance(LONGEST_RETENTION);
    settle_down(world);
    let now = world.now();
    {
        let mut history = world.shared.history();
        let checked = end::no_payload_outlives_its_retention(&history, now);
        history.note("no_payload_outlives_its_retention", checked);
        end::judge(&mut history);
    }
    verify_audit_log(world);
    purge(world);
    verify_audit_log(world);
}

/// Sweeps, and lets everybody do what there is to do at this moment.
fn settle_down(world: &Rc<World>) {
    world
        .tasks
        .spawn(Owner::Process(0), sweep(Rc::clone(world), 0));
    for _ in 0..TURNS_MAX {
        if !world.tasks.turn(&world.choices, world.now()) {
            return;
        }
    }
    let restless = Err("somebody never has enough".to_owned());
    world
        .shared
        .history()
        .note("everybody_comes_to_rest", restless);
}

/// Returns when something happens next that is worth waiting for; `None` if nothing does.
fn next_moment(world: &World) -> Option<Timestamp> {
    let now = world.now();
    let history = world.shared.history();
    let deliveries = history.deliveries.values();
    let dues = deliveries.filter_map(|record| match &record.delivery.state {
        DeliveryState::Pending { due_at } => Some(*due_at),
        DeliveryState::Delivering { lease, .. } => Some(lease.until),
        DeliveryState::Held { .. } | DeliveryState::Succeeded | DeliveryState::Failed => None,
    });
    let sessions = history.sessions.values().map(|record| &record.session);
    let active = sessions.filter(|session| session.state.is_active());
    let next = dues.chain(active.map(|session| session.expires_at)).min()?;
    // Whoever is parked looks again within a second.
    let soon = world.tasks.first_parked(now).unwrap_or(now);
    Some(next.max(soon).max(now.plus(Duration::from_millis(1))))
}

fn verify_audit_log(world: &Rc<World>) {
    let shared = Rc::clone(world);
    world.tasks.spawn(Owner::Api, async move {
        let verified = shared.webhooks.verify_audit_logs().await;
        let verified = verified.map_err(|error| error.to_string());
        let whole = verified.and_then(|logs| {
            let broken = logs.into_iter().find_map(|log| log.broken);
            broken.map_or(Ok(()), |broken| Err(broken.to_string()))
        });
        shared
            .shared
            .history()
            .note("the_audit_chain_is_whole", whole);
    });
    settle_down(world);
}

/// Deletes everything by age.
fn purge(world: &Rc<World>) {
    world.clock.advance(LONGEST_AGE);
    let shared = Rc::clone(world);
    world.tasks.spawn(Owner::Api, async move {
        let purged = shared.webhooks.purge().await;
        let done = purged.map(drop).map_err(|error| error.to_string());
        shared.shared.history().note("a_purge_ends", done);
    });
    settle_down(world);
}
