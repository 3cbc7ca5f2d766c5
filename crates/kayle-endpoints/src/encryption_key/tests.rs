use super::*;

fn key(proof: Option<KeyProof>) -> EncryptionKey {
    EncryptionKey {
        id: EncryptionKeyId::parse("whk_1").unwrap(),
        organization_id: OrganizationId(uuid::Uuid::nil()),
        endpoint_id: EndpointId::parse("whe_1").unwrap(),
        key_id: KeyId::parse("mine").unwrap(),
        jwk: PublicJwk {
            n: String::new(),
            e: String::new(),
        },
        created_at: at(0),
        updated_at: at(0),
        disabled_at: None,
        proof,
    }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

#[test]
fn a_proof_by_the_receiver_outranks_one_by_the_caller_and_neither_is_forgotten() {
    use Prover::{Caller, Receiver};
    fn check(known: Option<Prover>, by: Prover, expected: Option<(i64, Prover)>) {
        let known = known.map(|by| KeyProof { at: at(1), by });
        let proven = key(known).proven(by, at(2));
        let proof = proven.as_ref().and_then(|key| key.proof);
        assert_eq!(proof.map(|proof| (proof.at.unix_ms(), proof.by)), expected);
        assert!(proven.is_none_or(|key| key.updated_at == at(2)));
    }
    check(None, Caller, Some((2, Caller)));
    check(None, Receiver, Some((2, Receiver)));
    check(Some(Caller), Receiver, Some((1, Receiver)));
    check(Some(Caller), Caller, None);
    check(Some(Receiver), Caller, None);
    check(Some(Receiver), Receiver, None);
}

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
