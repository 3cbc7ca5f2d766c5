//! What a process does: it claims, checks, sends and settles, and now and then it sweeps.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use kayle_app::dispatch::{InFlight, Outcome, Room};

use crate::network::Flight;
use crate::tasks::Owner;
use crate::world::World;

/// How long an idle process waits before it looks again.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Dispatches until the process crashes.
pub(crate) async fn dispatch(world: Rc<World>, number: usize) {
    loop {
        settle(&world, number).await;
        claim_and_send(&world, number).await;
        world.pass(POLL_INTERVAL).await;
    }
}

/// Writes what has ended. After an error it is kept for the next time.
async fn settle(world: &World, number: usize) {
    let process = &world.processes[number];
    let ended = process.unsettled.take();
    if !ended.is_empty() && process.webhooks.settle(&ended).await.is_err() {
        process.unsettled.borrow_mut().extend(ended);
    }
}

async fn claim_and_send(world: &Rc<World>, number: usize) {
    let process = &world.processes[number];
    let room = Room {
        total: 1 + world.choices.below(8),
        per_endpoint: 1 + world.choices.below(4),
        busy_endpoints: BTreeMap::new(),
        per_destination: 1000,
        busy_destinations: BTreeMap::new(),
    };
    let Ok(claim) = process.webhooks.claim_deliveries(&room).await else {
        return;
    };
    let holder = claim.holder.clone();
    let prepared = process.webhooks.prepare(claim).await;
    process.unsettled.borrow_mut().extend(prepared.finished);
    for ready in prepared.to_send {
        let flight = world.network.send(&ready.request, &holder);
        let attempt = wait_for_answer(Rc::clone(world), number, ready.in_flight, flight);
        world.tasks.spawn(Owner::Process(number), attempt);
    }
}

async fn wait_for_answer(world: Rc<World>, number: usize, in_flight: InFlight, flight: Flight) {
    let webhooks = &world.processes[number].webhooks;
    let finished = match flight.sent {
        Some(sent) => {
            world.until(flight.arrives_at).await;
            webhooks.finish_sent(in_flight, sent)
        }
        None => webhooks.finish(in_flight, Outcome::Fault),
    };
    let process = &world.processes[number];
    process.unsettled.borrow_mut().push(finished);
}

/// Sweeps once.
pub(crate) async fn sweep(world: Rc<World>, number: usize) {
    let swept = world.processes[number].webhooks.sweep().await;
    world.trace(|| format!("process {number} sweeps: {swept:?}"));
}

/// Lets a process forget everything, wherever it is, and starts it again.
pub(crate) fn crash(world: &Rc<World>, number: usize) {
    world.trace(|| format!("process {number} crashes"));
    world.tasks.end(Owner::Process(number));
    world.processes[number].unsettled.take();
    start(world, number);
}

/// Starts a process.
pub(crate) fn start(world: &Rc<World>, number: usize) {
    let dispatching = dispatch(Rc::clone(world), number);
    world.tasks.spawn(Owner::Process(number), dispatching);
}
