//! Keys in the text form of RFC 7468: one block, nothing around it but blanks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The lines around a block.
pub(crate) struct Label {
    pub(crate) begin: &'static str,
    pub(crate) end: &'static str,
}

pub(crate) const PRIVATE_KEY: Label = Label {
    begin: "-----BEGIN PRIVATE KEY-----",
    end: "-----END PRIVATE KEY-----",
};

pub(crate) const PUBLIC_KEY: Label = Label {
    begin: "-----BEGIN PUBLIC KEY-----",
    end: "-----END PUBLIC KEY-----",
};

/// Returns the bytes of the block; `None` if the text is not this one block.
pub(crate) fn decode(pem: &str, label: &Label) -> Option<Zeroizing<Vec<u8>>> {
    let inner = pem.trim().strip_prefix(label.begin)?;
    let body = inner.strip_suffix(label.end)?;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.split_ascii_whitespace());
    STANDARD.decode(base64.as_bytes()).ok().map(Zeroizing::new)
}
