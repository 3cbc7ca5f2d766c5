//! The endpoint (contract 2.3), and the two answers that show its secret (2.4).

use kayle_app::endpoints::CreatedEndpoint;
use kayle_endpoints::{Endpoint, EndpointName, SigningSecret};
use kayle_primitives::EndpointId;
use serde::Serialize;

use super::time;

#[derive(Serialize)]
pub(crate) struct EndpointView {
    id: String,
    organization_id: String,
    name: Option<String>,
    labels: Vec<String>,
    url: String,
    enabled: bool,
    subscribed_event_types: Vec<&'static str>,
    undelivered_payload_retention_hours: u32,
    retry_schedule: &'static str,
    created_at: String,
    updated_at: String,
    disabled_at: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct CreatedEndpointView<'a> {
    endpoint: EndpointView,
    signing_secret: &'a str,
}

#[derive(Serialize)]
pub(crate) struct SigningSecretView<'a> {
    endpoint_id: &'a str,
    signing_secret: &'a str,
}

impl From<&Endpoint> for EndpointView {
    fn from(endpoint: &Endpoint) -> Self {
        let event_types = endpoint.subscription.as_slice();
        Self {
            id: endpoint.id.to_string(),
            organization_id: endpoint.organization_id.to_string(),
            name: endpoint
                .name
                .as_ref()
                .map(EndpointName::as_str)
                .map(str::to_owned),
            labels: endpoint.labels.as_slice().to_vec(),
            url: endpoint.url.as_submitted().to_owned(),
            enabled: endpoint.is_enabled(),
            subscribed_event_types: event_types
                .iter()
                .map(|event_type| event_type.as_str())
                .collect(),
            undelivered_payload_retention_hours: endpoint.retention.hours(),
            retry_schedule: endpoint.retry_schedule.as_str(),
            created_at: time(endpoint.created_at),
            updated_at: time(endpoint.updated_at),
            disabled_at: endpoint.disabled_at.map(time),
        }
    }
}

impl<'a> From<&'a CreatedEndpoint> for CreatedEndpointView<'a> {
    fn from(created: &'a CreatedEndpoint) -> Self {
        Self {
            endpoint: EndpointView::from(&created.endpoint),
            signing_secret: created.signing_secret.expose(),
        }
    }
}

impl<'a> SigningSecretView<'a> {
    pub(crate) fn new(endpoint_id: &'a EndpointId, secret: &'a SigningSecret) -> Self {
        Self {
            endpoint_id: endpoint_id.as_str(),
            signing_secret: secret.expose(),
        }
    }
}
