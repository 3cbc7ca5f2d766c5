//! What the crate for Rust has beside the cases: headers as web frameworks have them, and deliveries for
//! its users' tests.

use kayle_receiver::testing::delivery;
use kayle_receiver::{LabelledKey, Options, PrivateKey, Receiver, Secrets, UnwrapError};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

const SECRET: &str = "whsec_0123456789abcdefghijklmnopqrstuv";
const NOW_S: i64 = 1_742_404_800;

#[test]
fn what_is_made_for_tests_is_received_with_headers_of_http() {
    let key = PrivateKey::generate();
    let event = json!({
        "type": "verification.session.expired",
        "metadata": {
            "contract_version": 1,
            "event_id": "evt_1",
            "verification_session_id": "vs_1",
        },
        "data": {},
    });
    let made = delivery(&event, "customer-key-1", &key, SECRET, NOW_S).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in &made.headers {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    let key = LabelledKey {
        key_id: Some("customer-key-1".to_owned()),
        key,
    };
    let options = Options::new(Secrets::fixed([SECRET]), vec![key]);
    let receiver = Receiver::new(options).unwrap();

    let opened = receiver.unwrap_at(&headers, &made.body, NOW_S).unwrap();
    assert_eq!(opened.event.event_id(), "evt_1");
    let late = receiver.unwrap_at(&headers, &made.body, NOW_S + 301);
    assert_eq!(late, Err(UnwrapError::TimestampOutOfRange { skew_s: 301 }));
}
