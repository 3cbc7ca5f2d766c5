//! What a request leaves in the log.

use kayle_testkit::log::Log;

use crate::testing::{REQUEST_ID, TestApi};

#[actix_web::test]
async fn a_request_is_one_line_that_tells_nothing_of_what_was_sent() {
    let test = TestApi::new().await;
    let log = Log::collect();
    let path = "/v1/webhooks/endpoints/s3cr3t/keys?s3cr3t=s3cr3t&limit=5";
    test.send_as("s3cr3t", "POST", path, r#"{"s3cr3t":"s3cr3t"}"#)
        .await;

    let text = log.finish();
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
