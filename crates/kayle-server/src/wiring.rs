//! Puts the adapters behind the operations. The only place where they meet.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, bail};
use kayle_api::Mount;
use kayle_app::dispatch::SlotLimits;
use kayle_app::ports::meter::{Meter, NoMeter};
use kayle_app::ports::store::Store;
use kayle_app::ports::wakeup::Wakeup;
use kayle_app::secret_keys::recall_retired_keys;
use kayle_app::{Parts, Settings, Webhooks};
use kayle_dashboard::{Dashboard, Installation};
use kayle_dispatcher::Dispatcher;
use kayle_endpoints::{AddressPolicy, UrlPolicy};
use kayle_sender::{HyperSender, PoolLimits, SenderSettings};
use kayle_storage::{DatabaseUrl, SqlStore, SqliteFile, StoreOptions};

use crate::clock::{ServiceClock, SteadyClock};
use crate::config::Config;
use crate::entropy::SystemEntropy;

/// The operations with what wakes their dispatcher, and the store behind them.
pub(crate) struct Wired {
    pub(crate) webhooks: Arc<Webhooks>,
    pub(crate) wakeup: Arc<Wakeup>,
    pub(crate) store: Arc<SqlStore>,
    /// The clock of all operations, which has to look at its reference now and then.
    pub(crate) clock: Arc<ServiceClock>,
}

/// Connects to the database as it is.
pub(crate) async fn connect(config: &Config) -> anyhow::Result<SqlStore> {
    connect_to(&config.database_url, config).await
}

/// Connects to a database with the configuration's options.
pub(crate) async fn connect_to(
    database: &DatabaseUrl,
    config: &Config,
) -> anyhow::Result<SqlStore> {
    let options = StoreOptions {
        connections: config.database_connections,
        ..StoreOptions::default()
    };
    SqlStore::connect(database, &options)
        .await
        .context("KAYLE_DATABASE_URL")
}

/// Opens an embedded database that nobody else has open, and keeps everybody else out.
pub(crate) async fn connect_alone(file: &SqliteFile) -> anyhow::Result<SqlStore> {
    let store = SqlStore::connect_alone(file, &StoreOptions::default()).await;
    Ok(store?)
}

/// Returns the names of the schema migrations that the database lacks; changes nothing.
///
/// # Errors
/// The database is newer than this program, which would not know what its rows mean.
pub(crate) async fn pending_migrations(store: &SqlStore) -> anyhow::Result<Vec<String>> {
    let state = migration::state(store.connection()).await;
    let state = state.context("the schema's state cannot be read")?;
    if let Some(newest) = state.unknown.last() {
        bail!(
            "the database is newer than this program: it has the migration {newest}, and version \
             {} knows those up to {}; run the newer version",
            env!("CARGO_PKG_VERSION"),
            migration::newest()
        );
    }
    Ok(state.pending)
}

/// Applies every pending migration.
pub(crate) async fn migrate(store: &SqlStore) -> anyhow::Result<()> {
    migration::up(store.connection())
        .await
        .context("the schema cannot be migrated")
}

/// Puts the operations together over a database whose schema is up to date. An embedded database
/// is brought up to date; any other one must be (contract 13.1).
pub(crate) async fn wire(config: &Config, meter: Arc<dyn Meter>) -> anyhow::Result<Wired> {
    let store = connect(config).await?;
    let pending = pending_migrations(&store).await?;
    if config.database_url.sqlite_file().is_some() && !pending.is_empty() {
        migrate(&store).await?;
    } else {
        refuse_pending(&pending)?;
    }
    assemble(config, store, meter).await
}

/// Puts the operations together over a database that must be up to date, embedded or not.
pub(crate) async fn wire_as_it_is(config: &Config) -> anyhow::Result<Wired> {
    let store = connect(config).await?;
    refuse_pending(&pending_migrations(&store).await?)?;
    assemble(config, store, Arc::new(NoMeter)).await
}

