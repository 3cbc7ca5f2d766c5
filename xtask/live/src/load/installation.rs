//! An organization on the service, its endpoints, and the reports about its sessions.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use kayle_crypto::PrivateKey;
use serde_json::{Map, Value, json};

use crate::service::Service;
use crate::service::api::{Api, text};

use super::now;
use super::receiver::Receiver;

/// What the measurements speak to.
pub(super) struct Installation {
    /// The organization's own access.
    pub(super) api: Api,
    pub(super) receiver: Receiver,
    pub(super) endpoints: Vec<Endpoint>,
    intake: Api,
}

/// An endpoint as its owner knows it.
pub(super) struct Endpoint {
    pub(super) signing_secret: String,
    pub(super) key: Arc<PrivateKey>,
}

/// A report that the intake has accepted.
pub(super) struct Report {
    pub(super) session_id: String,
    /// When it was begun, or should have been.
    pub(super) asked_at: Instant,
    pub(super) answered_at: Instant,
    pub(super) deliveries: Vec<String>,
}

/// What every session asks for and every report says: as many claims as a usual document gives.
pub(super) const CLAIMS: [(&str, &str); 5] = [
    ("family_name", "SKLODOWSKA"),
    ("given_names", "MARIE SALOMEA"),
    ("date_of_birth", "1967-11-07"),
    ("document_number", "X4RTBPFW4"),
    ("kayle_document_id", "doc-5b1c9f0e7a2d4486"),
];

/// The label under which every endpoint registers its key.
pub(super) const KEY_ID: &str = "load";

/// Making a key takes the longer part of a tenth of a second; many endpoints share these. The service
/// does not know, and encrypts as often.
const KEYS_MAX: usize = 10;

impl Installation {
    /// Creates an organization, its keys and its endpoints on an empty service.
    pub(super) async fn set_up(service: &Service, endpoints: u16) -> anyhow::Result<Self> {
        let organization_id = service.create_organization("Load").await?;
        let api_key = service.create_api_key(&organization_id).await?;
        let service_token = service.create_service_token().await?;
        let mut installation = Self {
            api: Api::new(service.url(), &api_key)?,
            receiver: Receiver::start().await?,
            endpoints: Vec::new(),
            intake: Api::new(service.url(), &service_token)?,
        };
        let keys = usize::from(endpoints).min(KEYS_MAX);
        let keys: Vec<_> = (0..keys)
            .map(|_| Arc::new(PrivateKey::generate()))
            .collect();
        for (number, key) in (0..endpoints).zip(keys.iter().cycle()) {
            let endpoint = installation.register_endpoint(number, key).await?;
            installation.endpoints.push(endpoint);
        }
        Ok(installation)
    }

    async fn register_endpoint(
        &self,
        number: u16,
        key: &Arc<PrivateKey>,
    ) -> anyhow::Result<Endpoint> {
        let body = json!({ "url": self.receiver.url(number) });
        let created = self.api.post("/v1/webhooks/endpoints", &body).await?;
        let endpoint_id = text(&created, "/endpoint/id")?;
        self.api.register_key(endpoint_id, KEY_ID, key).await?;
        Ok(Endpoint {
            signing_secret: text(&created, "/signing_secret")?.to_owned(),
            key: Arc::clone(key),
        })
    }

    /// Opens a session for every endpoint and returns its id.
    pub(super) async fn open_session(&self) -> anyhow::Result<String> {
        let ask = |(key, _): (&str, &str)| {
            let asked = json!({ "required": true, "reason": "To know who you are" });
            (key.to_owned(), asked)
        };
        let share_fields: Map<_, _> = CLAIMS.into_iter().map(ask).collect();
        let body = json!({ "share_fields": share_fields });
        let session = self.api.post("/v1/sessions", &body).await?;
        Ok(text(&session, "/id")?.to_owned())
    }

    /// Reports that a session's check succeeded.
    pub(super) async fn report(&self, session_id: &str) -> anyhow::Result<Report> {
        self.report_due(session_id, now()).await
    }

    /// Reports that a session's check succeeded; it should have been done at this moment.
    pub(super) async fn report_due(
        &self,
        session_id: &str,
        asked_at: Instant,
    ) -> anyhow::Result<Report> {
        let path = format!("/internal/v1/sessions/{session_id}/attempts");
        let body = json!({
            "outcome": "succeeded",
            "selected_field_keys": CLAIMS.map(|(key, _)| key),
            "claims": Map::from_iter(CLAIMS.map(|(key, value)| (key.to_owned(), json!(value)))),
        });
        let answer = self.intake.post(&path, &body).await?;
        let answered_at = now();
        Ok(Report {
            session_id: session_id.to_owned(),
            asked_at,
            answered_at,
            deliveries: self.caused_deliveries(&answer)?,
        })
    }

    fn caused_deliveries(&self, answer: &Value) -> anyhow::Result<Vec<String>> {
        let ids = answer["deliveries"].as_array();
        let ids = ids.context("a report names no deliveries")?;
        let ids: Option<Vec<_>> = ids
            .iter()
            .map(|id| id.as_str().map(str::to_owned))
            .collect();
        let ids = ids.context("a delivery's id is not text")?;
        ensure!(
            ids.len() == self.endpoints.len(),
            "lost: a report caused {} deliveries for {} endpoints",
            ids.len(),
            self.endpoints.len()
        );
        Ok(ids)
    }
}
