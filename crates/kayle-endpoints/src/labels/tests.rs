use super::*;

fn check(texts: &[&str], expected: Result<&[&str], InvalidLabels>) {
    let texts: Vec<_> = texts.iter().copied().map(str::to_owned).collect();
    let labels = Labels::parse(&texts);
    let labels = labels.as_ref().map(Labels::as_slice).map_err(Clone::clone);
    assert_eq!(
        labels.map(<[String]>::to_vec),
        expected.map(|list| list.iter().copied().map(str::to_owned).collect())
    );
}

#[test]
fn labels_are_trimmed_and_keep_their_order() {
    check(&[], Ok(&[]));
    check(&[" prod ", "eu"], Ok(&["prod", "eu"]));
}

#[test]
fn at_most_eight_labels_are_accepted() {
    let nine = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    check(&nine[..8], Ok(&nine[..8]));
    check(&nine, Err(InvalidLabels::TooMany));
}

#[test]
fn a_label_has_1_to_40_characters_after_trimming() {
    let (longest, too_long) = ("é".repeat(40), "é".repeat(41));
    check(&[&longest], Ok(&[&longest]));
    check(&["a", &too_long], Err(InvalidLabels::Length(1)));
    check(&["a", " "], Err(InvalidLabels::Length(1)));
    check(&[""], Err(InvalidLabels::Length(0)));
}

#[test]
fn a_label_is_unique_ignoring_case() {
    check(&["a", "b", "A "], Err(InvalidLabels::Repeated(2)));
    check(&["Ä", "ä"], Err(InvalidLabels::Repeated(1)));
}
