//! The endpoint (contract 2.3), and the two answers that show its secret (2.4).

use kayle_app::endpoints::CreatedEndpoint;
use kayle_endpoints::{Endpoint, SigningSecret};
use kayle_primitives::EndpointId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{
    Shown, ShownEndpointId, ShownEndpointName, ShownEndpointUrl, ShownLabels, ShownOrganizationId,
    ShownRetention, ShownRetryScheduleName, ShownSigningSecret, ShownSubscription, ShownTime,
};

#[derive(Serialize, ToSchema)]
#[schema(as = Endpoint)]
pub(crate) struct EndpointView {
    id: ShownEndpointId,
    /// Whose it is.
    organization_id: ShownOrganizationId,
    name: Option<ShownEndpointName>,
    labels: ShownLabels,
    /// Where events are delivered, as it was given.
    url: ShownEndpointUrl,
    /// Whether anything is delivered.
    enabled: bool,
    subscribed_event_types: ShownSubscription,
    undelivered_payload_retention_hours: ShownRetention,
    retry_schedule: ShownRetryScheduleName,
    created_at: ShownTime,
    updated_at: ShownTime,
    /// When it was disabled; null while it is enabled.
    disabled_at: Option<ShownTime>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CreatedEndpoint)]
pub(crate) struct CreatedEndpointView<'a> {
    endpoint: EndpointView,
    signing_secret: ShownSigningSecret<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SigningSecret)]
pub(crate) struct SigningSecretView<'a> {
    endpoint_id: ShownEndpointId,
    signing_secret: ShownSigningSecret<'a>,
}

impl From<&Endpoint> for EndpointView {
    fn from(endpoint: &Endpoint) -> Self {
        Self {
            id: Shown(endpoint.id.clone()),
            organization_id: Shown(endpoint.organization_id),
            name: endpoint.name.clone().map(Shown),
            labels: Shown(endpoint.labels.clone()),
            url: Shown(endpoint.url.clone()),
            enabled: endpoint.is_enabled(),
            subscribed_event_types: Shown(endpoint.subscription.clone()),
            undelivered_payload_retention_hours: Shown(endpoint.retention),
            retry_schedule: Shown(endpoint.retry_schedule),
            created_at: Shown(endpoint.created_at),
            updated_at: Shown(endpoint.updated_at),
            disabled_at: endpoint.disabled_at.map(Shown),
        }
    }
}

impl<'a> From<&'a CreatedEndpoint> for CreatedEndpointView<'a> {
    fn from(created: &'a CreatedEndpoint) -> Self {
        Self {
            endpoint: EndpointView::from(&created.endpoint),
            signing_secret: Shown(&created.signing_secret),
        }
    }
}

impl<'a> SigningSecretView<'a> {
    pub(crate) fn new(endpoint_id: &EndpointId, secret: &'a SigningSecret) -> Self {
        Self {
            endpoint_id: Shown(endpoint_id.clone()),
            signing_secret: Shown(secret),
        }
    }
}
