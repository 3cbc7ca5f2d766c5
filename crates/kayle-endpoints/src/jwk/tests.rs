use serde_json::json;

use super::*;

/// Returns the base64url text of a modulus: these bytes first, then zeros and an odd end.
fn modulus(first: &[u8], bytes: usize) -> String {
    let mut number = first.to_vec();
    number.resize(bytes - 1, 0);
    number.push(1);
    URL_SAFE_NO_PAD.encode(number)
}

fn good() -> Value {
    json!({ "kty": "RSA", "n": modulus(&[0x80], 256), "e": "AQAB" })
}

/// Returns a good JWK with one member replaced, or removed if `value` is null.
fn with(member: &str, value: Value) -> Map<String, Value> {
    let mut jwk = good().as_object().unwrap().clone();
    if value.is_null() {
        jwk.remove(member);
    } else {
        jwk.insert(member.to_owned(), value);
    }
    jwk
}

/// What of a JWK is refused: its shape, what its members say, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Shape,
    Meaning,
    Accepted,
}
use Verdict::{Accepted, Meaning, Shape};

fn check(member: &str, value: Value, expected: Verdict) {
    let shown = value.to_string();
    let jwk = with(member, value);
    let verdict = match (check_shape(&jwk), parse(&jwk)) {
        (Err(shape), parsed) => {
            assert_eq!(parsed, Err(shape));
            Shape
        }
        (Ok(()), Err(_)) => Meaning,
        (Ok(()), Ok(_)) => Accepted,
    };
    let shown: String = shown.chars().take(60).collect();
    assert_eq!(verdict, expected, "{member}: {shown}");
}

#[test]
fn the_key_type_is_rsa() {
    check("kty", json!("RSA"), Accepted);
    check("kty", Value::Null, Meaning);
    check("kty", json!("rsa"), Shape);
    check("kty", json!("EC"), Shape);
    check("kty", json!(1), Shape);
}

#[test]
fn the_modulus_has_at_least_2048_significant_bits() {
    check("n", Value::Null, Shape);
    check("n", json!(""), Shape);
    check("n", json!(5), Shape);
    check("n", json!("A".repeat(8193)), Shape);
    check("n", json!("   "), Meaning);
    check("n", json!("not base64url!"), Meaning);
    check("n", json!(modulus(&[0x80], 255)), Meaning);
    check("n", json!(modulus(&[0x7f], 256)), Meaning);
    check("n", json!(modulus(&[0, 0x7f], 257)), Meaning);
    check("n", json!(modulus(&[0; 300], 301)), Meaning);
    check("n", json!(modulus(&[0x80], 256)), Accepted);
    check("n", json!(modulus(&[0, 0x80], 257)), Accepted);
    check("n", json!(modulus(&[0x80], 512)), Accepted);
    check("n", json!(modulus(&[0x80], 1024)), Accepted);
    check("n", json!(modulus(&[0x80], 6144)), Meaning);
}

#[test]
fn the_exponent_is_a_short_base64url_text() {
    check("e", Value::Null, Shape);
    check("e", json!(""), Shape);
    check("e", json!(65537), Shape);
    check("e", json!("A".repeat(65)), Shape);
    check("e", json!(" "), Meaning);
    check("e", json!("+/=="), Meaning);
    check("e", json!("Aw"), Accepted);
}

#[test]
fn algorithm_and_use_must_agree_if_they_are_given() {
    check("alg", json!("RSA-OAEP-256"), Accepted);
    check("alg", json!("RSA-OAEP"), Meaning);
    check("alg", json!(""), Meaning);
    check("alg", json!("A".repeat(64)), Meaning);
    check("alg", json!("A".repeat(65)), Shape);
    check("alg", json!(true), Shape);
    check("use", json!("enc"), Accepted);
    check("use", json!("sig"), Meaning);
    check("use", json!("e".repeat(33)), Shape);
    check("use", json!(["enc"]), Shape);
}

#[test]
fn the_key_operations_must_be_those_of_a_public_key() {
    check("key_ops", json!(["encrypt"]), Accepted);
    check(
        "key_ops",
        json!(["wrapKey", "encrypt", "encrypt"]),
        Accepted,
    );
    check("key_ops", json!([]), Meaning);
    check("key_ops", json!(["wrapKey"]), Meaning);
    for forbidden in ["decrypt", "deriveBits", "deriveKey", "sign", "unwrapKey"] {
        check("key_ops", json!(["encrypt", forbidden]), Meaning);
    }
    check("key_ops", Value::from(vec!["encrypt"; 8]), Accepted);
    check("key_ops", Value::from(vec!["encrypt"; 9]), Shape);
    check("key_ops", json!(["encrypt", "x".repeat(64)]), Accepted);
    check("key_ops", json!(["encrypt", "x".repeat(65)]), Shape);
    check("key_ops", json!("encrypt"), Shape);
    check("key_ops", json!(["encrypt", 1]), Shape);
}

#[test]
fn no_member_of_a_private_key_is_accepted_whatever_its_value() {
    for member in ["d", "dp", "dq", "oth", "p", "q", "qi"] {
        for value in [json!("AQAB"), json!(""), json!(false), json!([])] {
            let refusal = parse(&with(member, value)).unwrap_err();
            assert_eq!(refusal, InvalidJwk::Private(member));
        }
        check(member, json!({}), Shape);
    }
}

#[test]
fn other_members_are_bounded_and_dropped() {
    check("kid", json!("x".repeat(8192)), Accepted);
    check("kid", json!("x".repeat(8193)), Shape);
    check("ext", json!(true), Accepted);
    check("nbf", json!(1.5), Accepted);
    check("x5c", json!(["x".repeat(64)]), Accepted);
    check("x5c", json!(["x".repeat(65)]), Shape);
    check("x5c", Value::from(vec![""; 9]), Shape);
    check("x5c", json!([1]), Shape);
    check("extra", json!({}), Shape);
    let mut jwk = with("ext", json!(true));
    jwk.insert("extra".to_owned(), Value::Null);
    assert!(check_shape(&jwk).is_err());
}

#[test]
fn the_numbers_are_kept_without_padding() {
    let n = modulus(&[0x80], 256);
    let padded = format!("{n}==");
    let expected = PublicJwk {
        n,
        e: "AQAB".to_owned(),
    };
    assert_eq!(parse(&with("n", json!(padded))), Ok(expected));
}

#[test]
fn a_refusal_shows_no_value() {
    let refusal = parse(&with("d", json!("a-private-number"))).unwrap_err();
    assert!(!format!("{refusal:?} {refusal}").contains("a-private-number"));
}

#[test]
fn the_numbers_come_back_in_one_way() {
    let mut jwk = with("n", json!(format!("{}==", modulus(&[0, 0, 0x80], 258))));
    jwk.insert("e".to_owned(), json!("AAEAAQ"));
    let parsed = parse(&jwk).unwrap();
    assert_eq!(parsed.n, modulus(&[0x80], 256));
    assert_eq!(parsed.e, "AQAB");
}
