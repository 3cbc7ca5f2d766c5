//! What reaches the endpoint.

use kayle_app::ports::sender::{SendFault, Sender};
use proptest::prelude::*;

use super::builders::*;
use super::server::{RawServer, status};

#[tokio::test]
async fn a_request_is_exactly_what_the_contract_says() {
    let server = RawServer::start(status(204)).await;

    attempt(&sender(), &http(server.address, "/hooks/kayle?key=1#part")).await;

    let address = server.address;
    let length = JWE.len();
    let expected = format!(
        "POST /hooks/kayle?key=1 HTTP/1.1\r\n\
         Content-Type: application/jose\r\n\
         X-Kayle-Signature: {SIGNATURE}\r\n\
         X-Kayle-Delivery-Id: {DELIVERY_ID}\r\n\
         X-Kayle-Event: verification.session.succeeded\r\n\
         User-Agent: Kayle-Webhooks/1.2.3\r\n\
         Host: {address}\r\n\
         Content-Length: {length}\r\n\
         \r\n\
         {JWE}"
    );
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(String::from_utf8_lossy(&received[0].bytes), expected);
}

#[tokio::test]
async fn a_name_in_the_url_is_the_host() {
    let server = RawServer::start(status(204)).await;
    let port = server.address.port();

    attempt(&sender(), &format!("http://LOCALHOST:{port}")).await;

    let request = String::from_utf8(server.received()[0].bytes.clone()).unwrap();
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nHost: localhost:{port}\r\n")));
}

#[tokio::test]
async fn a_signature_that_is_no_header_value_is_a_fault() {
    let mut request = request_to("http://localhost:1/");
    request.signature = "t=1\r\nX-Other: 1".to_owned();

    let fault = sender().send(request).await.unwrap_err();

    assert!(matches!(fault, SendFault::Request(_)));
    assert!(!format!("{fault} {fault:?}").contains("X-Other"));
}

proptest! {
    #[test]
    fn every_path_and_query_can_be_sent(path in "\\PC{0,60}", query in "\\PC{0,60}") {
        let path = path.replace(['?', '#'], "");
        let query = query.replace('#', "");
        let request = request_to(&format!("http://localhost/{path}?{query}"));
        let uri = http::Uri::try_from(request.url.as_str()).unwrap();
        prop_assert_eq!(uri.to_string(), request.url.as_str());
    }
}
