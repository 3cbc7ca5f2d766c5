//! Whole requests, over TCP to the API on top of an empty store.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use kayle_api::{Api, Connections, RateLimiter, Surface};
use kayle_app::access::{ApiKeyMetadata, ApiKeyName, Caller, Scope};
use kayle_app::api_keys::NewApiKey;
use kayle_testkit::webhooks::test_webhooks;

/// Where the API listens, and what lets a caller in.
struct Service {
    address: SocketAddr,
    /// Of an API key that may do everything.
    key: String,
    /// Of a service that reports.
    token: String,
}

/// How long an answer to a whole request may take, and how long one to half of one is waited for.
const WHOLE: Duration = Duration::from_secs(5);
const HALF: Duration = Duration::from_millis(20);

/// The longest part of an answer that is looked at.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let kit = test_webhooks();
            let organization = kit.seed.organization().await;
            let new = NewApiKey {
                name: ApiKeyName::parse("fuzz").expect("it is a name"),
                metadata: ApiKeyMetadata::default(),
                scopes: vec![
                    Scope::WebhooksWrite,
                    Scope::SessionsWrite,
                    Scope::AnalyticsRead,
                ],
            };
            let system = Caller::system(organization.id);
            let created = kit.webhooks.create_api_key(&system, new).await;
            let key = created.expect("the store is empty").plaintext;
            let made = kit
                .webhooks
                .create_service_token("verifier", Duration::from_hours(1));
            let token = made.await.expect("the store is empty").token;
            let api = Api {
                webhooks: Arc::clone(&kit.webhooks),
                verify_url: "https://verify.kayle.example/".to_owned(),
                public_url: format!("http://{address}"),
                dashboard_origin: None,
                pages: None,
                session_cookie: "kayle-id.session_token".to_owned(),
                https: false,
                rate_limiter: RateLimiter::of(None, Arc::clone(&kit.webhooks)),
                readiness: Arc::new(|| Ok(())),
                request_ids: Arc::new(|| "the-id-of-the-request".to_owned()),
            };
            let connections = Connections::new(100);
            let server = kayle_api::server(
                listener,
                api,
                Surface::Everything,
                connections,
                Duration::ZERO,
            );
            let server = server.expect("the listener is bound");
            let service = (key.expose().to_owned(), token.token.as_str().to_owned());
            tell.send(service).expect("it is waited for");
            server.await.expect("nobody stops it");
        });
    });
    let (key, token) = told.recv().expect("the service starts");
    Service {
        address,
        key,
        token,
    }
});

/// Sends a request: lines of its head, an empty line, and its body. `{key}` and `{token}` are
/// credentials, and the body's length is added where the head says nothing of it. Whatever was
/// sent, the service does not fail at it, and what it answers is HTTP.
pub fn http_request(data: &[u8]) {
    let request = Request::from(data);
    let answer = request.send();
    if let Some(answer) = &answer {
        let head = answer.get(..12).unwrap_or_default();
        assert!(head.starts_with(b"HTTP/1."), "{}", crate::text(answer));
        assert_ne!(head.get(9), Some(&b'5'), "{}", crate::text(answer));
    }
    assert!(!request.is_whole || answer.is_some(), "there was no answer");
}

struct Request {
    bytes: Vec<u8>,
    /// Whether its body is as long as it says.
    is_whole: bool,
}

impl From<&[u8]> for Request {
    fn from(data: &[u8]) -> Self {
        let end = data.windows(2).position(|two| two == b"\n\n");
        let (head, body) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
        let head = crate::text(head)
            .replace("{key}", &SERVICE.key)
            .replace("{token}", &SERVICE.token);
        let lower = head.to_ascii_lowercase();
        let is_whole = ![
            "content-length",
            "transfer-encoding",
            "expect",
            "upgrade",
            "\r",
            "connect",
        ]
        .iter()
        .any(|word| lower.contains(word))
            && end.is_some();
        let mut bytes = head.replace('\n', "\r\n").into_bytes();
        if is_whole {
            let more = format!("\r\ncontent-length: {}\r\nconnection: close", body.len());
            bytes.extend(more.into_bytes());
        }
        bytes.extend(b"\r\n\r\n");
        bytes.extend(body);
        Self { bytes, is_whole }
    }
}

impl Request {
    /// Returns what was answered; `None` if nothing was.
    fn send(&self) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(SERVICE.address).expect("the service listens");
        let patience = if self.is_whole { WHOLE } else { HALF };
        let limited = stream.set_read_timeout(Some(patience));
        limited.expect("the time is not zero");
        // The service may have refused it before the end.
        let _ = stream.write_all(&self.bytes);
        let mut answer = Vec::new();
        let read = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer);
        if let Err(error) = read {
            let is_expected = [
                ErrorKind::WouldBlock,
                ErrorKind::TimedOut,
                ErrorKind::ConnectionReset,
            ];
            assert!(is_expected.contains(&error.kind()), "{error}");
        }
        (!answer.is_empty()).then_some(answer)
    }
}
