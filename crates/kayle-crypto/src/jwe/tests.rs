use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::testing::Counted;

static PRIVATE: LazyLock<PrivateKey> = LazyLock::new(PrivateKey::generate);
static OTHER: LazyLock<PrivateKey> = LazyLock::new(PrivateKey::generate);

fn public(key: &PrivateKey) -> PublicKey {
    let members = key.public_jwk_members();
    PublicKey::import(&members.n, &members.e).unwrap()
}

fn encrypt(key_id: &str, plaintext: &[u8]) -> String {
    public(&PRIVATE)
        .encrypt(key_id, plaintext, &Counted::default())
        .unwrap()
}

/// Encrypts with a header that the service would not write.
fn encrypt_under(header: &str) -> String {
    let cek = [7; 32];
    let header = URL_SAFE_NO_PAD.encode(header);
    let mut content = b"text".to_vec();
    let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
    let tag = content_key(&cek)
        .seal_in_place_separate_tag(nonce, Aad::from(header.as_str()), &mut content)
        .unwrap();
    [
        header,
        URL_SAFE_NO_PAD.encode(public(&PRIVATE).wrap(&cek).unwrap()),
        URL_SAFE_NO_PAD.encode([0; NONCE_LEN]),
        URL_SAFE_NO_PAD.encode(content),
        URL_SAFE_NO_PAD.encode(tag),
    ]
    .join(".")
}

#[test]
fn the_protected_header_is_exactly_that_of_the_contract() {
    fn check(key_id: &str, expected: &str) {
        let compact = encrypt(key_id, b"{}");
        let header = part(compact.split('.').next().unwrap()).unwrap();
        assert_eq!(String::from_utf8(header).unwrap(), expected);
    }
    check(
        "production-2026",
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"production-2026"}"#,
    );
    check(
        " a\"b\\c\n/é🔑 ",
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":" a\"b\\c\n/é🔑 "}"#,
    );
}

#[test]
fn the_parts_have_the_lengths_of_the_contract() {
    let compact = encrypt("k", b"twelve bytes");
    let lengths: Vec<usize> = compact
        .split('.')
        .skip(1)
        .map(|text| part(text).unwrap().len())
        .collect();
    assert_eq!(lengths, [256, 12, 12, 16]);
}

#[test]
fn every_encryption_has_a_content_key_and_an_iv_of_its_own() {
    let (key, entropy) = (public(&PRIVATE), Counted::default());
    let [first, second] = [(); 2].map(|()| key.encrypt("k", b"same", &entropy).unwrap());
    for index in 1..5 {
        assert_ne!(
            first.split('.').nth(index),
            second.split('.').nth(index),
            "part {index}"
        );
    }
}

#[test]
fn another_key_does_not_decrypt() {
    assert_eq!(OTHER.decrypt(&encrypt("k", b"text")), Err(DecryptError));
}

#[test]
fn only_the_header_of_the_contract_is_decrypted() {
    fn check(header: &str, accepted: bool) {
        let decrypted = PRIVATE.decrypt(&encrypt_under(header));
        assert_eq!(decrypted.is_ok(), accepted, "{header}");
    }
    check(r#"{"kid":"k","enc":"A256GCM","alg":"RSA-OAEP-256"}"#, true);
    check(r#"{"alg":"RSA-OAEP","enc":"A256GCM","kid":"k"}"#, false);
    check(r#"{"alg":"dir","enc":"A256GCM","kid":"k"}"#, false);
    check(r#"{"alg":"RSA-OAEP-256","enc":"A128GCM","kid":"k"}"#, false);
    check(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#, false);
    check(
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"k","zip":"DEF"}"#,
        false,
    );
    check(
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"k","crit":["exp"]}"#,
        false,
    );
    check(
        r#"{"alg":"RSA-OAEP-256","alg":"RSA-OAEP-256","enc":"A256GCM","kid":"k"}"#,
        false,
    );
}

#[test]
fn anything_but_five_parts_is_refused() {
    let compact = encrypt("k", b"text");
    let four = compact.rsplit_once('.').unwrap().0;
    assert_eq!(PRIVATE.decrypt(four), Err(DecryptError));
    let six = format!("{compact}.");
    assert_eq!(PRIVATE.decrypt(&six), Err(DecryptError));
    assert_eq!(PRIVATE.decrypt(""), Err(DecryptError));
    assert_eq!(PRIVATE.decrypt("...."), Err(DecryptError));
}

#[test]
fn the_debug_form_shows_no_payload() {
    let decrypted = PRIVATE.decrypt(&encrypt("k", b"text")).unwrap();
    assert_eq!(
        format!("{decrypted:?}"),
        r#"DecryptedJwe { key_id: "k", .. }"#
    );
}

proptest! {
    // Each case costs an RSA private operation, slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_encrypted_is_decrypted(
        key_id in any::<String>(),
        plaintext in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let decrypted = PRIVATE.decrypt(&encrypt(&key_id, &plaintext)).unwrap();
        prop_assert_eq!(decrypted.key_id, key_id);
        prop_assert_eq!(&*decrypted.plaintext, &plaintext);
    }

    #[test]
    fn any_changed_character_refuses(
        plaintext in prop::collection::vec(any::<u8>(), 0..100),
        position: prop::sample::Index,
        symbol in "[A-Za-z0-9_.-]",
    ) {
        let mut compact = encrypt("key", &plaintext);
        let position = position.index(compact.len());
        prop_assume!(compact[position..=position] != symbol);
        compact.replace_range(position..=position, &symbol);
        prop_assert_eq!(PRIVATE.decrypt(&compact), Err(DecryptError));
    }

    #[test]
    fn no_text_makes_decryption_panic(text in "[A-Za-z0-9_.-]{0,200}|.{0,60}") {
        prop_assert_eq!(PRIVATE.decrypt(&text), Err(DecryptError));
    }
}
