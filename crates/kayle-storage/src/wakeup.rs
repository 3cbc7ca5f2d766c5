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

use std::fmt::Display;
use std::time::Duration;

use kayle_app::ports::wakeup::Wakeup;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, SqlxError, Statement};
use sqlx::Executor;
use sqlx::postgres::PgListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::backend::link::Link;
use crate::backend::open_postgres::pool_options;
use crate::backend::session::Server;
use crate::backend::unusable::Outdated;
use crate::options::StoreOptions;
use crate::silence::within;
use crate::store::SqlStore;

const CHANNEL: &str = "kayle_deliveries";

/// A notification need not survive a power cut: its commit waits for no disk.
const NOTIFY: &str = "SELECT pg_notify($1, $2), set_config('synchronous_commit', 'off', true)";

const NEW_NAME: &str = "SELECT gen_random_uuid()::text";

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
        match &*self.readers {
            Link::Readers(_) | Link::Turn(_) | Link::Session(_) => stop.cancelled().await,
            Link::Server(server) => {
                let relay = Relay::new(server, wakeup);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = relay.run() => {}
                }
            }
        }
    }
}

struct Relay<'a> {
    /// As the speaker uses it.
    server: Server,
    wakeup: &'a Wakeup,
}

impl<'a> Relay<'a> {
    /// Creates a relay beside a store's own connections.
    fn new(server: &Server, wakeup: &'a Wakeup) -> Self {
        let options = StoreOptions {
            connections: 1,
            answer_max: server.options.wait_max,
            ..server.options.clone()
        };
        let login = (*server.pool.connect_options()).clone();
        let outdated = Outdated::default();
        let pool = pool_options(&options, &outdated);
        let server = Server {
            pool: pool.connect_lazy_with(login),
            options,
            outdated,
        };
        Self { server, wakeup }
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

    async fn new_name(&self) -> Result<String, DbErr> {
        let name = Statement::from_string(DbBackend::Postgres, NEW_NAME);
        let name = self.server.query_one_raw(name).await?;
        let name = name.ok_or_else(|| DbErr::RecordNotFound(NEW_NAME.to_owned()))?;
        name.try_get_by_index(0)
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

    async fn notify(&self, speaker: &str) -> Result<(), DbErr> {
        let values = [CHANNEL.into(), speaker.into()];
        let notify = Statement::from_sql_and_values(DbBackend::Postgres, NOTIFY, values);
        self.server.execute_raw(notify).await.map(drop)
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
        let Server { pool, options, .. } = &self.server;
        let login = (*pool.connect_options()).clone();
        let pool = pool_options(options, &Outdated::default()).connect_lazy_with(login);
        let wait_max = options.wait_max;
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

async fn pause_after(error: &impl Display) {
    tracing::warn!(%error, "wake-ups between processes are interrupted");
    sleep(RECONNECT_PAUSE).await;
}
