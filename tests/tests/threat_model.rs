//! The threat model promises nothing that no test proves.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../docs/threat-model.md");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn every_row_of_the_threat_model_names_tests_that_are_there() {
    let mut sources = String::new();
    for folder in ["crates", "tests", "migration", "xtask"] {
        read_sources(&Path::new(ROOT).join(folder), &mut sources);
    }
    let rows: Vec<Vec<&str>> = PAGE.lines().filter_map(promise).collect();
    assert!(20 < rows.len(), "the page is read wrongly");
    for row in rows {
        assert!(!row.is_empty(), "a row names no test");
        for test in row {
            let is_there = sources.contains(&format!("fn {test}("));
            assert!(is_there, "there is no test {test}");
        }
    }
}

/// Returns the tests that a row of four cells names in the last of them.
fn promise(line: &str) -> Option<Vec<&str>> {
    let cells: Vec<&str> = line
        .strip_prefix('|')?
        .strip_suffix('|')?
        .split('|')
        .collect();
    let [what, _, _, tests] = cells.as_slice() else {
        return None;
    };
    let is_heading = what.trim() == "what" || what.trim_matches('-').is_empty();
    (!is_heading).then(|| tests.split('`').skip(1).step_by(2).collect())
}

fn read_sources(folder: &Path, sources: &mut String) {
    let entries = fs::read_dir(folder).expect("the folder is there");
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&fs::read_to_string(path).expect("it is text"));
        }
    }
}
