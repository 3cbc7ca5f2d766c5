//! The little of DER that turns a PKCS#1 key or the numbers of a JWK into PKCS#8, the one form
//! that AWS-LC decrypts with.

use zeroize::Zeroizing;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The version of either structure: 0.
const VERSION: [u8; 3] = [INTEGER, 1, 0];

/// `rsaEncryption` with its NULL parameters (RFC 8017, A.1).
const ALGORITHM: [u8; 15] = [
    SEQUENCE, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0,
];

type Secret = Zeroizing<Vec<u8>>;

/// Puts an `RSAPrivateKey` (RFC 8017, A.1.2) into a `PrivateKeyInfo` (RFC 5208, 5).
pub(super) fn pkcs8(pkcs1: &[u8]) -> Secret {
    let key = element(OCTETS, &[pkcs1]);
    element(SEQUENCE, &[&VERSION, &ALGORITHM, &key])
}

/// Creates an `RSAPrivateKey` of its eight numbers: n, e, d, p, q, dp, dq, qi.
pub(super) fn pkcs1(numbers: &[Secret]) -> Secret {
    let integers: Vec<Secret> = numbers.iter().map(|number| integer(number)).collect();
    let mut parts: Vec<&[u8]> = vec![&VERSION];
    parts.extend(integers.iter().map(|integer| integer.as_slice()));
    element(SEQUENCE, &parts)
}

/// A whole number that is not negative: no leading zeros, but one before a high bit.
fn integer(digits: &[u8]) -> Secret {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let digits = &digits[zeros..];
    let negative = digits.first().is_none_or(|digit| *digit >= 0x80);
    let sign: &[u8] = if negative { &[0] } else { &[] };
    element(INTEGER, &[sign, digits])
}

fn element(tag: u8, parts: &[&[u8]]) -> Secret {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 6));
    bytes.push(tag);
    let size = length.to_be_bytes();
    let size = &size[size.iter().take_while(|byte| **byte == 0).count()..];
    if length >= 0x80 {
        bytes.push(0x80 | u8::try_from(size.len()).expect("a length has at most eight bytes"));
        bytes.extend_from_slice(size);
    } else {
        bytes.push(size.first().copied().unwrap_or(0));
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}
