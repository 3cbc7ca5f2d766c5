//! Asks the service.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use zeroize::Zeroizing;

use crate::command_line::Service;
use crate::failure::Failure;
use crate::files;

const API: &str = "KAYLECLI_API";
const API_KEY: &str = "KAYLECLI_API_KEY";

/// The longest that a call may take: the service's own limit is shorter.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The service, and the key to call it with.
pub(crate) struct Api {
    agent: Agent,
    url: String,
    key: Zeroizing<String>,
}

impl Api {
    pub(crate) fn new(service: &Service) -> Result<Self, Failure> {
        let url = service.api.clone().or_else(|| variable(API));
        let problem = format!("where is the service? Give --api URL, or set {API}");
        let url = url.ok_or(Failure::Usage(problem))?;
        let key = match &service.api_key_file {
            Some(file) => files::read_private(file)?,
            None => Zeroizing::new(variable(API_KEY).unwrap_or_default()),
        };
        let key = Zeroizing::new(key.trim().to_owned());
        if key.is_empty() {
            let problem = format!("no API key: set {API_KEY}, or give --api-key-file FILE");
            return Err(Failure::Usage(problem));
        }
        Ok(Self {
            agent: agent(),
            url: url.trim_end_matches('/').to_owned(),
            key,
        })
    }

    /// Reads what is at a path.
    pub(crate) fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let query = query.iter().map(|(name, value)| (*name, value.as_str()));
        let request = request.query_pairs(query);
        self.read(
            request
                .header("Authorization", self.bearer().as_str())
                .call(),
        )
    }

    /// Sends a body to a path.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("Authorization", self.bearer().as_str());
        self.read(request.send_json(body))
    }

    fn bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.key.as_str()))
    }

    fn read(&self, answer: Result<Response<ureq::Body>, ureq::Error>) -> Result<Value, Failure> {
        let mut answer = answer.map_err(|error| Failure::NoConnection {
            url: self.url.clone(),
            reason: error.to_string(),
        })?;
        let status = answer.status();
        let body: Option<Value> = answer.body_mut().read_json().ok();
        let text = |pointer: &str| {
            let member = body.as_ref().and_then(|body| body.pointer(pointer));
            member
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        if status.is_client_error() || status.is_server_error() {
            return Err(Failure::Refused {
                status: status.as_u16(),
                code: text("/error/code"),
                message: text("/error/message"),
            });
        }
        if status == StatusCode::NO_CONTENT {
            return Ok(json!({ "data": null }));
        }
        let strange = || Failure::Strange {
            url: self.url.clone(),
        };
        body.filter(|body| body.get("data").is_some())
            .ok_or_else(strange)
    }
}

/// TLS by the system's trust store. An answer is an answer, whatever its status.
fn agent() -> Agent {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIMEOUT))
        .user_agent(concat!("kayle/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a key must not be an argument, which every user of the machine can read"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
