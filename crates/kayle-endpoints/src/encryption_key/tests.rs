use super::*;

#[test]
fn a_key_id_has_1_to_128_characters_verbatim() {
    fn check(text: &str, accepted: bool) {
        let key_id = KeyId::parse(text);
        assert_eq!(key_id.is_ok(), accepted, "{text:?}");
        assert!(key_id.is_ok_and(|key_id| key_id.as_str() == text) == accepted);
    }
    check(" key 2026/05 ", true);
    check(&"é".repeat(128), true);
    check(&"é".repeat(129), false);
    check("", false);
}
