//! The sender: one HTTP request to an endpoint, and what came of it.

use async_trait::async_trait;
pub use kayle_crypto::ExpectedProof;
use kayle_delivery::{AttemptOutcome, CompactJwe, Phases, RetryAfter, TestFindings};
use kayle_endpoints::NormalizedUrl;
use kayle_events::EventType;
use kayle_primitives::DeliveryId;

/// Makes one request, and only one: no redirect is followed and nothing is repeated.
#[async_trait]
pub trait Sender: Send + Sync {
    /// Sends `request` and says how the endpoint took it.
    ///
    /// # Errors
    /// [`SendFault`] if the request could not even be tried, for a reason in our own house. It is
    /// no attempt and does not count.
    async fn send(&self, request: SendRequest) -> Result<Sent, SendFault>;
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// How the endpoint took it.
    pub outcome: AttemptOutcome,
    /// When the answer asks for the next attempt.
    pub retry_after: Option<RetryAfter>,
    /// How it went on its way.
    pub phases: Phases,
    /// What a test found; nothing of what is no test.
    pub findings: TestFindings,
}

impl From<AttemptOutcome> for Sent {
    /// Returns what came of a request whose way nobody measured.
    fn from(outcome: AttemptOutcome) -> Self {
        Self {
            outcome,
            retry_after: None,
            phases: Phases::default(),
            findings: TestFindings::default(),
        }
    }
}

/// One request, ready to go.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// Where to; accepted by the URL policy in this attempt.
    pub url: NormalizedUrl,
    /// Becomes `X-Kayle-Delivery-Id`.
    pub delivery_id: DeliveryId,
    /// Becomes `X-Kayle-Event`.
    pub event_type: EventType,
    /// Becomes `X-Kayle-Signature`.
    pub signature: String,
    /// The body, byte for byte.
    pub jwe: CompactJwe,
    /// Marks a test by `X-Kayle-Test`: what a receiver that decrypts answers with. `None` for what is
    /// no test.
    pub expected_proof: Option<ExpectedProof>,
}

/// Something broke on our side before anything reached the endpoint.
#[derive(Debug, thiserror::Error)]
pub enum SendFault {
    /// The process has no file descriptor or memory left for a connection.
    #[error("no resources for another connection")]
    OutOfResources(#[source] std::io::Error),
    /// The request could not be built.
    #[error("the request could not be built")]
    Request(#[source] Box<dyn std::error::Error + Send + Sync>),
}
