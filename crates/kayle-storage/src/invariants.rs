//! What must not be, asked in SQL that both databases understand.
//!
//! Each question reads what it must, however much that is: an operator asks, seldom, and writers
//! wait for none of it.

use async_trait::async_trait;
use kayle_app::ports::store::{
    EXAMPLES_MAX, Invariant, InvariantReads, Overdue, StoreError, Violation,
};
use kayle_crypto::Sealed;
use kayle_primitives::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IdenStatic, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, QueryTrait, Statement, Value,
};

use crate::entities::endpoint;
use crate::error::store_error;
use crate::readable::as_u64;
use crate::store::SqlStore;

/// Leaves out endpoints that changed in the minute before the event, for the clocks of several
/// processes.
const UNFANNED: &str = "\
SELECT DISTINCT events.id AS id FROM events \
JOIN sessions ON sessions.id = events.session_id \
JOIN endpoints ON endpoints.organization_id = events.organization_id \
WHERE endpoints.deleted_at IS NULL AND endpoints.disabled_at IS NULL \
AND endpoints.updated_at < events.created_at - 60000 \
AND endpoints.subscription LIKE '%\"' || events.event_type || '\"%' \
AND (sessions.targets = '[]' OR sessions.targets LIKE '%\"' || endpoints.id || '\"%') \
AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.event_id = events.id \
AND deliveries.organization_id = events.organization_id \
AND deliveries.endpoint_id = endpoints.id)";

const REPEATED: &str = "\
SELECT max(id) AS id FROM deliveries GROUP BY event_id, endpoint_id HAVING count(*) > 1";

const WITHOUT_EVENT: &str = "\
SELECT deliveries.id AS id FROM deliveries LEFT JOIN events ON events.id = deliveries.event_id \
WHERE events.id IS NULL OR events.organization_id <> deliveries.organization_id";

const WITHOUT_ENDPOINT: &str = "\
SELECT deliveries.id AS id FROM deliveries \
LEFT JOIN endpoints ON endpoints.id = deliveries.endpoint_id \
LEFT JOIN encryption_keys ON encryption_keys.id = deliveries.encryption_key_id \
WHERE endpoints.id IS NULL OR endpoints.organization_id <> deliveries.organization_id \
OR (deliveries.encryption_key_id IS NOT NULL AND (encryption_keys.id IS NULL \
OR encryption_keys.endpoint_id <> deliveries.endpoint_id))";

const BYTES_LEFT: &str = "\
SELECT delivery_payloads.delivery_id AS id FROM delivery_payloads \
LEFT JOIN deliveries ON deliveries.id = delivery_payloads.delivery_id \
WHERE deliveries.id IS NULL OR deliveries.state = 'succeeded' \
OR deliveries.payload_expires_at IS NULL";

const BYTES_LOST: &str = "\
SELECT deliveries.id AS id FROM deliveries \
WHERE (deliveries.payload_expires_at IS NOT NULL \
OR deliveries.state IN ('pending', 'held', 'delivering')) \
AND NOT EXISTS (SELECT 1 FROM delivery_payloads \
WHERE delivery_payloads.delivery_id = deliveries.id)";

const LEASE_OVERDUE: &str = "\
SELECT id FROM deliveries WHERE state = 'delivering' AND lease_until < $1";

const PAYLOAD_OVERDUE: &str = "SELECT id FROM deliveries WHERE payload_expires_at < $1";

const DUE_OVERDUE: &str = "SELECT id FROM deliveries WHERE state = 'pending' AND due_at < $1";

/// A question: gives the ids of what breaks a rule.
struct Question {
    sql: &'static str,
    value: Option<i64>,
}

#[async_trait]
impl InvariantReads for SqlStore {
    async fn violations(&self, overdue: &Overdue) -> Result<Vec<Violation>, StoreError> {
        let mut violations = Vec::new();
        for invariant in Invariant::STORED {
            if invariant == Invariant::RowIsReadable {
                violations.extend(self.damaged_rows().await?);
            }
            if let Some(question) = question(invariant, overdue) {
                violations.extend(self.ask(invariant, question).await?);
            }
        }
        Ok(violations)
    }

