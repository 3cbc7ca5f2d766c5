//! Wake-ups between processes: what one commits, the others send.
//!
//! The cast: the *speaker* sends a NOTIFY when this process has something to say; the *listener*
//! passes on what other processes said. Both have connections of their own, so that a busy pool
//! delays no wake-up and a wake-up takes nobody's connection. Each notices when its connection has
//! gone silent, and makes another one.
//!
//! A NOTIFY is sent after the commit that it tells of, in a transaction of its own: inside, it
//! would make all commits of the database wait for one another. That it can get lost on the way is
//! no harm: a dispatcher that hears nothing looks once a second.

use std::time::Duration;

use kayle_app::ports::wakeup::Wakeup;
use sea_orm::SqlxError;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool};
use sqlx::{Executor, query, query_scalar};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::backend::Dialect;
use crate::backend::postgres::pool_options;
use crate::silence::within;
use crate::store::{SqlStore, StoreOptions};

const CHANNEL: &str = "kayle_deliveries";

/// How long to wait before a lost connection is made anew. Meanwhile the dispatchers look by
/// themselves, as often as this.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// How long what is said after a wake-up is gathered for the next one: a hundred a second wake
/// everybody as well as ten thousand would, and each costs the database a commit.
const GATHERED: Duration = Duration::from_millis(10);

/// After how many times the longest wait for an answer the listener asks whether anybody is there.
/// A server that vanished without a word, as in a failover, would be listened to for ever.
const SILENT_WAITS_MAX: u32 = 3;

impl SqlStore {
    /// Passes wake-ups between this process and the others that use the database, until `stop`.
    ///
    /// An SQLite database is one process's own: there is nobody to wake.
    pub async fn relay(&self, wakeup: &Wakeup, stop: &CancellationToken) {
        match self.dialect {
            Dialect::Sqlite => stop.cancelled().await,
            Dialect::Postgres => {
                let relay = Relay::new(self, wakeup);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = relay.run() => {}
                }
            }
        }
    }
}

struct Relay<'a> {
    server: PgConnectOptions,
    options: StoreOptions,
    /// The speaker's.
    pool: PgPool,
    wakeup: &'a Wakeup,
}

impl<'a> Relay<'a> {
    /// Makes a relay to the database of `store`.
    fn new(store: &SqlStore, wakeup: &'a Wakeup) -> Self {
        let server = store.connection().get_postgres_connection_pool();
        // A notification need not survive a power cut.
        let server = (*server.connect_options()).clone();
        let server = server.options([("synchronous_commit", "off")]);
        let options = StoreOptions {
            connections: 1,
            ..store.options.clone()
        };
        Self {
            pool: pool_options(&options).connect_lazy_with(server.clone()),
            server,
            options,
            wakeup,
        }
    }

    /// Speaks and listens for ever.
    async fn run(&self) {
        // Tells this process's own words from the others': the database hears them all alike.
        let speaker = loop {
            match self.new_name().await {
                Ok(name) => break name,
                Err(error) => pause_after(&error).await,
            }
        };
        tokio::join!(self.speak(&speaker), self.listen(&speaker));
    }

    async fn new_name(&self) -> Result<String, SqlxError> {
        let name = query_scalar("SELECT gen_random_uuid()::text").fetch_one(&self.pool);
        within(self.options.wait_max, name).await
    }

    async fn speak(&self, speaker: &str) {
        loop {
            self.wakeup.spoken().await;
            while let Err(error) = self.notify(speaker).await {
                pause_after(&error).await;
            }
            sleep(GATHERED).await;
        }
    }

    async fn notify(&self, speaker: &str) -> Result<(), SqlxError> {
        let notify = query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(speaker);
        let notified = notify.execute(&self.pool);
        within(self.options.wait_max, notified).await.map(drop)
    }

    async fn listen(&self, own: &str) {
        loop {
            if let Err(error) = self.listen_once(own).await {
                pause_after(&error).await;
            }
        }
    }

    /// Listens until the connection is lost.
    async fn listen_once(&self, own: &str) -> Result<(), SqlxError> {
        // Nobody else's place is taken: a listener says goodbye when it is dropped, and waits for
        // the answer for ever.
        let pool = pool_options(&self.options).connect_lazy_with(self.server.clone());
        let wait_max = self.options.wait_max;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        within(wait_max, listener.listen(CHANNEL)).await?;
        // Something may have been said while nobody listened.
        self.wakeup.wake_here();
        loop {
            match timeout(wait_max * SILENT_WAITS_MAX, listener.try_recv()).await {
                Ok(Ok(Some(said))) if said.payload() == own => {}
                Ok(Ok(Some(_))) => self.wakeup.wake_here(),
                Ok(Ok(None)) => return Err(SqlxError::WorkerCrashed),
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    within(wait_max, listener.execute("SELECT 1")).await?;
                }
            }
        }
    }
}

async fn pause_after(error: &SqlxError) {
    tracing::warn!(%error, "wake-ups between processes are interrupted");
    sleep(RECONNECT_PAUSE).await;
}
