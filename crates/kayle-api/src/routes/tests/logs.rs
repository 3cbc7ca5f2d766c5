//! What a request leaves in the log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::testing::{REQUEST_ID, TestApi};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[actix_web::test]
async fn a_request_is_one_line_that_tells_nothing_of_what_was_sent() {
    let test = TestApi::new().await;
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let capture = tracing::subscriber::set_default(subscriber);
    let path = "/v1/webhooks/endpoints/s3cr3t/keys?s3cr3t=s3cr3t&limit=5";
    test.send_as("s3cr3t", "POST", path, r#"{"s3cr3t":"s3cr3t"}"#)
        .await;
    drop(capture);

    let text = lines.text();
    assert!(!text.contains("s3cr3t"), "{text}");
    let ours: Vec<_> = text.lines().filter(|line| line.contains("INFO")).collect();
    assert_eq!(ours.len(), 1, "{text}");
    for expected in [
        REQUEST_ID,
        "http.method=POST",
        r#"http.route="/v1/webhooks/endpoints/{endpoint_id}/keys""#,
        "http.status=401",
        "duration_ms=0",
    ] {
        assert!(ours[0].contains(expected), "{expected} in {text}");
    }
}
