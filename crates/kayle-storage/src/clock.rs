//! The database's clock, by which all processes that share the database go.

use kayle_app::ports::store::StoreError;
use kayle_primitives::Clock;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::backend::link::Link;
use crate::backend::session::Server;
use crate::error::store_error;
use crate::store::SqlStore;

/// How often the clocks are compared. The first answer comes late, since the statement is prepared
/// with it; of the others the fastest counts.
const COMPARISONS: usize = 5;

const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

impl SqlStore {
    /// Returns how many milliseconds the database's clock is ahead of `clock`, right to half of the
    /// fastest round trip. Always 0 for SQLite, which has no clock of its own.
    pub async fn clock_offset(&self, clock: &dyn Clock) -> Result<i64, StoreError> {
        match &*self.readers {
            Link::Readers(_) | Link::Turn(_) | Link::Session(_) => Ok(0),
            Link::Server(server) => offset_of(server, clock).await.map_err(store_error),
        }
    }
}

async fn offset_of(server: &Server, clock: &dyn Clock) -> Result<i64, DbErr> {
    let session = server.session().await?;
    let mut nearest = (i64::MAX, 0);
    for _ in 0..COMPARISONS {
        let asked_at = clock.now().unix_ms();
        let now = Statement::from_string(DbBackend::Postgres, NOW);
        let theirs = session.query_one_raw(now).await?;
        let answered_at = clock.now().unix_ms();
        let theirs = theirs.ok_or_else(|| DbErr::RecordNotFound(NOW.to_owned()))?;
        let theirs: i64 = theirs.try_get_by_index(0)?;
        let round_trip = (answered_at - asked_at).abs();
        let offset = theirs - i64::midpoint(asked_at, answered_at);
        if round_trip < nearest.0 {
            nearest = (round_trip, offset);
        }
    }
    Ok(nearest.1)
}
