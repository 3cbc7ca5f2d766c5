//! How much is taken, and for how long. A number has its reason beside it.

/// How far a signature may lie from this machine's time, in seconds, unless a receiver says
/// otherwise: what Kayle's documentation asks for.
pub const TOLERANCE_S: u32 = 300;

/// A recorded request could be sent again for an hour; a clock that is off by more is to be repaired.
pub(crate) const TOLERANCE_S_MAX: u32 = 3600;

/// A portrait makes a body of 2.8 MB.
pub(crate) const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A rotation needs two; each costs an HMAC over the whole body.
pub(crate) const SECRETS_MAX: usize = 8;

/// Old keys are needed as long as something encrypted to them may arrive; each that fits a label
/// costs a decryption by RSA.
pub(crate) const PRIVATE_KEYS_MAX: usize = 16;

/// Public exponents have up to 31 bits: more than that, Go's RSA does not take.
pub(crate) const PUBLIC_EXPONENT_BYTES_MAX: usize = 4;

/// Three bytes tell the length of 16 MB, which no key has.
pub(crate) const DER_LENGTH_BYTES_MAX: usize = 3;

/// How deep arrays and objects of JSON may lie in one another. Events have a depth of three.
pub(crate) const JSON_DEPTH_MAX: usize = 32;

/// The largest whole number whose neighbours a double can tell apart.
pub(crate) const JSON_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// Twelve digits of seconds reach the year 33658.
pub(crate) const TIME_DIGITS_MAX: usize = 12;
