//! Rows of `endpoints`.

use std::str::FromStr;

use kayle_app::ports::store::StoreError;
use kayle_crypto::Sealed;
use kayle_endpoints::{
    Endpoint, EndpointName, EndpointUrl, Labels, Retention, RetryScheduleName, Subscription,
};
use kayle_events::EventType;
use kayle_primitives::OrganizationId;
use sea_orm::ActiveValue::NotSet;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;

use super::values::{Row, at, optional_at, optional_ms, texts_to_json};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "endpoints")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) organization_id: Uuid,
    pub(crate) name: Option<String>,
    pub(crate) labels: String,
    pub(crate) url: String,
    pub(crate) subscription: String,
    pub(crate) retention_hours: i32,
    pub(crate) retry_schedule: String,
    pub(crate) signing_secret_key_id: Option<String>,
    pub(crate) signing_secret_sealed: Option<Vec<u8>>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) disabled_at: Option<i64>,
    pub(crate) deleted_at: Option<i64>,
    /// Host and port of the URL; not in rows that an older version wrote.
    pub(crate) destination: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A URL's path and query can carry secrets.
impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Model")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// Returns the row of an endpoint with its secret.
    pub(crate) fn from_domain(endpoint: &Endpoint, signing_secret: &Sealed) -> Self {
        Self {
            signing_secret_key_id: Some(signing_secret.key_id.clone()),
            signing_secret_sealed: Some(signing_secret.bytes.clone()),
            ..Self::without_secret(endpoint)
        }
    }

    /// Returns what an endpoint's change writes: all but its secret and its deletion.
    pub(crate) fn changes(endpoint: &Endpoint) -> ActiveModel {
        ActiveModel {
            signing_secret_key_id: NotSet,
            signing_secret_sealed: NotSet,
            deleted_at: NotSet,
            ..Self::without_secret(endpoint)
                .into_active_model()
                .reset_all()
        }
    }

    fn without_secret(endpoint: &Endpoint) -> Self {
        let event_types = endpoint.subscription.as_slice().iter();
        Self {
            id: endpoint.id.as_str().to_owned(),
            organization_id: endpoint.organization_id.0,
            name: endpoint.name.as_ref().map(|name| name.as_str().to_owned()),
            labels: texts_to_json(endpoint.labels.as_slice().iter().map(String::as_str)),
            url: endpoint.url.as_submitted().to_owned(),
            subscription: texts_to_json(event_types.map(|event_type| event_type.as_str())),
            retention_hours: i32::try_from(endpoint.retention.hours())
                .expect("168 hours fit 31 bits"),
            retry_schedule: endpoint.retry_schedule.as_str().to_owned(),
            signing_secret_key_id: None,
            signing_secret_sealed: None,
            created_at: endpoint.created_at.unix_ms(),
            updated_at: endpoint.updated_at.unix_ms(),
            disabled_at: optional_ms(endpoint.disabled_at),
            deleted_at: None,
            destination: endpoint.url.destination().map(|it| it.as_str().to_owned()),
        }
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// Returns the sealed secret; `None` if the row has lost a part of it.
    pub(crate) fn signing_secret(&self) -> Option<Sealed> {
        Some(Sealed {
            key_id: self.signing_secret_key_id.clone()?,
            bytes: self.signing_secret_sealed.clone()?,
        })
    }

    pub(crate) fn retention(&self) -> Result<Retention, StoreError> {
        let row = self.row();
        let hours = row.number("retention_hours", self.retention_hours)?;
        row.parsed("retention_hours", Retention::from_hours(hours))
    }

    pub(crate) fn retry_schedule(&self) -> Result<RetryScheduleName, StoreError> {
        let parsed = RetryScheduleName::from_str(&self.retry_schedule);
        self.row().parsed("retry_schedule", parsed)
    }

    pub(crate) fn to_domain(&self) -> Result<Endpoint, StoreError> {
        let row = self.row();
        let name = self.name.as_deref().map(EndpointName::parse).transpose();
        Ok(Endpoint {
            id: row.id("id", &self.id)?,
            organization_id: OrganizationId(self.organization_id),
            name: row.parsed("name", name)?,
            labels: Labels::from_stored(row.texts("labels", &self.labels)?),
            url: EndpointUrl::from_stored(self.url.clone()),
            subscription: self.subscription()?,
            retention: self.retention()?,
            retry_schedule: self.retry_schedule()?,
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
            disabled_at: optional_at(self.disabled_at),
        })
    }

    /// Returns whether all that is needed of the row can be read.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.to_domain()?;
        if !self.is_deleted() && self.signing_secret().is_none() {
            return Err(self.row().corrupt("signing_secret_sealed"));
        }
        Ok(())
    }

    fn subscription(&self) -> Result<Subscription, StoreError> {
        let row = self.row();
        let event_types = row
            .texts("subscription", &self.subscription)?
            .iter()
            .map(|text| EventType::from_str(text))
            .collect::<Result<Vec<_>, _>>();
        Ok(Subscription::new(&row.parsed("subscription", event_types)?))
    }

    fn row(&self) -> Row<'_> {
        Row {
            table: "endpoints",
            id: &self.id,
        }
    }
}
