//! Plain `cargo test` fails when a package uses what its layer forbids.

#[test]
fn every_package_keeps_to_its_layer() {
    if let Err(breaches) = xtask::layers::check() {
        panic!("{breaches:#}");
    }
}
