//! Chance, handed in from outside so that a test can choose it.

/// Returns random bytes; the real one is the operating system's generator.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` completely. An implementation that cannot must not return.
    fn fill(&self, bytes: &mut [u8]);
}

const LOWERCASE_ALPHANUMERIC: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The largest multiple of 36 that a byte can count: bytes from here up are drawn again, so that
/// every symbol is equally likely.
const UNBIASED_BELOW: u8 = 252;

/// Returns `length` symbols of `a`-`z` and `0`-`9`, each drawn uniformly.
///
/// Ids with a random body, secrets, API keys and cancel tokens are made of these (contract 2.1).
pub fn lowercase_alphanumeric(entropy: &dyn Entropy, length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut bytes = [0u8; 64];
    while text.len() < length {
        entropy.fill(&mut bytes);
        let symbols = bytes
            .iter()
            .filter(|byte| **byte < UNBIASED_BELOW)
            .map(|byte| char::from(LOWERCASE_ALPHANUMERIC[usize::from(byte % 36)]));
        text.extend(symbols.take(length - text.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ascending;

    impl Entropy for Ascending {
        fn fill(&self, bytes: &mut [u8]) {
            for (byte, value) in bytes.iter_mut().zip((240..=255).chain(0..=240).cycle()) {
                *byte = value;
            }
        }
    }

    #[test]
    fn bytes_that_would_favour_a_symbol_are_drawn_again() {
        let text = lowercase_alphanumeric(&Ascending, 16);
        assert_eq!(
            text, "yz0123456789abcd",
            "240..=251 are used, 252..=255 are skipped"
        );
    }

    #[test]
    fn a_text_longer_than_one_draw_is_completed() {
        assert_eq!(lowercase_alphanumeric(&Ascending, 150).len(), 150);
    }
}
