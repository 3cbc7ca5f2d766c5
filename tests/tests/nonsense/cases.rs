//! One bad request, and the refusal it must get.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::support::api::send;
use crate::support::{Answer, Api, Installation};

/// A request that must be refused.
pub(super) struct Case {
    method: Method,
    path: String,
    body: Body,
    status: u16,
    code: &'static str,
    /// What the message must name.
    names: &'static str,
}

enum Body {
    Empty,
    Json(Value),
    Raw {
        content_type: Option<&'static str>,
        bytes: Vec<u8>,
    },
}

impl Case {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into(), Body::Empty)
    }

    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, path.into(), Body::Json(body))
    }

    pub(super) fn post_empty(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path.into(), Body::Empty)
    }

    pub(super) fn post_raw(
        path: impl Into<String>,
        content_type: Option<&'static str>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        let bytes = bytes.into();
        Self::new(
            Method::POST,
            path.into(),
            Body::Raw {
                content_type,
                bytes,
            },
        )
    }

    /// Sends it with another method.
    pub(super) fn by(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    fn new(method: Method, path: String, body: Body) -> Self {
        Self {
            method,
            path,
            body,
            status: 400,
            code: "BAD_REQUEST",
            names: "",
        }
    }

    /// Expects `BAD_REQUEST` with a message that names this field.
    pub(super) fn names(mut self, field: &'static str) -> Self {
        self.names = field;
        self
    }

    /// Expects this refusal.
    pub(super) fn is(mut self, status: u16, code: &'static str) -> Self {
        self.status = status;
        self.code = code;
        self
    }

    pub(super) fn has_no_body(&self) -> bool {
        match &self.body {
            Body::Empty => true,
            Body::Json(_) => false,
            Body::Raw { bytes, .. } => bytes.is_empty(),
        }
    }

    fn request(&self, api: &Api) -> RequestBuilder {
        let request = api.request(self.method.clone(), &self.path);
        match &self.body {
            Body::Empty => request,
            Body::Json(body) => request.json(body),
            Body::Raw {
                content_type,
                bytes,
            } => match content_type {
                Some(content_type) => request.header("content-type", *content_type),
                None => request,
            }
            .body(bytes.clone()),
        }
    }

    fn problem(&self, answer: &Answer) -> Option<String> {
        let message = match answer.refusal(self.status, self.code) {
            Ok(message) => message,
            Err(problem) => return Some(problem),
        };
        if !message.contains(self.names) {
            return Some(format!("does not name {:?}: {message:?}", self.names));
        }
        header_problem(answer)
    }

    fn shown(&self) -> String {
        let body = match &self.body {
            Body::Empty => String::new(),
            Body::Json(body) => body.to_string(),
            Body::Raw { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
        };
        let body: String = body.chars().take(120).collect();
        format!("{} {} {body}", self.method, self.path)
    }
}

/// Sends every request and says at the end which answers were not as they must be.
pub(super) async fn expect_refusals(api: &Api, cases: Vec<Case>) {
    let mut problems = Vec::new();
    for case in &cases {
        let answer = send(case.request(api)).await;
        if let Some(problem) = case.problem(&answer) {
            problems.push(format!("{}\n    {problem}", case.shown()));
        }
    }
    let (wrong, all) = (problems.len(), cases.len());
    assert!(
        wrong == 0,
        "{wrong} of {all} answers are wrong:\n{}",
        problems.join("\n")
    );
}

/// Checks a service that has been through nonsense: it answers, and nothing in it panicked.
pub(super) async fn expect_unharmed(installation: &mut Installation) {
    assert!(
        installation.service.is_running(),
        "{}",
        installation.service.log()
    );
    installation
        .api()
        .get("/v1/webhooks/endpoints")
        .await
        .data();
    let log = installation.service.log();
    for trouble in ["panicked", "ERROR"] {
        assert!(!log.contains(trouble), "{trouble}: {log}");
    }
}

/// The headers of every response (contract 3.10).
const HEADERS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "base-uri 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

fn header_problem(answer: &Answer) -> Option<String> {
    HEADERS.iter().find_map(|(name, expected)| {
        let value = answer
            .headers
            .get(*name)
            .and_then(|value| value.to_str().ok());
        (value != Some(*expected)).then(|| format!("has the header {name}: {value:?}"))
    })
}

/// Checks that a list's refusal is a list's (contract 4.1).
pub(super) async fn expect_empty_page(api: &Api, path: &str, limit: u64) {
    let answer = api.get(path).await;
    answer.expect_refusal(400, "BAD_REQUEST");
    let expected = serde_json::json!({ "limit": limit, "has_more": false, "next_cursor": null });
    assert_eq!(answer.json()["pagination"], expected, "{path}");
}
