//! The app over the doubles, called in process.

pub(crate) mod promises;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use kayle_app::access::{ApiKeyMetadata, ApiKeyName, Scope};
use kayle_app::api_keys::NewApiKey;
use kayle_crypto::SessionClaims;
use kayle_primitives::Organization;
use kayle_testkit::builders::key_ring;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::Value;
use strum::IntoEnumIterator;

use crate::Surface;
use crate::api::Api;
use crate::app::app;
use crate::rate_limit::RateLimiter;

pub(crate) const REQUEST_ID: &str = "the-id-of-the-request";

pub(crate) const DASHBOARD: &str = "https://dashboard.example";
pub(crate) const USER: &str = "0b7cb2a1-57c1-4ba2-9a3f-64aa0f9c51d1";
pub(crate) const COOKIE: &str = "kayle-id.session_token";

/// An app with one organization, and an API key that may do everything.
pub(crate) struct TestApi {
    pub(crate) api: Api,
    pub(crate) kit: TestWebhooks,
    pub(crate) organization: Organization,
    pub(crate) key: String,
}

/// What was answered; the body is null if there is none.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl TestApi {
    pub(crate) async fn new() -> Self {
        let kit = test_webhooks();
        let organization = kit.seed.organization().await;
        let api = Api {
            webhooks: Arc::clone(&kit.webhooks),
            verify_url: "https://verify.kayle.example/".to_owned(),
            public_url: "http://127.0.0.1:8787".to_owned(),
            dashboard_origin: Some(DASHBOARD.to_owned()),
            pages: None,
            session_cookie: COOKIE.to_owned(),
            https: false,
            rate_limiter: RateLimiter::of(None, Arc::clone(&kit.webhooks)),
            readiness: Arc::new(|| Ok(())),
            request_ids: Arc::new(|| REQUEST_ID.to_owned()),
        };
        let mut test = Self {
            api,
            kit,
            organization,
            key: String::new(),
        };
        test.key = test.key_with(&Scope::iter().collect::<Vec<_>>()).await;
        test
    }

    /// Creates another key of the organization.
    pub(crate) async fn key_with(&self, scopes: &[Scope]) -> String {
        let new = NewApiKey {
            name: ApiKeyName::parse("test").unwrap(),
            metadata: ApiKeyMetadata::default(),
            scopes: scopes.to_vec(),
        };
        let webhooks = &self.kit.webhooks;
        let created = webhooks
            .create_api_key(
                &kayle_app::access::Caller::system(self.organization.id),
                new,
            )
            .await;
        created.unwrap().plaintext.expose().to_owned()
    }

    pub(crate) async fn service_token(&self) -> String {
        let ttl = Duration::from_mins(1);
        let made = self
            .kit
            .webhooks
            .create_service_token("verifier", ttl)
            .await;
        made.unwrap().token.token.as_str().to_owned()
    }

    /// Makes the token of a dashboard session: in the organization, with a stored set of roles.
    pub(crate) fn session_token(&self, roles: &str) -> String {
        self.session_token_in(Some(self.organization.id.to_string()), roles)
    }

    pub(crate) fn session_token_in(&self, organization: Option<String>, roles: &str) -> String {
        let claims = SessionClaims {
            user: USER.to_owned(),
            organization,
            role: roles.to_owned(),
        };
        let minted =
            key_ring().mint_session_token(&claims, self.kit.webhooks.now(), Duration::from_mins(1));
        minted.token.as_str().to_owned()
    }

    /// Sends a request as a person with these roles does from the dashboard.
    pub(crate) async fn send_as_person(
        &self,
        roles: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Answer {
        let token = self.session_token(roles);
        let request = with_session(request(method, path), &token);
        let request = request.insert_header((header::ORIGIN, DASHBOARD));
        self.call(with_json(request, body)).await
    }

    /// Sends a request as the key that may do everything, or, below `/internal`, as a service.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let credential = if path.starts_with("/internal") {
            self.service_token().await
        } else {
            self.key.clone()
        };
        self.send_as(&credential, method, path, body).await
    }

    pub(crate) async fn send_as(
        &self,
        credential: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Answer {
        let request = request(method, path)
            .insert_header((header::AUTHORIZATION, format!("Bearer {credential}")));
        self.call(with_json(request, body)).await
    }

    /// Sends a request, and checks that the document promised its answer.
    pub(crate) async fn call(&self, request: TestRequest) -> Answer {
        let service = init_service(app(self.api.clone(), Surface::Everything)).await;
        let request = request.to_request();
        let (method, path) = (request.method().clone(), request.path().to_owned());
        let response = call_service(&service, request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response).await;
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap()
        };
        let answer = Answer {
            status,
            headers,
            body,
        };
        promises::check(method.as_str(), &path, answer.status, &answer.body);
        answer
    }
}

pub(crate) fn request(method: &str, path: &str) -> TestRequest {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    TestRequest::default().method(method).uri(path)
}

/// Adds the cookie of a dashboard session.
pub(crate) fn with_session(request: TestRequest, token: &str) -> TestRequest {
    request.insert_header((header::COOKIE, format!("{COOKIE}={token}")))
}

/// Adds a JSON body, unless it is empty.
pub(crate) fn with_json(request: TestRequest, body: &str) -> TestRequest {
    if body.is_empty() {
        return request;
    }
    request
        .insert_header(header::ContentType::json())
        .set_payload(body.to_owned())
}

impl Answer {
    /// Returns the error's code; empty for a success.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// Returns the error's message; empty for a success.
    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}