pub(crate) fn refuse_pending(pending: &[String]) -> anyhow::Result<()> {
    match pending.len() {
        0 => Ok(()),
        1 => bail!("the database lacks 1 migration: run `kayle-webhooks migrate up`"),
        many => bail!("the database lacks {many} migrations: run `kayle-webhooks migrate up`"),
    }
}

async fn assemble(
    config: &Config,
    store: SqlStore,
    meter: Arc<dyn Meter>,
) -> anyhow::Result<Wired> {
    let clock = Arc::new(service_clock(config, &store).await?);
    let entropy = Arc::new(SystemEntropy::new());
    let mut keys = config.key_ring(&*entropy)?;
    recall_retired_keys(&mut keys, store.reads())
        .await
        .context("the retired secret keys cannot be read")?;
    let store = Arc::new(store);
    let wakeup = Arc::new(Wakeup::default());
    let webhooks = Webhooks::new(Parts {
        store: Arc::clone(&store) as _,
        queue: Arc::clone(&store) as _,
        clock: Arc::clone(&clock) as _,
        entropy,
        wakeup: Arc::clone(&wakeup),
        keys,
        settings: settings(config),
    })
    .metered_by(meter);
    let webhooks = match &config.session_public_key {
        Some(key) => webhooks.trusting(key.clone()),
        None => webhooks,
    };
    Ok(Wired {
        webhooks: Arc::new(webhooks),
        wakeup,
        store,
        clock,
    })
}

/// Makes the clock that all processes on one database follow; an embedded one has one process.
async fn service_clock(config: &Config, store: &SqlStore) -> anyhow::Result<ServiceClock> {
    if config.database_url.sqlite_file().is_some() {
        return Ok(ServiceClock::of_machine());
    }
    let steady = SteadyClock::new();
    let ahead = store.clock_offset(&steady).await;
    let ahead_ms = ahead.context("the database does not tell the time")?;
    Ok(ServiceClock::of_database(steady, ahead_ms))
}

/// Makes the pages of the dashboard, unless they are off.
pub(crate) fn pages(config: &Config, address: SocketAddr, wired: &Wired) -> Option<Mount> {
    let dashboard = Dashboard {
        webhooks: Arc::clone(&wired.webhooks),
        installation: Installation {
            reads: Arc::clone(&wired.store) as _,
            invariants: Arc::clone(&wired.store) as _,
            full_at: config.full_at(),
            sweep_grace: config.sweep_grace(),
        },
        public_url: config.public_url(address),
        session_cookie: config.session_cookie().to_owned(),
        https: config.is_https(),
        sign_in_url: config.sign_in_url.clone(),
    };
    config.dashboard.then(|| kayle_dashboard::mount(dashboard))
}

/// Makes the sender that reaches the endpoints.
pub(crate) fn sender(config: &Config) -> anyhow::Result<HyperSender> {
    HyperSender::new(SenderSettings {
        timeout: config.delivery_timeout,
        address_policy: AddressPolicy::new(config.environment, config.allow_networks.clone()),
        user_agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        pool: PoolLimits {
            idle_per_host_max: config.endpoint_concurrency,
            ..PoolLimits::RECOMMENDED
        },
    })
    .context("the HTTP client cannot start")
}

/// Makes the dispatcher.
pub(crate) fn dispatcher(
    config: &Config,
    webhooks: Arc<Webhooks>,
    sender: Arc<HyperSender>,
) -> Dispatcher {
    let limits = SlotLimits {
        total: config.delivery_concurrency,
        per_endpoint: config.endpoint_concurrency,
        per_destination: config.destination_concurrency,
    };
    Dispatcher::new(webhooks, sender, limits)
}

fn settings(config: &Config) -> Settings {
    Settings {
        url_policy: UrlPolicy {
            environment: config.environment,
            allowed: config.allow_networks.clone(),
        },
        retry_schedules: config.retry_schedules.clone(),
        session_lifetime: config.session_lifetime,
        lease: config.delivery_lease,
        quotas: config.quotas,
    }
}
