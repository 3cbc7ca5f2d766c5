//! A session, its endpoints, and what each of them is told.

use kayle_app::privacy::WithdrawError;
use kayle_app::sessions::AttemptReport;
use kayle_events::{EventType, FailureCode};
use kayle_primitives::Organization;
use kayle_sessions::{Session, SessionStatus};
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::Value;

use crate::world::{decrypted, session, stored_session, subscriber_to, turn};

/// The token of every session that the builders open.
pub(super) const TOKEN: &str = "a cancel token";

pub(super) struct Scene {
    pub(super) kit: TestWebhooks,
    pub(super) organization: Organization,
    pub(super) session: Session,
}

impl Scene {
    pub(super) async fn new() -> Self {
        let kit = test_webhooks();
        let organization = kit.seed.organization().await;
        let session = session(&kit, &organization).await;
        Self {
            kit,
            organization,
            session,
        }
    }

    /// Stores an endpoint with the default subscription.
    pub(super) async fn endpoint(&self) -> Subscriber {
        self.kit.seed.subscriber(&self.organization).await
    }

    /// Stores an endpoint that refuses its first request.
    pub(super) async fn refusing_endpoint(&self) -> Subscriber {
        let subscriber = self.endpoint().await;
        self.refuses_once(&subscriber);
        subscriber
    }

    /// Stores an endpoint that wants events of these types only.
    pub(super) async fn endpoint_for(&self, event_types: &[EventType]) -> Subscriber {
        subscriber_to(&self.kit, &self.organization, event_types).await
    }

    pub(super) fn refuses_once(&self, subscriber: &Subscriber) {
        let url = subscriber.endpoint.url.as_submitted();
        self.kit.sender.script(url, [Answer::status(500)]);
    }

    pub(super) async fn report(&self, report: AttemptReport) {
        let reported = self.kit.webhooks.report_attempt(&self.session.id, report);
        reported.await.expect("the session is active");
    }

    /// Ends the session by a code that kills it at once.
    pub(super) async fn fail(&self) {
        let code = FailureCode::DocumentAntiCloningAttestationFailed;
        self.report(crate::world::failed(code)).await;
    }

    pub(super) async fn withdraw(&self) -> Result<(), WithdrawError> {
        self.kit.webhooks.withdraw(&self.session.id, TOKEN).await
    }

    pub(super) async fn stored(&self) -> Session {
        stored_session(&self.kit, &self.session).await
    }

    pub(super) async fn status(&self) -> SessionStatus {
        self.stored().await.state.status()
    }

    /// Sends what is due, and returns what each request said: the URL, the event type and its data.
    pub(super) async fn told(&self) -> Vec<(String, EventType, Value)> {
        let sent = turn(&self.kit).await;
        let told = sent.iter().map(|request| {
            let data = decrypted(request)["data"].clone();
            (request.url.as_str().to_owned(), request.event_type, data)
        });
        let mut told: Vec<_> = told.collect();
        told.sort_by(|one, other| one.0.cmp(&other.0));
        told
    }

    /// Sends what is due, and expects nothing but this session's cancellation at these endpoints,
    /// for this reason.
    pub(super) async fn expect_cancellation_at(&self, endpoints: &[&Subscriber], reason: &str) {
        let told = self.told().await;
        let mut urls: Vec<&str> = endpoints
            .iter()
            .map(|subscriber| subscriber.endpoint.url.as_submitted())
            .collect();
        urls.sort_unstable();
        let told_urls: Vec<&str> = told.iter().map(|(url, _, _)| url.as_str()).collect();
        assert_eq!(told_urls, urls);
        for (_, event_type, data) in &told {
            assert_eq!(*event_type, EventType::SessionCancelled);
            assert_eq!(data["reason"], reason);
            assert_eq!(data["outcome"], "not_verified");
        }
    }
}
