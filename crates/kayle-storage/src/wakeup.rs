//! Wake-ups between processes: what one commits, the others send.
//!
//! The cast: the *speaker* sends a NOTIFY when this process has something to say; the *listener*
//! passes on what other processes said. Both have connections of their own, so that a busy pool
//! delays no wake-up and a wake-up takes nobody's connection.
//!
//! A NOTIFY is sent after the commit that it tells of, in a transaction of its own: inside, it
//! would make all commits of the database wait for one another. That it can get lost on the way is
//! no harm: a dispatcher that hears nothing looks once a second.

use std::time::Duration;

use kayle_app::ports::wakeup::Wakeup;
use sea_orm::SqlxError;
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use sqlx::{Executor, query, query_scalar};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::backend::Dialect;
use crate::store::SqlStore;

const CHANNEL: &str = "kayle_deliveries";

/// How long to wait before a lost connection is made anew. Meanwhile the dispatchers look by
/// themselves, as often as this.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// How long what is said after a wake-up is gathered for the next one: a hundred a second wake
/// everybody as well as ten thousand would, and each costs the database a commit.
const GATHERED: Duration = Duration::from_millis(10);

/// After how much silence the listener asks whether anybody is there. A server that vanished
/// without a word, as in a failover, would be listened to for ever.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// How long the answer to that may take.
const ANSWER_MAX: Duration = Duration::from_secs(5);

impl SqlStore {
    /// Passes wake-ups between this process and the others that use the database, until `stop`.
    ///
    /// An SQLite database is one process's own: there is nobody to wake.
    pub async fn relay(&self, wakeup: &Wakeup, stop: &CancellationToken) {
        match self.dialect {
            Dialect::Sqlite => stop.cancelled().await,
            Dialect::Postgres => {
                let relay = Relay::new(self.connection().get_postgres_connection_pool(), wakeup);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = relay.run() => {}
                }
            }
        }
    }
}

struct Relay<'a> {
    pool: PgPool,
    wakeup: &'a Wakeup,
}

impl<'a> Relay<'a> {
    /// Makes a relay to the database that `pool` is connected to.
    fn new(pool: &PgPool, wakeup: &'a Wakeup) -> Self {
        // A notification need not survive a power cut.
        let options = pool.connect_options();
        let options = (*options).clone().options([("synchronous_commit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .acquire_timeout(ANSWER_MAX)
            .connect_lazy_with(options);
        Self { pool, wakeup }
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
        query_scalar("SELECT gen_random_uuid()::text")
            .fetch_one(&self.pool)
            .await
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
        query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(speaker)
            .execute(&self.pool)
            .await
            .map(drop)
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
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        // Something may have been said while nobody listened.
        self.wakeup.wake_here();
        loop {
            match timeout(SILENCE_MAX, listener.try_recv()).await {
                Ok(Ok(Some(said))) if said.payload() == own => {}
                Ok(Ok(Some(_))) => self.wakeup.wake_here(),
                Ok(Ok(None)) => return Err(SqlxError::WorkerCrashed),
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    let answer = timeout(ANSWER_MAX, listener.execute("SELECT 1")).await;
                    answer.map_err(|_| SqlxError::PoolTimedOut)??;
                }
            }
        }
    }
}

async fn pause_after(error: &SqlxError) {
    tracing::warn!(%error, "wake-ups between processes are interrupted");
    sleep(RECONNECT_PAUSE).await;
}
