//! A caller of the service, and what it is answered.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// One caller: the service's address and a credential.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    url: String,
    token: String,
}

/// What a request was answered.
pub(crate) struct Answer {
    asked: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// The longest wait for an answer; none is this late.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Shorter than the service keeps an idle connection: no request meets one that is just closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

impl Api {
    pub(crate) fn new(url: &str, token: &str) -> Self {
        // A proxy from the environment would be asked for 127.0.0.1.
        let client = Client::builder().no_proxy().timeout(TIMEOUT);
        let client = client.pool_idle_timeout(IDLE_TIMEOUT).build();
        Self {
            client: client.expect("an HTTP client needs nothing"),
            url: url.to_owned(),
            token: token.to_owned(),
        }
    }

    /// Returns the same caller at another address.
    pub(crate) fn moved_to(&self, url: &str) -> Self {
        Self::new(url, &self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// Posts without a body.
    pub(crate) async fn post_empty(&self, path: &str) -> Answer {
        send(self.request(Method::POST, path)).await
    }

    /// Posts to a service that may be killed meanwhile.
    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        try_send(self.request(Method::POST, path).json(body)).await
    }

    /// Returns a request with the caller's credential, to be completed.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.token)
    }

    /// Returns a request without a credential, to be completed.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Returns all items of a list, page after page.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let first = if path.contains('?') {
            format!("{path}&limit=100")
        } else {
            format!("{path}?limit=100")
        };
        let mut next = first.clone();
        loop {
            let page = self.get(&next).await.envelope();
            let data = page["data"].as_array();
            items.extend(data.expect("a list is an array").iter().cloned());
            match page["pagination"]["next_cursor"].as_str() {
                Some(cursor) => next = format!("{first}&starting_after={cursor}"),
                None => return items,
            }
        }
    }
}

/// Sends a request that must be answered.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    try_send(request).await.expect("the service answers")
}

async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let (client, request) = request.build_split();
    let request = request.expect("a test makes valid requests");
    let asked = format!("{} {}", request.method(), request.url().path());
    let response = client.execute(request).await?;
    Ok(Answer {
        asked,
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await?,
    })
}

impl Answer {
    /// Returns the whole body of a success.
    #[track_caller]
    pub(crate) fn envelope(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{} answered {}: {}",
            self.asked,
            self.status,
            self.text
        );
        let body = self.json();
        assert_eq!(body["error"], Value::Null, "{}", self.asked);
        body
    }

    /// Returns the `data` of a success.
    #[track_caller]
    pub(crate) fn data(&self) -> Value {
        self.envelope()["data"].take()
    }

    /// Checks that the request was refused, with this status and code.
    #[track_caller]
    pub(crate) fn expect_refusal(&self, status: u16, code: &str) {
        if let Err(problem) = self.refusal(status, code) {
            panic!("{} {problem}", self.asked);
        }
    }

    /// Returns the error's message if this is a well-formed refusal with this status and code, and
    /// what is wrong otherwise.
    pub(crate) fn refusal(&self, status: u16, code: &str) -> Result<String, String> {
        let body: Value = serde_json::from_str(&self.text)
            .map_err(|_| format!("answered {} without JSON: {:?}", self.status, self.text))?;
        let error = &body["error"];
        if (self.status, error["code"].as_str()) != (status, Some(code)) {
            let (answered, expected) = (self.status, format!("{status} {code}"));
            return Err(format!("answered {answered} {error} instead of {expected}"));
        }
        let member = |name: &str| error[name].as_str().unwrap_or_default();
        let is_envelope = body["data"].is_null()
            && error.as_object().is_some_and(|members| members.len() == 4)
            && error["hint"].is_string()
            && !member("message").is_empty()
            && member("docs").starts_with("https://kayle.id/docs/");
        if !is_envelope {
            return Err(format!("answered without the error envelope: {body}"));
        }
        Ok(member("message").to_owned())
    }

    /// Returns the body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let body = serde_json::from_str(&self.text).ok();
        body.unwrap_or_else(|| panic!("{} answered {:?}", self.asked, self.text))
    }
}

/// Returns the text at a JSON pointer.
#[track_caller]
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    match found {
        Some(text) => text,
        None => panic!("no text at {pointer} of {value}"),
    }
}
