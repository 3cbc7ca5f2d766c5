//! What the service is packaged in: each file is well formed, and gives the process no more than it
//! needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn in_checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(in_checkout(path)).expect("the file is in the checkout")
}

#[test]
fn the_unit_for_systemd_is_well_formed_and_lets_the_process_do_little() {
    let unit = read("deploy/systemd/kayle-webhooks.service");
    for restriction in [
        "DynamicUser=yes",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
    ] {
        assert!(
            unit.lines().any(|line| line == restriction),
            "{restriction}"
        );
    }
    // Verified with a program that is there: the service is not installed.
    let folder = tempfile::tempdir().expect("there is room");
    let verified = folder.path().join("kayle-webhooks.service");
    fs::write(
        &verified,
        unit.replace("/usr/bin/kayle-webhooks", "/bin/true"),
    )
    .expect("there is room");
    let Ok(output) = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&verified)
        .output()
    else {
        println!("systemd is not installed: the unit is not verified");
        return;
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !told.contains("kayle-webhooks.service:"),
        "{told}"
    );
}

#[test]
fn no_pod_has_more_than_it_needs() {
    for file in ["api", "dispatcher", "migrate"] {
        let manifest = read(&format!("deploy/kubernetes/{file}.yaml"));
        for restriction in [
            "automountServiceAccountToken: false",
            "enableServiceLinks: false",
            "runAsNonRoot: true",
            "allowPrivilegeEscalation: false",
            "readOnlyRootFilesystem: true",
            "capabilities: { drop: [ALL] }",
            "seccompProfile: { type: RuntimeDefault }",
        ] {
            assert!(manifest.contains(restriction), "{file}: {restriction}");
        }
    }
}

#[test]
fn every_setting_in_a_package_is_one_of_the_service() {
    let readme = read("README.md");
    for file in [
        "deploy/systemd/kayle-webhooks.service",
        "deploy/Containerfile",
        "deploy/compose.yaml",
        "deploy/kubernetes/settings.yaml",
    ] {
        let package = read(file);
        let words = package.split(|symbol: char| !symbol.is_ascii_uppercase() && symbol != '_');
        for setting in words.filter(|word| word.starts_with("KAYLE_") && *word != "KAYLE_NAME") {
            assert!(
                readme.contains(&format!("`{setting}`")),
                "{file}: {setting}"
            );
        }
    }
}
