//! Tokens of services and of people.

use kayle_primitives::Timestamp;
use kayle_testkit::builders::key_ring;

use crate::text;

/// Reads a token. One that nobody signed is nobody's.
pub fn tokens(data: &[u8]) {
    let token = text(data);
    let keys = key_ring();
    let now = Timestamp::from_unix_ms(1_777_978_800_000);
    // The corpus has tokens of other keys, without a signature, and for another audience: none of
    // them is ours, and a fuzzer does not find an HMAC.
    assert!(keys.verify_service_token(&token, now).is_err());
    assert!(keys.verify_session_token(None, &token, now).is_err());
}
