//! Writes down what this process counted.

use uuid::Uuid;

use crate::Webhooks;
use crate::ports::store::{ActivityRow, StoreError};

impl Webhooks {
    /// Writes what changed since the last time. A row has all that `writer` counted in its minute,
    /// so that one which is written twice does no harm; nobody else may have the same `writer`, not
    /// even the same process after it was started again.
    ///
    /// # Errors
    /// Nothing was written: all of it is written the next time.
    pub async fn flush_activity(&self, writer: Uuid) -> Result<(), StoreError> {
        let now = self.clock.now();
        let rows = self.tally.take_unwritten(writer);
        if let Err(error) = self.write_activity(&rows).await {
            self.tally.put_back(&rows);
            return Err(error);
        }
        self.tally.close_before(now);
        Ok(())
    }

    async fn write_activity(&self, rows: &[ActivityRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.unaudited().await?;
        tx.save_activity(rows).await?;
        tx.commit().await
    }
}
