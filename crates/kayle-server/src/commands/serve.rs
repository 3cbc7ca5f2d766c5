//! `serve`: runs the service until a signal (contract 13.4).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use kayle_api::{Api, RateLimiter};
use kayle_app::Webhooks;
use kayle_app::access;
use kayle_app::api_keys::NewSessionToken;
use kayle_app::ports::meter::Loop;
use kayle_app::ports::store::NodeRole;
use kayle_dispatcher::{Heartbeat, Presence, activity, leases, sweeper, usage};
use kayle_endpoints::Environment;
use kayle_primitives::id::random_uuid;
use kayle_sender::HyperSender;
use kayle_storage::SqlStore;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::secret_key::{describe_missing, refuse_unknown_to_nodes};
use super::{print_line, sign_in_url};
use crate::clock::ServiceClock;
use crate::config::Config;
use crate::entropy::SystemEntropy;
use crate::files::judge_database;
use crate::listeners::Listeners;
use crate::metrics::Metrics;
use crate::metrics::gauges::{self, Board, GaugeReader};
use crate::operators::{Shown, show_log_lines};
use crate::readiness::Readiness;
use crate::serve_lock::ServeLock;
use crate::telemetry::LogLines;
use crate::wiring::{self, Wired};

/// How long beyond the delivery timeout a stop waits for requests: they end by themselves at the
/// timeout, and what they brought takes a moment to be seen.
const DRAIN_GRACE: Duration = Duration::from_secs(2);

/// How often the clock is compared with the database's: two machines' clocks drift apart by less
/// than a millisecond meanwhile, and a clock that somebody sets is seen soon.
const DATABASE_LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// How often the clock is compared with the machine's, which costs nothing.
const MACHINE_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How often the certificate authorities are read: operating systems renew them every few months,
/// and withdraw one at once.
const TRUST_READ_EVERY: Duration = Duration::from_hours(24);

#[derive(Args, Default)]
pub(super) struct Serve {
    /// What this process does. An embedded database allows only `all`.
    #[arg(long, value_enum, default_value_t)]
    role: Role,
}

/// What a process does of the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Everything.
    #[default]
    All,
    /// Answer callers; others send.
    Api,
    /// Send, and sweep; answer supervisors only.
    Dispatcher,
}

impl Role {
    fn answers_callers(self) -> bool {
        match self {
            Self::All | Self::Api => true,
            Self::Dispatcher => false,
        }
    }

    fn of_node(self) -> NodeRole {
        match self {
            Self::All => NodeRole::All,
            Self::Api => NodeRole::Api,
            Self::Dispatcher => NodeRole::Dispatcher,
        }
    }

    fn dispatches(self) -> bool {
        match self {
            Self::All | Self::Dispatcher => true,
            Self::Api => false,
        }
    }
}

pub(super) async fn run(
    command: &Serve,
    config: Config,
    log_lines: LogLines,
) -> anyhow::Result<()> {
    let role = command.role;
    anyhow::ensure!(
        role == Role::All || config.database_url.sqlite_file().is_none(),
        "--role: an embedded database belongs to one process, which does everything: leave the \
         role out, or set KAYLE_DATABASE_URL to a PostgreSQL database"
    );
    if let Some(database) = config.database_url.sqlite_file() {
        judge_database(database, config.environment)?;
    }
    let lock = config.database_url.sqlite_file().map(ServeLock::take);
    let _lock = lock.transpose()?;
    let metrics = Arc::new(Metrics::new(role.of_node(), kayle_api::route_patterns()));
    show_log_lines(&metrics, log_lines);
    let wired = wiring::wire(&config, Arc::clone(&metrics) as _).await?;
    let served = async {
        judge_keys(&config, &wired.webhooks).await?;
        serve(role, config, &wired, &metrics).await
    };
    let served = served.await;
    // However it ended: what is in the log beside an SQLite file is to be in the file.
    let closed = wired.store.close().await;
    served?;
    closed.context("the database could not be closed")?;
    tracing::info!("stopped");
    Ok(())
}

