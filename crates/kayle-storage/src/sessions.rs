//! Sessions and their attempts in SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use async_trait::async_trait;
use kayle_app::ports::store::{
    Batch, Caused, Portion, RecordedAttempt, SessionFilter, SessionReads, SessionStep,
    SessionWrites, StoreError, report_damage,
};
use kayle_events::{EventType, TriggerType};
use kayle_primitives::{AttemptId, Id, OrganizationId, Page, PageRequest, SessionId, Timestamp};
use kayle_sessions::Session;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Select, Statement,
};

use crate::backend::batches::StepRows;
use crate::backend::dialect::Dialect;
use crate::backend::link::Link;
use crate::count::count_at_most;
use crate::entities::session::{Column, Entity, Model};
use crate::entities::values::Row;
use crate::entities::{attempt, delivery, event};
use crate::error::store_error;
use crate::page::by_id;
use crate::readable::{columns_of, decode, portion_of, read_all, read_one, read_page};
use crate::store::SqlTx;

#[async_trait]
impl SessionReads for Link {
    async fn find_session(
        &self,
        organization_id: OrganizationId,
        id: &SessionId,
    ) -> Result<Option<Session>, StoreError> {
        let row =
            Entity::find_by_id(id.as_str()).filter(Column::OrganizationId.eq(organization_id.0));
        let row = read_one(self, row).await?;
        row.map(Model::into_domain).transpose()
    }

    async fn find_session_for_intake(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let row = read_one(self, Entity::find_by_id(id.as_str())).await?;
        row.map(Model::into_domain).transpose()
    }

    async fn find_sessions_for_intake(
        &self,
        ids: &BTreeSet<SessionId>,
    ) -> Result<BTreeMap<SessionId, Result<Session, StoreError>>, StoreError> {
        let ids: Vec<&str> = ids.iter().map(SessionId::as_str).collect();
        let rows = self
            .query_all_raw(by_ids::<Entity>(self.dialect(), &ids))
            .await;
        let rows = rows.map_err(store_error)?;
        Ok(each_by_id(&rows, |row| {
            decode::<Entity>(row, "")?.into_domain()
        }))
    }

    async fn find_attempts_for_intake(
        &self,
        ids: &BTreeSet<AttemptId>,
    ) -> Result<BTreeMap<AttemptId, Result<RecordedAttempt, StoreError>>, StoreError> {
        let ids: Vec<&str> = ids.iter().map(AttemptId::as_str).collect();
        let attempts = by_ids::<attempt::Entity>(self.dialect(), &ids);
        let rows = self.query_all_raw(attempts).await.map_err(store_error)?;
        let read = |row: &QueryResult| decode::<attempt::Entity>(row, "")?.into_domain();
        Ok(each_by_id(&rows, read))
    }

    async fn find_attempt_for_intake(
        &self,
        id: &AttemptId,
    ) -> Result<Option<RecordedAttempt>, StoreError> {
        let row = read_one(self, attempt::Entity::find_by_id(id.as_str())).await?;
        row.map(attempt::Model::into_domain).transpose()
    }

    async fn caused_by_attempt(&self, id: &AttemptId) -> Result<Caused, StoreError> {
        let deliveries = event::Entity::belongs_to(delivery::Entity)
            .from(event::Column::Id)
            .to(delivery::Column::EventId)
            .into();
        let session = attempt::Entity::find_by_id(id.as_str())
            .select_only()
            .column(attempt::Column::SessionId)
            .into_query();
        let mut rows: Vec<(String, String, Option<String>)> = event::Entity::find()
            .select_only()
            .column(event::Column::Id)
            .column(event::Column::EventType)
            .column(delivery::Column::Id)
            .join(JoinType::LeftJoin, deliveries)
            // By the session: there is no index on the attempt, which every report would pay for.
            .filter(event::Column::SessionId.in_subquery(session))
            .filter(event::Column::AttemptId.eq(id.as_str()))
            .order_by_asc(event::Column::CreatedAt)
            .order_by_asc(event::Column::Id)
            .order_by_asc(delivery::Column::EndpointId)
            .into_tuple()
            .all(self)
            .await
            .map_err(store_error)?;
        // One report causes the attempt's event and then the session's, at the same moment.
        rows.sort_by_key(|(_, event_type, _)| tells_of_a_session(event_type));
        caused(id, &rows)
    }

    async fn count_open_sessions(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        // Written as the index of those that have not ended has it.
        let open = Expr::cust("status IN ('created', 'in_progress')");
        let rows = Entity::find().filter(Column::OrganizationId.eq(organization_id.0));
        count_at_most(self, rows.filter(open), Column::Id, at_most).await
    }

