use super::*;

struct Constant(u8);

impl Entropy for Constant {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[test]
fn a_secret_is_its_prefix_and_32_symbols() {
    let secret = SigningSecret::generate(&Constant(0));
    assert_eq!(secret.expose(), format!("whsec_{}", "a".repeat(32)));
    assert_eq!(secret.expose().len(), 38);
}

#[test]
fn another_draw_makes_another_secret() {
    let (one, two) = (Constant(1), Constant(2));
    assert!(SigningSecret::generate(&one) != SigningSecret::generate(&two));
}

#[test]
fn a_secret_does_not_show_itself() {
    let secret = SigningSecret::from_opened(Zeroizing::new("whsec_x".to_owned()));
    assert_eq!(format!("{secret:?}"), "<signing secret>");
}
