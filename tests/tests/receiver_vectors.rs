//! `receivers/vectors.json`: the cases that the receiver libraries of all languages answer alike.
//! Each library runs them in its own tests; here other implementations of JOSE confirm them.

use std::fs::File;
use std::process::Command;

use crate::support::tools;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_cases_follow_from_their_generator() {
    let mut python = Command::new(tools::python());
    python.args([&format!("{ROOT}/receivers/generate.py"), "--check"]);
    succeeds(&mut python);
}

#[test]
fn jwcrypto_finds_the_cases_good_and_bad_for_the_same_reasons() {
    let mut python = Command::new(tools::python());
    python.arg(format!("{ROOT}/tests/receivers/check_vectors.py"));
    succeeds(python.stdin(vectors()));
}

#[test]
fn jose_finds_the_cases_good_and_bad_for_the_same_reasons() {
    let folder = tools::javascript_folder(&["check_vectors.mjs"]);
    let mut node = Command::new("node");
    node.arg("check_vectors.mjs").current_dir(folder.path());
    succeeds(node.stdin(vectors()));
}

#[test]
fn the_package_for_javascript_ends_every_case_as_it_must() {
    run_javascript_tests("vectors.test.mjs");
}

#[test]
fn the_package_for_javascript_does_so_in_deno_bun_and_workerd() {
    run_javascript_tests("runtimes.test.mjs");
}

#[test]
fn each_check_of_the_package_for_javascript_is_noticed_when_it_is_off() {
    run_javascript_tests("mutants.test.mjs");
}

#[test]
fn the_adapters_for_javascript_receive_in_their_frameworks() {
    run_javascript_tests("adapters.test.mjs");
}

#[test]
fn the_package_for_python_ends_every_case_as_it_must_and_receives_in_its_frameworks() {
    let mut python = Command::new(tools::python());
    python.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    python.arg(format!("{ROOT}/tests/receivers/test_python.py"));
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python.env("KAYLE_VECTORS", format!("{ROOT}/receivers/vectors.json"));
    succeeds(&mut python);
}

#[test]
fn the_package_for_python_is_typed_throughout() {
    let cache = tempfile::tempdir().expect("there is room for a throw-away folder");
    let mut python = Command::new(tools::python());
    python.args(["-m", "mypy", "--strict", "--config-file"]);
    python.arg(format!("{ROOT}/receivers/python/pyproject.toml"));
    python.arg("--cache-dir").arg(cache.path());
    succeeds(python.arg(format!("{ROOT}/receivers/python/src")));
}

#[test]
fn the_module_for_go_ends_every_case_as_it_must() {
    // Go would answer from its cache: it does not see that the file of cases has changed.
    let tests: &[&str] = &["test", "-count=1", "./..."];
    for arguments in [&["vet", "./..."], tests] {
        let mut go = tools::go();
        go.args(arguments)
            .current_dir(format!("{ROOT}/receivers/go"));
        succeeds(&mut go);
    }
}

fn run_javascript_tests(file: &str) {
    let folder = tools::javascript_folder(&[file, "runner.mjs", "all_cases.mjs"]);
    let mut node = Command::new("node");
    node.args(["--test", file]).current_dir(folder.path());
    node.env("KAYLE_VECTORS", format!("{ROOT}/receivers/vectors.json"));
    succeeds(&mut node);
}

fn vectors() -> File {
    File::open(format!("{ROOT}/receivers/vectors.json")).expect("the cases can be read")
}

fn succeeds(command: &mut Command) {
    let output = command.output().expect("the program can be started");
    let [said, complained] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{said}{complained}");
}
