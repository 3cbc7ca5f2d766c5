//! The sender: one request per attempt, and what came of it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hickory_resolver::net::NetError;
use http::header::{HeaderMap, HeaderValue, InvalidHeaderValue};
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kayle_app::ports::sender::{ExpectedProof, SendFault, SendRequest, Sender, Sent};
use kayle_delivery::{AttemptOutcome, FailureReason, ProofVerdict, RetryAfter, TestFindings};
use kayle_endpoints::AddressPolicy;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};

use crate::connector::GuardedConnector;
use crate::drain::Drains;
use crate::guard::Guard;
use crate::hosts::{Hosts, Manners, Way};
use crate::limits::{HEAD_BYTES_MAX, HEADERS_MAX, PoolLimits, RESOLVER_SHARE};
use crate::outcome::{in_full, without_answer};
use crate::request::{http_request, user_agent};
use crate::resolver::Resolver;
use crate::retry_after::retry_after;
use crate::tls::{Connector, system_trust};
use crate::trip::Trip;

/// Sends over HTTP/1.1 with a pool of connections. It follows no redirect, repeats nothing and
/// knows no proxy, whatever the environment says.
///
/// A pooled connection can be closed by the server in the moment in which it is used again. Such an
/// attempt fails as [`FailureReason::Connect`] and the delivery goes on along its schedule;
/// [`PoolLimits::idle_timeout`] and what is learned of each host (`hosts`) make it rare.
pub struct HyperSender {
    /// Keeps connections.
    pool: Client<Connector, Full<Bytes>>,
    /// Keeps none.
    fresh: Client<Connector, Full<Bytes>>,
    connector: Connector,
    hosts: Hosts,
    idle_timeout: Duration,
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

/// What is taken from the head of an answer beside the status.
#[derive(Debug, Clone, Copy)]
struct Head {
    /// When it was there.
    at: Instant,
    retry_after: Option<RetryAfter>,
    proof: Option<ProofVerdict>,
}

impl HyperSender {
    /// Creates a sender that trusts the certificate authorities of the system.
    ///
    /// The trust store is read here, and again by [`Self::read_trust_again`]; the resolver's
    /// configuration and the hosts file also when they change.
    ///
    /// # Errors
    /// [`SenderSetupError::TrustStore`] on a system without certificate authorities, which could
    /// deliver to no `https` URL at all.
    pub fn new(settings: SenderSettings) -> Result<Self, SenderSetupError> {
        let trust = system_trust().map_err(SenderSetupError::TrustStore)?;
        Self::with_trust(settings, trust)
    }

    /// Creates a sender for an installation with its own trust, such as a private certificate
    /// authority or a client certificate. ALPN and session resumption are set by the sender.
    fn with_trust(settings: SenderSettings, trust: ClientConfig) -> Result<Self, SenderSetupError> {
        let budget = settings.timeout / RESOLVER_SHARE;
        let resolver = Resolver::from_system(budget).map_err(SenderSetupError::Resolver)?;
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
        let hosts = Hosts::new();
        let none_kept = PoolLimits {
            idle_per_host_max: 0,
            ..settings.pool
        };
        Ok(Self {
            pool: client(connector.counting(hosts.clone()), settings.pool),
            fresh: client(connector.clone(), none_kept),
            connector,
            hosts,
            idle_timeout: settings.pool.idle_timeout,
            timeout: settings.timeout,
            user_agent,
            drains: Drains::default(),
        })
    }

    /// Reads the system's certificate authorities again, for the connections made from now on.
    ///
    /// # Errors
    /// There are none; those from before stay.
    pub fn read_trust_again(&self) -> Result<(), SenderSetupError> {
        let trust = system_trust().map_err(SenderSetupError::TrustStore)?;
        self.connector.trust(trust);
        Ok(())
    }

