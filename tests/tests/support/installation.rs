//! A running service and who uses it.

use serde_json::Value;

use super::database::Database;
use super::report::{attempts_path, success};
use super::service::Launch;
use super::{Answer, Api, Service, eventually, text};

/// A running service, one organization on it, and a verifier that reports to it.
pub(crate) struct Installation {
    pub(crate) service: Service,
    pub(crate) organization: Organization,
    /// The caller that reports attempts, with a service token.
    pub(crate) intake: Api,
}

/// A tenant of the service.
pub(crate) struct Organization {
    pub(crate) id: String,
    /// The tenant's server, with an API key that may do everything a key may.
    pub(crate) api: Api,
}

impl Installation {
    /// Starts a service with these settings besides the ones of every test.
    pub(crate) async fn start(settings: &[(&'static str, &'static str)]) -> Self {
        Self::around(Service::start(settings).await).await
    }

    /// Starts a service on this database with these settings besides the ones of every test.
    pub(crate) async fn start_on(
        database: Database,
        settings: &[(&'static str, &'static str)],
    ) -> Self {
        let service = Service::start_on(database, Launch::Directly, settings).await;
        Self::around(service).await
    }

    /// Starts a service on this database that survives a limit on its files.
    pub(crate) async fn start_deaf_to_file_limits(
        database: Database,
        settings: &[(&'static str, &'static str)],
    ) -> Self {
        let service = Service::start_on(database, Launch::DeafToFileLimits, settings).await;
        Self::around(service).await
    }

    async fn around(service: Service) -> Self {
        let organization = Organization::create(&service, "Ada's Bank").await;
        let create = ["service-token", "create", "--subject", "verifier"];
        let token = service.admin(&create).await;
        let intake = Api::new(service.url(), text(&token, "/token"));
        Self {
            service,
            organization,
            intake,
        }
    }

    /// Starts the service again; all callers learn its new address.
    pub(crate) async fn start_again(&mut self) {
        self.service.start_again().await;
        self.learn_address();
    }

    /// Puts another service in the place of this one; all callers learn its address.
    pub(crate) fn move_to(&mut self, service: Service) {
        self.service = service;
        self.learn_address();
    }

    /// Tells all callers the address of the service, which was started again.
    pub(crate) fn learn_address(&mut self) {
        self.intake = self.intake.moved_to(self.service.url());
        self.organization.api = self.organization.api.moved_to(self.service.url());
    }

    /// Returns the organization's caller.
    pub(crate) fn api(&self) -> &Api {
        &self.organization.api
    }

    /// Opens a session and gives it as answered, with its cancel token.
    pub(crate) async fn open_session(&self, wishes: &Value) -> Value {
        self.api().post("/v1/sessions", wishes).await.data()
    }

    /// Opens a session with the default share contract and returns its id.
    pub(crate) async fn session_id(&self) -> String {
        let session = self.api().post_empty("/v1/sessions").await.data();
        text(&session, "/id").to_owned()
    }

    /// Reports an attempt.
    pub(crate) async fn report(&self, session_id: &str, attempt: &Value) -> Answer {
        self.intake.post(&attempts_path(session_id), attempt).await
    }

    /// Opens a session, reports that it succeeded, and returns the only delivery of it.
    pub(crate) async fn deliver_success(&self) -> String {
        let session_id = self.session_id().await;
        let reported = self.report(&session_id, &success()).await;
        let reported = reported.data();
        assert_eq!(reported["deliveries"].as_array().map(Vec::len), Some(1));
        text(&reported, "/deliveries/0").to_owned()
    }

    /// Returns a delivery with its attempts.
    pub(crate) async fn delivery(&self, delivery_id: &str) -> Value {
        let path = format!("/v1/webhooks/deliveries/{delivery_id}");
        self.api().get(&path).await.data()
    }

    /// Waits until a delivery has this status, and gives it.
    pub(crate) async fn delivery_in(&self, status: &str, delivery_id: &str) -> Value {
        self.delivery_where(delivery_id, |delivery| delivery["status"] == status)
            .await
    }

    /// Waits until a delivery is as wanted, and gives it.
    pub(crate) async fn delivery_where(
        &self,
        delivery_id: &str,
        is_wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        eventually("the delivery is as wanted", async || {
            let delivery = self.delivery(delivery_id).await;
            is_wanted(&delivery).then_some(delivery)
        })
        .await
    }
}

impl Organization {
    /// Creates an organization and an API key for it.
    pub(crate) async fn create(service: &Service, name: &str) -> Self {
        let create = ["organization", "create", "--name", name];
        let id = text(&service.admin(&create).await, "/id").to_owned();
        let key = api_key(service, &id, &["sessions:write", "webhooks:write"]).await;
        Self {
            api: Api::new(service.url(), &key),
            id,
        }
    }
}

/// Creates an API key with these scopes.
pub(crate) async fn api_key(service: &Service, organization_id: &str, scopes: &[&str]) -> String {
    let mut create = vec!["api-key", "create", "--organization", organization_id];
    create.extend(["--name", "server"]);
    create.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
    text(&service.admin(&create).await, "/key").to_owned()
}