    async fn list_sessions(
        &self,
        organization_id: OrganizationId,
        filter: &SessionFilter,
        page: &PageRequest<SessionId>,
    ) -> Result<Page<Session>, StoreError> {
        let SessionFilter {
            status,
            created_from,
            created_to,
        } = filter;
        let rows = Entity::find()
            .filter(Column::OrganizationId.eq(organization_id.0))
            .apply_if(*status, |rows, status| {
                rows.filter(Column::Status.eq(status.as_str()))
            })
            .apply_if(*created_from, |rows, from| {
                rows.filter(Column::CreatedAt.gte(from.unix_ms()))
            })
            .apply_if(*created_to, |rows, to| {
                rows.filter(Column::CreatedAt.lte(to.unix_ms()))
            });
        let after = page.starting_after.as_ref().map(SessionId::as_str);
        let rows = by_id(rows, Column::Id, after);
        read_page(self, rows, page.limit, Model::into_domain).await
    }

    async fn overdue_sessions(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<Session>, StoreError> {
        read_all(self, overdue(now, portion), Model::into_domain).await
    }
}

#[async_trait]
impl SessionWrites for SqlTx {
    async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let row = Model::from_domain(session).into_active_model();
        let inserted = Entity::insert(row).exec_without_returning(self.connection());
        inserted.await.map(drop).map_err(store_error)
    }

    async fn save_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let row = Model::from_domain(session);
        let (id, revision_before) = (row.id.clone(), row.revision - 1);
        let saved = Entity::update_many()
            .set(row.into_active_model().reset_all())
            .filter(Column::Id.eq(id))
            .filter(Column::OrganizationId.eq(session.organization_id.0))
            .filter(Column::Revision.eq(revision_before))
            .exec(self.connection());
        match saved.await.map_err(store_error)?.rows_affected {
            0 => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    }

    async fn insert_attempt(&mut self, recorded: &RecordedAttempt) -> Result<(), StoreError> {
        let row = attempt::Model::from_domain(recorded).into_active_model();
        let inserted = attempt::Entity::insert(row).exec_without_returning(self.connection());
        inserted.await.map(drop).map_err(store_error)
    }
}

impl SqlTx {
    /// Writes steps of different sessions; returns for each, in order, whether it was written.
    pub(crate) async fn write_steps(
        &mut self,
        steps: &[&SessionStep],
    ) -> Result<Vec<bool>, StoreError> {
        let written = self
            .dialect()
            .write_steps(self.connection(), StepRows::of(steps));
        let written = written.await.map_err(store_error)?;
        let is_written = |step: &&SessionStep| written.contains(step.session.id.as_str());
        Ok(steps.iter().map(is_written).collect())
    }
}

/// Asks for the rows with these ids, by one value: the statement is always the same.
pub(crate) fn by_ids<E: EntityTrait>(dialect: &dyn Dialect, ids: &[&str]) -> Statement {
    let sql = format!(
        "SELECT {columns} FROM {table} WHERE id {wanted}",
        columns = columns_of::<E>(""),
        table = E::default().table_name(),
        wanted = dialect.in_list(1),
    );
    dialect.statement(&sql, vec![dialect.list(ids)])
}

/// Reads rows, each by its id, with what cannot be read of it.
fn each_by_id<K: Ord, T>(
    rows: &[QueryResult],
    read: impl Fn(&QueryResult) -> Result<T, StoreError>,
) -> BTreeMap<Id<K>, Result<T, StoreError>> {
    let read = rows.iter().filter_map(|row| {
        let id: String = row.try_get("", "id").ok()?;
        Some((Id::parse(&id).ok()?, read(row).inspect_err(report_damage)))
    });
    read.collect()
}

/// Asks for the active sessions whose window has passed, the longest first.
pub(crate) fn overdue(now: Timestamp, portion: Portion) -> Select<Entity> {
    let rows = Entity::find()
        // Written out, not bound: a partial index is used only where the query says the same.
        .filter(Expr::cust("status IN ('created', 'in_progress')"))
        .filter(Column::ExpiresAt.lte(now.unix_ms()))
        .order_by_asc(Column::ExpiresAt)
        .order_by_asc(Column::Id);
    portion_of(rows, portion)
}

/// Returns whether an event is of a session rather than of an attempt; a type that this program
/// does not know is taken for one.
fn tells_of_a_session(event_type: &str) -> bool {
    let trigger = EventType::from_str(event_type).map(EventType::trigger_type);
    trigger != Ok(TriggerType::Attempt)
}

/// Takes apart the rows of an attempt's events, each beside each of its deliveries.
fn caused(id: &AttemptId, rows: &[(String, String, Option<String>)]) -> Result<Caused, StoreError> {
    let row = Row {
        table: "events",
        id,
    };
    let mut caused = Caused::default();
    for (event_id, _, delivery_id) in rows {
        let event_id = row.id("id", event_id)?;
        if caused.events.last() != Some(&event_id) {
            caused.events.push(event_id);
        }
        if let Some(delivery_id) = delivery_id {
            caused.deliveries.push(row.id("id", delivery_id)?);
        }
    }
    Ok(caused)
}
