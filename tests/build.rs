//! Takes the samples out of the documentation, so that what runs in the tests is what customers
//! paste.
//!
//! A sample is a fenced block whose first line names its file: three backticks, then
//! `python sample=receiver.py`.

use std::fs;
use std::path::Path;

const DOCS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/verifying-and-decrypting.md"
);
const FENCE: &str = "```";

#[expect(
    clippy::disallowed_methods,
    reason = "it is how cargo tells a build script where to write"
)]
fn main() {
    println!("cargo::rerun-if-changed={DOCS}");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = std::env::var_os("OUT_DIR").expect("cargo names the folder");
    let text = fs::read_to_string(DOCS).expect("the documentation can be read");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(file) = sample_file(line) {
            let sample: Vec<&str> = lines.by_ref().take_while(|line| *line != FENCE).collect();
            let sample = sample.join("\n") + "\n";
            fs::write(Path::new(&folder).join(file), sample).expect("the sample can be written");
        }
    }
}

fn sample_file(line: &str) -> Option<&str> {
    let (_, file) = line.strip_prefix(FENCE)?.split_once(" sample=")?;
    Some(file)
}
