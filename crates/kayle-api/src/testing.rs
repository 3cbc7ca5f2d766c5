//! The app over the doubles, called in process.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use kayle_app::access::{ApiKeyMetadata, ApiKeyName, Scope};
use kayle_app::api_keys::NewApiKey;
use kayle_primitives::Organization;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::Value;

use crate::api::Api;
use crate::app::app;

pub(crate) const REQUEST_ID: &str = "the-id-of-the-request";

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
            https: false,
            dispatcher_turns: None,
            request_ids: Arc::new(|| REQUEST_ID.to_owned()),
        };
        let mut test = Self {
            api,
            kit,
            organization,
            key: String::new(),
        };
        test.key = test.key_with(&Scope::ALL).await;
        test
    }

    /// Makes another key of the organization.
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

    pub(crate) fn service_token(&self) -> String {
        let ttl = Duration::from_mins(1);
        let minted = self.kit.webhooks.mint_service_token("verifier", ttl);
        minted.token.as_str().to_owned()
    }

    /// Sends a request as the key that may do everything, or, below `/internal`, as a service.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let credential = if path.starts_with("/internal") {
            self.service_token()
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
        let mut request = request(method, path)
            .insert_header((header::AUTHORIZATION, format!("Bearer {credential}")));
        if !body.is_empty() {
            request = request
                .insert_header(header::ContentType::json())
                .set_payload(body.to_owned());
        }
        self.call(request).await
    }

    pub(crate) async fn call(&self, request: TestRequest) -> Answer {
        let service = init_service(app(self.api.clone())).await;
        let response = call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response).await;
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap()
        };
        Answer {
            status,
            headers,
            body,
        }
    }
}

pub(crate) fn request(method: &str, path: &str) -> TestRequest {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    TestRequest::default().method(method).uri(path)
}

impl Answer {
    /// Gives the error's code; empty for a success.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// Gives the error's message; empty for a success.
    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}
