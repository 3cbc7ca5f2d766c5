//! The seal on rows of the audit log: a keyed hash, so that whoever can write to the database but
//! does not have the operator's key cannot make an altered chain look whole.

use ring::hmac;

use crate::key_ring::KeyRing;

impl KeyRing {
    /// Returns the keyed hash of a row's content, the hash of the row before included: lowercase
    /// hex.
    pub fn hash_audit_row(&self, content: &[u8]) -> String {
        hex::encode(hmac::sign(&self.current.recognising.audit_rows, content))
    }

    /// Returns whether `hash` is that of `content`, under any key of the ring or a retired one.
    pub fn audit_row_matches(&self, content: &[u8], hash: &str) -> bool {
        let Ok(hash) = hex::decode(hash) else {
            return false;
        };
        self.recognisers()
            .any(|key| hmac::verify(&key.audit_rows, content, &hash).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_matches_its_hash_under_any_key_of_the_ring_and_no_other() {
        let before = KeyRing::new(&[1; 32], &[]).unwrap();
        let after = KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap();
        let other = KeyRing::new(&[3; 32], &[]).unwrap();
        let hash = before.hash_audit_row(b"content");
        assert!(after.audit_row_matches(b"content", &hash));
        assert!(!after.audit_row_matches(b"altered", &hash));
        assert!(!other.audit_row_matches(b"content", &hash));
        assert!(!after.audit_row_matches(b"content", "no hex"));
    }
}