    async fn sealed_secrets(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Sealed)>, StoreError> {
        let rows = endpoint::Entity::find()
            .select_only()
            .column(endpoint::Column::Id)
            .column(endpoint::Column::SigningSecretKeyId)
            .column(endpoint::Column::SigningSecretSealed)
            .filter(endpoint::Column::SigningSecretSealed.is_not_null())
            .filter(endpoint::Column::SigningSecretKeyId.is_not_null())
            .apply_if(after, |rows, after| {
                rows.filter(endpoint::Column::Id.gt(after))
            })
            .order_by_asc(endpoint::Column::Id)
            .limit(as_u64(limit));
        let statement = rows.build(self.readers.get_database_backend());
        let rows = self.readers.query_all_raw(statement).await;
        let rows = rows.map_err(store_error)?;
        Ok(rows.iter().filter_map(sealed_secret).collect())
    }
}

/// Reads a sealed secret; what cannot be read is among the rows that cannot be.
fn sealed_secret(row: &QueryResult) -> Option<(String, Sealed)> {
    let id = row.try_get("", endpoint::Column::Id.as_str()).ok()?;
    let key_id = row.try_get("", endpoint::Column::SigningSecretKeyId.as_str());
    let bytes = row.try_get("", endpoint::Column::SigningSecretSealed.as_str());
    let sealed = Sealed {
        key_id: key_id.ok()?,
        bytes: bytes.ok()?,
    };
    Some((id, sealed))
}

impl SqlStore {
    async fn ask(
        &self,
        invariant: Invariant,
        question: Question,
    ) -> Result<Option<Violation>, StoreError> {
        let tx = self.begin_read().await?;
        let connection = tx.connection();
        if let Some(setting) = tx.dialect().allow_whole_tables() {
            let allowed = connection.execute_unprepared(setting).await;
            allowed.map_err(store_error)?;
        }
        let sql = format!(
            "SELECT id, count(*) OVER () AS total FROM ({}) AS broken ORDER BY id LIMIT {}",
            question.sql, EXAMPLES_MAX
        );
        let values = question.value.map(Value::from);
        let statement =
            Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
        let rows = connection.query_all_raw(statement).await;
        let rows = rows.map_err(store_error)?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let total: i64 = first.try_get("", "total").map_err(store_error)?;
        let examples: Result<Vec<String>, _> =
            rows.iter().map(|row| row.try_get("", "id")).collect();
        Ok(Some(Violation {
            invariant,
            count: total.unsigned_abs(),
            examples: examples.map_err(store_error)?,
        }))
    }
}

/// Returns the question whose answers break a rule; `None` where it takes more than SQL to tell.
fn question(invariant: Invariant, overdue: &Overdue) -> Option<Question> {
    let (sql, moment) = match invariant {
        Invariant::EventIsFannedOut => (UNFANNED, None),
        Invariant::OneDeliveryPerEndpoint => (REPEATED, None),
        Invariant::DeliveryHasItsEvent => (WITHOUT_EVENT, None),
        Invariant::DeliveryHasItsEndpoint => (WITHOUT_ENDPOINT, None),
        Invariant::EndedDeliveryHasNoBytes => (BYTES_LEFT, None),
        Invariant::StoredPayloadHasBytes => (BYTES_LOST, None),
        Invariant::LeaseIsTakenOver => (LEASE_OVERDUE, Some(overdue.leased_until)),
        Invariant::ExpiredPayloadIsScrubbed => (PAYLOAD_OVERDUE, Some(overdue.payload_expired_at)),
        Invariant::DueDeliveryIsClaimed => (DUE_OVERDUE, Some(overdue.due_at)),
        Invariant::RowIsReadable | Invariant::AuditLogIsWhole | Invariant::SigningSecretOpens => {
            return None;
        }
    };
    let value = moment.map(Timestamp::unix_ms);
    Some(Question { sql, value })
}

#[cfg(test)]
mod tests;
