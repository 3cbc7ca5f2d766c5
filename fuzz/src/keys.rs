//! Keys as people have them.

use kayle_crypto::{MODULUS_BITS_MIN, PublicKey};
use kayle_endpoints::{jwk, key_text};
use kayle_receiver::PrivateKey;

use crate::text;

/// Reads a public key's text. One that is taken can encrypt, and what is refused is not repeated.
pub fn public_key(data: &[u8]) {
    let text = text(data);
    let read = match key_text::read(&text) {
        Ok(read) => read,
        Err(error) => {
            assert!(error.to_string().len() < 100);
            return;
        }
    };
    let shape = jwk::check_shape(&read);
    let Ok(key) = jwk::parse(&read) else {
        return;
    };
    assert_eq!(shape, Ok(()), "what is taken has the shape");
    assert!(!text.to_ascii_uppercase().contains("PRIVATE KEY"));
    PublicKey::import(&key.n, &key.e).expect("what is taken can encrypt");
    let bits_at_most = u64::try_from(key.n.len()).expect("a text is short") * 6;
    assert!(MODULUS_BITS_MIN <= bits_at_most, "{bits_at_most}");
}

/// Reads a private key, as a receiver does. Nothing of it is in an error or in `Debug`.
pub fn private_key(data: &[u8]) {
    let text = text(data);
    match PrivateKey::parse(&text) {
        Ok(key) => {
            let again = PrivateKey::parse(&key.to_pem()).expect("what is written is read");
            assert_eq!(again.thumbprint(), key.thumbprint());
            assert!(format!("{key:?}").len() < 200);
        }
        Err(error) => assert!(error.to_string().len() < 300),
    }
}
