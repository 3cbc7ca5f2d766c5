//! Creates an endpoint with its signing secret (contract 3.2, E1).

use kayle_endpoints::{
    Endpoint, EndpointName, EndpointUrl, Labels, Retention, RetryScheduleName, SigningSecret,
    Subscription, UrlPolicy,
};
use kayle_primitives::EndpointId;
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::StoreError;
use crate::quotas::LimitReached;

/// What the endpoint is to be. The URL is proof that the policy accepted it.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// For people.
    pub name: Option<EndpointName>,
    /// For people.
    pub labels: Labels,
    /// Where requests go.
    pub url: EndpointUrl,
    /// Whether events are sent from the start.
    pub enabled: bool,
    /// Which events.
    pub subscription: Subscription,
    /// How long payloads are kept.
    pub retention: Retention,
    /// When it is tried again.
    pub retry_schedule: RetryScheduleName,
}

/// The endpoint, with the secret that its requests are signed with.
#[derive(Debug)]
pub struct CreatedEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The secret.
    pub signing_secret: SigningSecret,
}

/// The endpoint could not be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateEndpointError {
    /// The organization has as many as it may have.
    #[error(transparent)]
    LimitReached(#[from] LimitReached),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Returns the policy that a URL must pass before it can be part of an endpoint.
    pub fn url_policy(&self) -> &UrlPolicy {
        &self.settings.url_policy
    }

    /// Creates an endpoint. No request is sent to it.
    pub async fn create_endpoint(
        &self,
        caller: &Caller,
        new: NewEndpoint,
    ) -> Result<CreatedEndpoint, CreateEndpointError> {
        let now = self.clock.now();
        let endpoint = Endpoint {
            id: EndpointId::generate(now, &*self.entropy),
            organization_id: caller.organization_id,
            name: new.name,
            labels: new.labels,
            url: new.url,
            subscription: new.subscription,
            retention: new.retention,
            retry_schedule: new.retry_schedule,
            created_at: now,
            updated_at: now,
            disabled_at: (!new.enabled).then_some(now),
        };
        let signing_secret = SigningSecret::generate(&*self.entropy);
        let sealed = self.keys.seal_signing_secret(
            endpoint.id.as_str(),
            signing_secret.expose(),
            &*self.entropy,
        );
        let mut tx = self.change(caller).await?;
        let max = self.settings.quotas.endpoints_max;
        let found = tx.reads().count_endpoints(caller.organization_id, max);
        LimitReached::check("endpoints", found.await?, max)?;
        tx.insert_endpoint(&endpoint, &sealed).await?;
        let details = json!({
            "url": endpoint.url.as_submitted(),
            "enabled": endpoint.is_enabled(),
        });
        tx.commit(AuditAction::EndpointCreated, endpoint.id.as_str(), details)
            .await?;
        Ok(CreatedEndpoint {
            endpoint,
            signing_secret,
        })
    }
}
