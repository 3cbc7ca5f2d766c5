//! A person at the dashboard: a cookie, and the page that the browser says it is on.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::api::send;
use super::{Answer, Api, Service, text};

/// A signed-in person of an organization.
pub(crate) struct Dashboard {
    api: Api,
    cookie: String,
    origin: String,
}

impl Dashboard {
    /// Signs a person in with this role.
    pub(crate) async fn sign_in(service: &Service, organization_id: &str, role: &str) -> Self {
        let create = ["session-token", "create", "--organization", organization_id];
        let made = service
            .admin(&[&create[..], &["--role", role]].concat())
            .await;
        let (name, token) = (text(&made, "/cookie_name"), text(&made, "/token"));
        Self {
            api: Api::new(service.url(), ""),
            cookie: format!("{name}={token}"),
            origin: service.url().to_owned(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.on_own_page(Method::POST, path).json(body)).await
    }

    pub(crate) async fn post_empty(&self, path: &str) -> Answer {
        send(self.on_own_page(Method::POST, path)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        send(self.on_own_page(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.on_own_page(Method::DELETE, path)).await
    }

    /// Returns a request with the cookie that says nothing of the page it comes from.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.api
            .anonymous(method, path)
            .header("cookie", &self.cookie)
    }

    fn on_own_page(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("origin", &self.origin)
    }
}
