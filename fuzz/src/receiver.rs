//! What a receiver reads.

use std::sync::LazyLock;

use kayle_crypto::{self as crypto, SignatureError, verify_signature};
use kayle_primitives::Timestamp;
use kayle_receiver::{LabelledKey, PrivateKey, Secrets, UnwrapError};

use crate::lines;

const SECRET: &str = "whsec_test_secret";
const SIGNATURE: &str = "X-Kayle-Signature";
const NOW_S: i64 = 1_742_404_800;
const TOLERANCE_S: u32 = 300;

/// Reads a signature header, and a body in the second line. The service's own check and the
/// receivers' library agree.
pub fn signature(data: &[u8]) {
    let [header, body] = lines(data);
    let now = Timestamp::from_unix_ms(NOW_S * 1000);
    let ours = verify_signature(SECRET, &header, body.as_bytes(), now);
    let headers = [(SIGNATURE, header.as_str())];
    let secrets = Secrets::fixed([SECRET]);
    let body = body.as_bytes();
    let theirs = kayle_receiver::verify(&secrets, headers.as_slice(), body, TOLERANCE_S, NOW_S);
    let agree = match ours {
        Ok(()) => theirs.is_ok(),
        Err(SignatureError::Malformed) => matches!(
            theirs,
            Err(UnwrapError::SignatureMissing | UnwrapError::SignatureMalformed)
        ),
        Err(SignatureError::Mismatch) => matches!(theirs, Err(UnwrapError::SignatureMismatch)),
        Err(SignatureError::OutsideTolerance) => {
            matches!(theirs, Err(UnwrapError::TimestampOutOfRange { .. }))
        }
    };
    assert!(agree, "{header:?}: {ours:?} and {theirs:?}");
}

/// What the corpus is encrypted to.
const KEY_PEM: &str = include_str!("../corpus/private_key/rsa2048a.pem");

static OURS: LazyLock<crypto::PrivateKey> =
    LazyLock::new(|| crypto::PrivateKey::from_pkcs8_pem(KEY_PEM).expect("it is a key"));

static THEIRS: LazyLock<[LabelledKey; 1]> = LazyLock::new(|| {
    let key = PrivateKey::parse(KEY_PEM).expect("it is a key");
    [LabelledKey { key_id: None, key }]
});

/// Decrypts a body. The service's own way and the receivers' library open the same.
pub fn delivery(data: &[u8]) {
    let theirs = kayle_receiver::decrypt(data, THEIRS.as_slice());
    let ours = std::str::from_utf8(data)
        .ok()
        .and_then(|text| OURS.decrypt(text).ok());
    match (ours, theirs) {
        (Some(ours), Ok(theirs)) => assert_eq!(ours.plaintext.as_slice(), theirs.as_slice()),
        (None, Err(_)) => {}
        (Some(_), Err(error)) => panic!("only the service opens it; the library: {error}"),
        (None, Ok(_)) => panic!("only the library opens it"),
    }
}
