//! The sender: one request per attempt, and what came of it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hickory_resolver::net::NetError;
use http::header::{HeaderValue, InvalidHeaderValue};
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kayle_app::ports::sender::{SendFault, SendRequest, Sender};
use kayle_delivery::{AttemptOutcome, FailureReason};
use kayle_endpoints::AddressPolicy;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};

use crate::connector::GuardedConnector;
use crate::drain::Drains;
use crate::guard::Guard;
use crate::limits::{HEAD_BYTES_MAX, PoolLimits};
use crate::outcome::{in_full, without_answer};
use crate::request::{http_request, user_agent};
use crate::resolver::Resolver;
use crate::tls::{Connector, system_trust};

/// Sends over HTTP/1.1 with a pool of connections. It follows no redirect, repeats nothing and knows
/// no proxy, whatever the environment says.
///
/// A pooled connection can be closed by the server in the moment in which it is used again. Such an
/// attempt fails as [`FailureReason::Connect`] and the delivery goes on along its schedule;
/// [`PoolLimits::idle_timeout`] makes it rare.
pub struct HyperSender {
    client: Client<Connector, Full<Bytes>>,
    timeout: Duration,
    user_agent: HeaderValue,
    drains: Drains,
}

/// What a sender is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderSettings {
    /// The time of one attempt, from name resolution to the head of the answer.
    pub timeout: Duration,
    /// Decides which addresses may be connected to.
    pub address_policy: AddressPolicy,
    /// Stands in `User-Agent: Kayle-Webhooks/<version>`.
    pub user_agent_version: String,
    /// How many connections are kept, and how long.
    pub pool: PoolLimits,
}

/// Why no sender could be made.
#[derive(Debug, thiserror::Error)]
pub enum SenderSetupError {
    /// The version has characters that a header cannot carry.
    #[error("the version does not fit into the user agent")]
    UserAgent(#[source] InvalidHeaderValue),
    /// The system has no certificate authorities to trust.
    #[error("the system's trust store cannot be used")]
    TrustStore(#[source] rustls::Error),
    /// Names cannot be resolved.
    #[error("the name resolver cannot be set up")]
    Resolver(#[source] NetError),
}

impl HyperSender {
    /// Makes a sender that trusts the certificate authorities of the system.
    ///
    /// The trust store, the resolver's configuration and the hosts file are read here, once.
    ///
    /// # Errors
    /// [`SenderSetupError::TrustStore`] on a system without certificate authorities, which could
    /// deliver to no `https` URL at all.
    pub fn new(settings: SenderSettings) -> Result<Self, SenderSetupError> {
        let trust = system_trust().map_err(SenderSetupError::TrustStore)?;
        Self::with_trust(settings, trust)
    }

    /// Makes a sender for an installation with its own trust, such as a private certificate
    /// authority or a client certificate. ALPN and session resumption are set by the sender.
    pub fn with_trust(
        settings: SenderSettings,
        trust: ClientConfig,
    ) -> Result<Self, SenderSetupError> {
        let resolver = Resolver::from_system().map_err(SenderSetupError::Resolver)?;
        Self::with_resolver(settings, trust, resolver)
    }

    pub(crate) fn with_resolver(
        settings: SenderSettings,
        trust: ClientConfig,
        resolver: Resolver,
    ) -> Result<Self, SenderSetupError> {
        let user_agent =
            user_agent(&settings.user_agent_version).map_err(SenderSetupError::UserAgent)?;
        let guard = Guard::new(resolver, settings.address_policy);
        let tcp = GuardedConnector::new(guard, settings.timeout);
        let connector = Connector::new(tcp, trust, settings.timeout);
        Ok(Self {
            client: client(connector, settings.pool),
            timeout: settings.timeout,
            user_agent,
            drains: Drains::default(),
        })
    }

    async fn attempt(&self, request: Request<Full<Bytes>>) -> Result<AttemptOutcome, SendFault> {
        let deadline = Instant::now() + self.timeout;
        match timeout_at(deadline, self.client.request(request)).await {
            Ok(Ok(response)) => {
                let outcome = AttemptOutcome::from_status_code(response.status().as_u16());
                self.drains.drain(response.into_body(), deadline).await;
                Ok(outcome)
            }
            Ok(Err(error)) => {
                tracing::debug!(error = in_full(&error), "no answer");
                without_answer(&error)
            }
            Err(_elapsed) => Ok(AttemptOutcome::NoAnswer(FailureReason::Timeout)),
        }
    }
}

fn client(connector: Connector, pool: PoolLimits) -> Client<Connector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        // A request that found its connection closed would be sent again: two in one attempt.
        .retry_canceled_requests(false)
        .pool_idle_timeout(pool.idle_timeout)
        .pool_max_idle_per_host(pool.idle_per_host_max)
        // Without a timer, idle connections would only be closed when their host is used again.
        .pool_timer(TokioTimer::new())
        .http1_max_buf_size(HEAD_BYTES_MAX)
        // As the contract spells them, for receivers that compare header names letter by letter.
        .http1_title_case_headers(true)
        .build(connector)
}

#[async_trait]
impl Sender for HyperSender {
    async fn send(&self, request: SendRequest) -> Result<AttemptOutcome, SendFault> {
        // A path or a query always fits. A host that does not, such as `a{b}.example`, is one that
        // no name server could know.
        let Ok(uri) = Uri::try_from(request.url.as_str()) else {
            return Ok(AttemptOutcome::NoAnswer(FailureReason::Dns));
        };
        let request = http_request(uri, request, &self.user_agent)?;
        self.attempt(request).await
    }
}