    async fn attempt(
        &self,
        mut request: Request<Full<Bytes>>,
        expected_proof: Option<&ExpectedProof>,
    ) -> Result<Sent, SendFault> {
        let trip = Trip::default();
        let connection = capture_connection(&mut request);
        let began_at = Instant::now();
        let (outcome, head) = trip
            .accompany(self.outcome_of(request, expected_proof))
            .await?;
        let mut findings = TestFindings::default();
        if expected_proof.is_some() {
            findings = trip.findings(&connection);
            findings.proof = head.and_then(|head| head.proof);
        }
        Ok(Sent {
            outcome,
            retry_after: head.and_then(|head| head.retry_after),
            findings,
            phases: trip.phases(began_at, &connection, head.map(|head| head.at)),
        })
    }

    /// Makes a request; returns what came of it, and what else the head of the answer said.
    async fn outcome_of(
        &self,
        request: Request<Full<Bytes>>,
        expected_proof: Option<&ExpectedProof>,
    ) -> Result<(AttemptOutcome, Option<Head>), SendFault> {
        let deadline = Instant::now() + self.timeout;
        let trial = self.hosts.begin(request.uri());
        let client = match trial.way {
            Way::Kept => &self.pool,
            Way::Fresh => &self.fresh,
        };
        match timeout_at(deadline, client.request(request)).await {
            Ok(Ok(response)) => {
                let head = Head {
                    at: Instant::now(),
                    retry_after: retry_after(response.headers()),
                    proof: expected_proof.map(|expected| judge(response.headers(), expected)),
                };
                let outcome = AttemptOutcome::from_status_code(response.status().as_u16());
                let closes_soon = closes_within(response.headers(), self.idle_timeout);
                self.drains.drain(response.into_body(), deadline).await;
                trial.end(if closes_soon {
                    Manners::ClosesSoon
                } else {
                    Manners::Answered
                });
                Ok((outcome, Some(head)))
            }
            Ok(Err(error)) => {
                tracing::debug!(error = in_full(&error), "no answer");
                trial.end(if error.is_connect() {
                    Manners::Unknown
                } else {
                    Manners::Closed
                });
                Ok((without_answer(&error)?, None))
            }
            Err(_elapsed) => Ok((AttemptOutcome::NoAnswer(FailureReason::Timeout), None)),
        }
    }
}

/// Judges the one `X-Kayle-Proof` of an answer to a test.
fn judge(headers: &HeaderMap, expected: &ExpectedProof) -> ProofVerdict {
    let mut answered = headers.get_all("x-kayle-proof").iter();
    match (answered.next(), answered.next()) {
        (None, _) => ProofVerdict::NoProof,
        (Some(proof), None) if expected.matches(proof.as_bytes()) => ProofVerdict::Proven,
        (Some(_), _) => ProofVerdict::WrongProof,
    }
}

/// Returns whether a server says that it closes the connection before we would, as in
/// `Keep-Alive: timeout=2`.
fn closes_within(headers: &HeaderMap, idle_timeout: Duration) -> bool {
    let said = headers
        .get("keep-alive")
        .and_then(|value| value.to_str().ok());
    let parameters = said.into_iter().flat_map(|said| said.split(','));
    let timeout = parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"));
    let seconds = timeout.and_then(|(_, seconds)| seconds.trim().parse().ok());
    seconds.is_some_and(|seconds| Duration::from_secs(seconds) <= idle_timeout)
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
        .http1_max_headers(HEADERS_MAX)
        // A header over several lines must be read (RFC 9112, section 5.2), and what else is wrong
        // with a header says nothing of the status.
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        // As the contract spells them, for receivers that compare header names letter by letter.
        .http1_title_case_headers(true)
        .build(connector)
}

#[async_trait]
impl Sender for HyperSender {
    async fn send(&self, request: SendRequest) -> Result<Sent, SendFault> {
        // A path or a query always fits, and so does every host that the URL policy lets pass.
        let Ok(uri) = Uri::try_from(request.url.as_str()) else {
            return Ok(AttemptOutcome::NoAnswer(FailureReason::Dns).into());
        };
        let expected_proof = request.expected_proof.clone();
        let request = http_request(uri, request, &self.user_agent)?;
        self.attempt(request, expected_proof.as_ref()).await
    }
}
