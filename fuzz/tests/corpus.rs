//! Every target over its corpus, over changed copies of it, and over noise.

use std::fs;
use std::path::Path;

use kayle_fuzz::{TARGETS, Target};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

fn corpus(target: Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target.name);
    let files = fs::read_dir(folder).expect("every target has a corpus");
    files
        .map(|file| {
            let file = file.expect("a folder can be read");
            fs::read(file.path()).expect("so can its files")
        })
        .collect()
}

#[test]
fn nothing_that_was_ever_found_breaks_a_reader() {
    for target in TARGETS {
        let inputs = corpus(target);
        assert!(!inputs.is_empty(), "{} has a corpus", target.name);
        for input in inputs {
            (target.run)(&input);
        }
    }
}

#[test]
fn changed_inputs_and_noise_break_no_reader() {
    for target in TARGETS {
        let seeds = corpus(target);
        let changed = (
            prop::sample::select(seeds),
            any::<prop::sample::Index>(),
            prop::collection::vec(any::<u8>(), 0..8),
            0..8_usize,
        )
            .prop_map(|(mut input, place, new, dropped)| {
                let at = place.index(input.len() + 1);
                let end = (at + dropped).min(input.len());
                input.splice(at..end, new);
                input
            });
        let noise = prop::collection::vec(any::<u8>(), 0..300);
        let run =
            TestRunner::deterministic().run(&prop_oneof![3 => changed, 1 => noise], |input| {
                (target.run)(&input);
                Ok(())
            });
        run.unwrap_or_else(|error| panic!("{}: {error}", target.name));
    }
}

#[test]
fn every_target_has_its_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    let files = fs::read_dir(folder).expect("it is in the checkout");
    let mut names: Vec<_> = files
        .map(|file| {
            let path = file.expect("a folder can be read").path();
            path.file_stem().expect("a file has a name").to_owned()
        })
        .collect();
    names.sort();
    let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, known);
}
