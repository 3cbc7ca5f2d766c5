//! The little of DER that reads the eight numbers of a key out of PKCS#8 or PKCS#1, and writes them as PKCS#8,
//! the one form that AWS-LC decrypts with.

use zeroize::Zeroizing;

use crate::limits::DER_LENGTH_BYTES_MAX;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// A tag whose number stands in further bytes, which no key has.
const LONG_TAG: u8 = 0x1f;
/// Of a private key with two primes.
const NUMBERS: usize = 8;

/// The version of either structure: 0.
const VERSION: [u8; 3] = [INTEGER, 1, 0];

/// `rsaEncryption` with its NULL parameters (RFC 8017, A.1).
const ALGORITHM: [u8; 15] = [
    SEQUENCE, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0,
];

type Secret = Zeroizing<Vec<u8>>;

/// Returns the eight numbers of an `RSAPrivateKey` (RFC 8017, A.1.2): n, e, d, p, q, dp, dq, qi.
pub(super) fn numbers_of_pkcs1(der: &[u8]) -> Option<Vec<Secret>> {
    let key = elements(whole(SEQUENCE, der)?)?;
    let numbers: Vec<&[u8]> = key
        .into_iter()
        .map(|(tag, content)| (tag == INTEGER).then(|| digits(content))?)
        .collect::<Option<_>>()?;
    // The version says that there are no more primes than two.
    let (version, numbers) = numbers.split_first()?;
    let is_key = version.is_empty() && numbers.len() == NUMBERS;
    is_key.then(|| {
        numbers
            .iter()
            .map(|number| Zeroizing::new(number.to_vec()))
            .collect()
    })
}

/// Returns the same numbers of a `PrivateKeyInfo` (RFC 5208, 5), which may have attributes.
pub(super) fn numbers_of_pkcs8(der: &[u8]) -> Option<Vec<Secret>> {
    let inside = whole(SEQUENCE, der)?
        .strip_prefix(&VERSION)?
        .strip_prefix(&ALGORITHM)?;
    match elements(inside)?.first()? {
        (OCTETS, key) => numbers_of_pkcs1(key),
        _ => None,
    }
}

/// Puts an `RSAPrivateKey` (RFC 8017, A.1.2) into a `PrivateKeyInfo` (RFC 5208, 5).
pub(super) fn pkcs8(pkcs1: &[u8]) -> Secret {
    let key = element(OCTETS, &[pkcs1]);
    element(SEQUENCE, &[&VERSION, &ALGORITHM, &key])
}

/// Creates an `RSAPrivateKey` of its eight numbers.
pub(super) fn pkcs1(numbers: &[Secret]) -> Secret {
    let integers: Vec<Secret> = numbers.iter().map(|number| integer(number)).collect();
    let mut parts: Vec<&[u8]> = vec![&VERSION];
    parts.extend(integers.iter().map(|integer| integer.as_slice()));
    element(SEQUENCE, &parts)
}

/// A whole number that is not negative: no leading zeros, but one before a high bit.
fn integer(digits: &[u8]) -> Secret {
    let digits = without_zeros(digits);
    let negative = digits.first().is_none_or(|digit| *digit >= 0x80);
    let sign: &[u8] = if negative { &[0] } else { &[] };
    element(INTEGER, &[sign, digits])
}

/// Returns a number without the zeros that lead it.
pub(super) fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    &digits[zeros..]
}

/// Returns the digits of a whole number that is not negative, and written as `integer` writes it.
fn digits(content: &[u8]) -> Option<&[u8]> {
    let digits = match content {
        [0, rest @ ..] => rest,
        _ => content,
    };
    let has_sign = digits.len() < content.len();
    let is_signed_rightly = has_sign == digits.first().is_none_or(|digit| *digit >= 0x80);
    is_signed_rightly.then_some(digits)
}

/// Returns what is in the one element that the bytes are.
fn whole(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    match elements(bytes)?[..] {
        [(found, content)] if found == tag => Some(content),
        _ => None,
    }
}

/// Returns elements that lie one after another, with their tags.
fn elements(mut rest: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut found = Vec::new();
    while let [tag, first, after @ ..] = rest {
        let (length, after) = match first & 0x7f {
            length if *first < 0x80 => (usize::from(length), after),
            size => long_length(after.split_at_checked(usize::from(size))?)?,
        };
        if tag & LONG_TAG == LONG_TAG {
            return None;
        }
        let (content, next) = after.split_at_checked(length)?;
        found.push((*tag, content));
        rest = next;
    }
    rest.is_empty().then_some(found)
}

/// Takes the bytes of a length, which must be the fewest that it fits in, and what follows them.
fn long_length<'a>((size, after): (&[u8], &'a [u8])) -> Option<(usize, &'a [u8])> {
    if size.len() > DER_LENGTH_BYTES_MAX || size.first() == Some(&0) {
        return None;
    }
    let bytes = size.iter().map(|byte| usize::from(*byte));
    let length = bytes.fold(0, |sum, byte| sum << 8 | byte);
    (length >= 0x80).then_some((length, after))
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
