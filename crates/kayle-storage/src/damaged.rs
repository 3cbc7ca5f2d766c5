//! Looks for rows that cannot be read: every row of every table is read once, for the doctor.

use kayle_app::ports::store::{EXAMPLES_MAX, Invariant, StoreError, Violation};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IdenStatic, QueryFilter, QueryResult, QuerySelect,
    QueryTrait, Select, Value,
};

use crate::copy::{in_order_of_key, key};
use crate::entities::{
    activity, api_key, attempt, audit_chain, audit_row, delivery, delivery_attempt,
    delivery_payload, encryption_key, endpoint, event, organization, service_token, session,
};
use crate::error::store_error;
use crate::readable::decode;
use crate::store::SqlStore;

/// The most rows that are read and held at once. A payload can have two megabytes.
const PAGE_ROWS: u64 = 100;

/// What was found so far.
#[derive(Default)]
struct Damage {
    count: u64,
    examples: Vec<String>,
}

impl SqlStore {
    /// Names the rows that cannot be read, each with its table and column.
    pub(crate) async fn damaged_rows(&self) -> Result<Option<Violation>, StoreError> {
        let mut damage = Damage::default();
        let found = &mut damage;
        let whole = |_| Ok(());
        self.look_at::<organization::Entity>(found, whole).await?;
        self.look_at::<api_key::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        self.look_at::<endpoint::Entity>(found, |row| row.check())
            .await?;
        self.look_at::<encryption_key::Entity>(found, encryption_key::Model::check)
            .await?;
        self.look_at::<session::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        self.look_at::<attempt::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        self.look_at::<event::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        self.look_at::<delivery::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        // Other bytes should not be there at all, which is another finding.
        let stored = delivery::Entity::find()
            .select_only()
            .column(delivery::Column::Id)
            .filter(delivery::Column::PayloadExpiresAt.is_not_null())
            .into_query();
        let payloads = delivery_payload::Entity::find()
            .filter(delivery_payload::Column::DeliveryId.in_subquery(stored));
        self.look_among(payloads, found, |row| row.check()).await?;
        self.look_at::<delivery_attempt::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        self.look_at::<audit_row::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        self.look_at::<audit_chain::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        self.look_at::<activity::Entity>(found, |row| row.into_domain().map(drop))
            .await?;
        self.look_at::<service_token::Entity>(found, |_| Ok(()))
            .await?;
        let Damage { count, examples } = damage;
        Ok((0 < count).then_some(Violation {
            invariant: Invariant::RowIsReadable,
            count,
            examples,
        }))
    }

    async fn look_at<E: EntityTrait>(
        &self,
        damage: &mut Damage,
        check: impl Fn(E::Model) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.look_among(E::find(), damage, check).await
    }

    async fn look_among<E: EntityTrait>(
        &self,
        rows: Select<E>,
        damage: &mut Damage,
        check: impl Fn(E::Model) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let connection = &*self.readers;
        let mut last: Option<Vec<Value>> = None;
        loop {
            let page = in_order_of_key(rows.clone(), last.take())
                .limit(PAGE_ROWS)
                .build(connection.get_database_backend());
            let page = connection.query_all_raw(page).await.map_err(store_error)?;
            for row in &page {
                if let Err(error) = decode::<E>(row, "").and_then(&check) {
                    damage.note(&error);
                }
            }
            last = page.iter().rev().find_map(key_of::<E>);
            if last.is_none() {
                return Ok(());
            }
        }
    }
}

impl Damage {
    fn note(&mut self, error: &StoreError) {
        self.count += 1;
        if let StoreError::Corrupt { table, column, id } = error
            && self.examples.len() < EXAMPLES_MAX
        {
            self.examples.push(format!("{table}.{column} of {id}"));
        }
    }
}

fn key_of<E: EntityTrait>(row: &QueryResult) -> Option<Vec<Value>> {
    let values = key::<E>().map(|column| {
        let name = column.as_str();
        let text = || row.try_get::<String>("", name).map(Value::from);
        let uuid = || row.try_get::<Uuid>("", name).map(Value::from);
        let moment = || row.try_get::<i64>("", name).map(Value::from);
        let count = || row.try_get::<i32>("", name).map(Value::from);
        let value = text().or_else(|_| uuid());
        value.or_else(|_| moment()).or_else(|_| count()).ok()
    });
    values.collect()
}
