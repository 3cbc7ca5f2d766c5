//! The database's clock, by which all processes that share the database go.

use kayle_app::ports::store::StoreError;
use kayle_primitives::Clock;
use sea_orm::{DbErr, RuntimeErr, SqlxError};
use sqlx::query_scalar;

use crate::backend::Dialect;
use crate::error::store_error;
use crate::silence::within;
use crate::store::SqlStore;

/// How often the clocks are compared. The first answer comes late, since the statement is prepared
/// with it; of the others the fastest counts.
const COMPARISONS: usize = 5;

const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

impl SqlStore {
    /// Gives how many milliseconds the database's clock is ahead of `clock`, right to half of the
    /// fastest round trip. An SQLite database has no clock of its own: it is none.
    pub async fn clock_offset(&self, clock: &dyn Clock) -> Result<i64, StoreError> {
        match self.dialect {
            Dialect::Sqlite => Ok(0),
            Dialect::Postgres => {
                let offset = self.postgres_clock_offset(clock);
                let offset = within(self.options.answer_max, offset).await;
                offset
                    .map_err(|error| store_error(DbErr::Query(RuntimeErr::SqlxError(error.into()))))
            }
        }
    }

    async fn postgres_clock_offset(&self, clock: &dyn Clock) -> Result<i64, SqlxError> {
        let pool = self.connection().get_postgres_connection_pool();
        let mut connection = pool.acquire().await?;
        let mut nearest = (i64::MAX, 0);
        for _ in 0..COMPARISONS {
            let asked_at = clock.now().unix_ms();
            let theirs: i64 = query_scalar(NOW).fetch_one(&mut *connection).await?;
            let answered_at = clock.now().unix_ms();
            let round_trip = (answered_at - asked_at).abs();
            let offset = theirs - i64::midpoint(asked_at, answered_at);
            if round_trip < nearest.0 {
                nearest = (round_trip, offset);
            }
        }
        Ok(nearest.1)
    }
}