/// Serves until a signal, or until something dies.
async fn serve(
    role: Role,
    config: Config,
    wired: &Wired,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<()> {
    let listeners = Listeners::bind(&config, role.answers_callers())?;
    let address = listeners.address();
    let mut announcement = listeners.announcement();

    let readiness = Arc::new(Readiness::new(role.dispatches(), Arc::clone(metrics)));
    let shown = Shown::start(&config, wired, metrics, &readiness)?;
    let stop = CancellationToken::new();
    let mut loops = JoinSet::new();
    let node_id = random_uuid(&SystemEntropy::new());
    let presence = Presence::new(node_id, role.of_node(), env!("CARGO_PKG_VERSION"));
    show_presence(&mut loops, presence, wired, &stop, &readiness.writes).await;
    read_gauges(&mut loops, node_id, &config, wired, &stop, metrics);
    let turns = readiness.turns.as_ref();
    start_loops(&mut loops, role, &config, wired, &stop, turns)?;
    write_activity(&mut loops, node_id, wired, &stop);
    expect_loops(role, &config, metrics);
    let webhooks = &wired.webhooks;
    let api = api(&config, address, wired, &readiness);
    let servers = listeners.serve(&api, &config)?;
    let handles = servers.handles();
    if let Some(shown) = &shown {
        announcement = format!("{announcement}\n{}", shown.announcement());
    }
    // What a program that started this one waits for.
    print_line(&announcement)?;
    tracing::info!(%address, ?role, environment = ?config.environment, "started");
    if role.answers_callers() {
        invite(&config, address, webhooks).await;
    }

    let stopping = async {
        let reason = tokio::select! {
            signal = stop_signal() => signal,
            Some(_) = loops.join_next() => Err(anyhow::anyhow!("a loop of the service died")),
        };
        readiness.stop();
        if reason.is_ok() && !config.stop_delay.is_zero() {
            tracing::info!("not ready any more; stopping after KAYLE_STOP_DELAY");
            tokio::time::sleep(config.stop_delay).await;
        }
        tracing::info!("stopping: requests in flight may finish");
        stop.cancel();
        handles.stop().await;
        reason
    };
    let (answered, stopped) = tokio::join!(servers.run(), stopping);
    answered.context("the server failed")?;
    stopped?;
    while let Some(ended) = loops.join_next().await {
        ended.context("a loop of the service died")?;
    }
    usage::flush(webhooks).await;
    activity::flush(webhooks, node_id).await;
    if let Some(shown) = shown {
        shown.stop().await;
    }
    Ok(())
}

/// Refuses to start without a secret key that is needed, and with one that other nodes lack: what
/// they are asked about would be unknown to them (contract 14.7).
async fn judge_keys(config: &Config, webhooks: &Webhooks) -> anyhow::Result<()> {
    let missing = webhooks.missing_keys().await?;
    if !missing.is_empty() {
        let uses = webhooks.secret_key_status().await?.uses;
        let lines = missing
            .iter()
            .map(|missing| describe_missing(missing, &uses));
        let lines: Vec<String> = lines.collect();
        bail!(
            "secret keys are missing: add them to KAYLE_SECRET_KEY_PREVIOUS\n  {}",
            lines.join("\n  ")
        );
    }
    if config.database_url.sqlite_file().is_some() {
        // Whoever was there before is gone: the file has one process.
        return Ok(());
    }
    refuse_unknown_to_nodes(webhooks).await
}

/// How long the session lasts that a printed link leads to: a working day.
const INVITED_SESSION: Duration = Duration::from_hours(8);

/// Prints a link that signs in to the newest organization, in development (contract 14.5). The
/// service goes on without, if that fails.
async fn invite(config: &Config, address: SocketAddr, webhooks: &Webhooks) {
    if !config.dashboard || config.environment != Environment::Development {
        return;
    }
    let invited = async {
        let Some(organization) = webhooks.newest_organization().await? else {
            return anyhow::Ok(());
        };
        let new = NewSessionToken {
            user_id: None,
            role: access::Role::Owner,
            ttl: INVITED_SESSION,
        };
        let minted = webhooks.mint_session_token(organization.id, new).await?;
        let url = sign_in_url(&config.public_url(address), &minted);
        print_line(&format!("dashboard, for ten minutes and once: {url}"))
    };
    if let Err(error) = invited.await {
        let error: &(dyn std::error::Error + 'static) = error.as_ref();
        tracing::warn!(error, "no sign-in link could be made");
    }
}

/// Has the loops shown that the role runs.
fn expect_loops(role: Role, config: &Config, metrics: &Metrics) {
    let mut loops = vec![Loop::CheckIn, Loop::Activity];
    if role.answers_callers() {
        loops.push(Loop::Usage);
    }
    if role.dispatches() {
        loops.extend([Loop::Dispatch, Loop::Leases, Loop::Sweep]);
    }
    if config.database_url.sqlite_file().is_none() {
        loops.push(Loop::Clock);
    }
    for which in loops {
        metrics.expect_loop(which);
    }
}

/// Has the node check in: once now, so that the first caller is told the truth, and then again and
/// again.
async fn show_presence(
    loops: &mut JoinSet<()>,
    mut presence: Presence,
    wired: &Wired,
    stop: &CancellationToken,
    writes: &Arc<Heartbeat>,
) {
    presence.check_in(&wired.webhooks, writes).await;
    let (webhooks, stop) = (Arc::clone(&wired.webhooks), stop.clone());
    let writes = Arc::clone(writes);
    loops.spawn(async move { presence.run(&webhooks, &writes, stop).await });
}

/// Has the node write down what became of deliveries. A node is one process's life, as a writer of
/// activity must be.
fn write_activity(loops: &mut JoinSet<()>, node_id: Uuid, wired: &Wired, stop: &CancellationToken) {
    let (webhooks, stop) = (Arc::clone(&wired.webhooks), stop.clone());
    loops.spawn(async move { activity::run(&webhooks, node_id, stop).await });
}

/// Has the node read the database's gauges, where somebody looks at them.
fn read_gauges(
    loops: &mut JoinSet<()>,
    node_id: Uuid,
    config: &Config,
    wired: &Wired,
    stop: &CancellationToken,
    metrics: &Metrics,
) {
    if config.metrics_listen.is_none() {
        return;
    }
    let board = Board::default();
    let webhooks = Arc::clone(&wired.webhooks);
    gauges::show(metrics, &board, move || webhooks.now());
    metrics.expect_loop(Loop::Gauges);
    let reader = GaugeReader {
        store: Arc::clone(&wired.store),
        webhooks: Arc::clone(&wired.webhooks),
        board,
        node_id,
        full_at: config.full_at(),
    };
    let stop = stop.clone();
    loops.spawn(async move { reader.run(stop).await });
}

/// Starts what the role runs beside the server; each ends at `stop`.
fn start_loops(
    loops: &mut JoinSet<()>,
    role: Role,
    config: &Config,
    wired: &Wired,
    stop: &CancellationToken,
    turns: Option<&Arc<Heartbeat>>,
) -> anyhow::Result<()> {
    let sweep_interval = config.sweep_interval;
    // Heard in every role: whoever has a fleet read its trust again must not end the nodes that
    // have none.
    let hang_up = signal(SignalKind::hangup())?;
    follow_others(loops, config, wired, stop);
    let (store, stopped) = (Arc::clone(&wired.store), stop.clone());
    loops.spawn(async move { store.keep_log_short(&stopped).await });
    let with_webhooks = || (Arc::clone(&wired.webhooks), stop.clone());
    if role.answers_callers() {
        let (webhooks, stop) = with_webhooks();
        loops.spawn(async move { usage::run(&webhooks, sweep_interval, stop).await });
    }
    if let Some(heartbeat) = turns.cloned() {
        let (webhooks, stop) = with_webhooks();
        let sender = Arc::new(wiring::sender(config)?);
        let dispatcher = wiring::dispatcher(config, webhooks, Arc::clone(&sender));
        let stopped = stop.clone();
        loops.spawn(async move { keep_trust(&sender, hang_up, &stopped).await });
        let wakeup = Arc::clone(&wired.wakeup);
        let drain = config.delivery_timeout + DRAIN_GRACE;
        loops.spawn(async move { dispatcher.run(&wakeup, &heartbeat, drain, stop).await });
        let (webhooks, stop) = with_webhooks();
        loops.spawn(async move { leases::run(&webhooks, stop).await });
        let (webhooks, stop) = with_webhooks();
        loops.spawn(async move { sweeper::run(&webhooks, sweep_interval, stop).await });
    }
    Ok(())
}

/// Starts what keeps the clock on its course; and, where several processes share a database, what
/// wakes them by each other.
fn follow_others(
    loops: &mut JoinSet<()>,
    config: &Config,
    wired: &Wired,
    stop: &CancellationToken,
) {
    let (clock, stopped) = (Arc::clone(&wired.clock), stop.clone());
    if config.database_url.sqlite_file().is_some() {
        loops.spawn(async move { follow_machine(&clock, &stopped).await });
        return;
    }
    let (store, webhooks) = (Arc::clone(&wired.store), Arc::clone(&wired.webhooks));
    loops.spawn(async move { follow_database(&clock, &store, &webhooks, &stopped).await });
    let (store, wakeup) = (Arc::clone(&wired.store), Arc::clone(&wired.wakeup));
    let stop = stop.clone();
    loops.spawn(async move { store.relay(&wakeup, &stop).await });
}

async fn follow_machine(clock: &ServiceClock, stop: &CancellationToken) {
    while passes(MACHINE_LOOK_INTERVAL, stop).await {
        clock.look_at_machine();
    }
}

async fn follow_database(
    clock: &ServiceClock,
    store: &SqlStore,
    webhooks: &Webhooks,
    stop: &CancellationToken,
) {
    while passes(DATABASE_LOOK_INTERVAL, stop).await {
        match store.clock_offset(&clock.steady).await {
            Ok(ahead_ms) => {
                clock.look(ahead_ms);
                webhooks.meter().loop_turned(Loop::Clock);
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(
                    error,
                    "the database does not tell the time; the clock goes on"
                );
            }
        }
    }
}

/// Waits for as long as `interval`; returns whether it went on until then.
async fn passes(interval: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(interval) => true,
    }
}

fn api(config: &Config, address: SocketAddr, wired: &Wired, readiness: &Arc<Readiness>) -> Api {
    let webhooks = &wired.webhooks;
    let readiness = Arc::clone(readiness);
    let entropy = SystemEntropy::new();
    Api {
        webhooks: Arc::clone(webhooks),
        verify_url: config.verify_url.clone(),
        public_url: config.public_url(address),
        dashboard_origin: config.dashboard_origin.clone(),
        pages: wiring::pages(config, address, wired),
        session_cookie: config.session_cookie().to_owned(),
        https: config.is_https(),
        rate_limiter: RateLimiter::of(config.api_rate_limit, Arc::clone(webhooks)),
        readiness: Arc::new(move || readiness.check()),
        request_ids: Arc::new(move || random_uuid(&entropy).to_string()),
    }
}

/// Reads the system's certificate authorities again once a day, and at SIGHUP.
async fn keep_trust(sender: &HyperSender, mut hang_up: Signal, stop: &CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = hang_up.recv() => {}
            () = tokio::time::sleep(TRUST_READ_EVERY) => {}
        }
        match sender.read_trust_again() {
            Ok(()) => tracing::info!("the trusted certificate authorities were read again"),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(
                    error,
                    "the trusted certificate authorities stay as they were"
                );
            }
        }
    }
}

async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
