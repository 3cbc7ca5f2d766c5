//! What operators type beside `serve`.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::support::{Service, binary};

#[tokio::test]
async fn a_database_is_migrated_by_command() {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    for arguments in [
        ["migrate", "status"],
        ["migrate", "up"],
        ["migrate", "status"],
    ] {
        let output = run(folder.path(), &arguments).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

#[tokio::test]
async fn nothing_is_made_with_a_secret_key_that_the_running_service_lacks() {
    let mut service = Service::start(&[]).await;
    let create = ["organization", "create", "--name", "Radium Institute"];
    service.admin(&create).await;
    let another = "YW5vdGhlciBrZXkgb2YgdGhpcnR5LXR3byBieXRlcywgb3Igb2YgbW9yZQ==";
    service.set("KAYLE_SECRET_KEY", Some(another));
    let refused = service.try_admin(&create).await;
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{stderr}");
    assert!(stderr.contains("runs without this key"), "{stderr}");
}

#[tokio::test]
async fn a_command_that_cannot_be_done_fails_and_says_why_on_stderr() {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    let nobody = "00000000-0000-4000-8000-000000000000";
    for arguments in [
        &["admin", "organization", "freeze", nobody][..],
        &["admin", "organization", "unfreeze", nobody],
        &["admin", "organization", "freeze", "no-uuid"],
        &["admin", "organization", "create", "--name", ""],
        &[
            "admin",
            "api-key",
            "create",
            "--organization",
            nobody,
            "--name",
            "x",
        ],
        &[
            "admin",
            "api-key",
            "create",
            "--organization",
            nobody,
            "--name",
            "x",
            "--scope",
            "all",
        ],
        &[
            "admin",
            "api-key",
            "create",
            "--organization",
            nobody,
            "--name",
            "x",
            "--scope",
            "webhooks:read",
        ],
        &["admin", "service-token", "create", "--subject", ""],
        &[
            "admin",
            "service-token",
            "create",
            "--subject",
            "x",
            "--ttl",
            "soon",
        ],
        &["admin", "service-token", "revoke", "no-uuid"],
        &["nonsense"],
    ] {
        let output = run(folder.path(), arguments).await;
        assert!(!output.status.success(), "{arguments:?} is accepted");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.trim().is_empty(), "{arguments:?} says nothing");
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
    }
}

#[tokio::test]
async fn an_admin_command_prints_one_json_object_or_prose() {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    let arguments = [
        "admin",
        "service-token",
        "create",
        "--subject",
        "x",
        "--ttl",
        "1h",
    ];
    let prose = run(folder.path(), &arguments).await;
    assert!(prose.status.success(), "{prose:?}");
    assert!(
        serde_json::from_slice::<Value>(&prose.stdout).is_err(),
        "prose is for people"
    );

    let mut with_json = arguments.to_vec();
    with_json.push("--json");
    let json = run(folder.path(), &with_json).await;
    let made: Value = serde_json::from_slice(&json.stdout).expect("JSON is for programs");
    assert!(
        ["id", "token", "expires_at"]
            .iter()
            .all(|member| made[member].is_string()),
        "{made}"
    );
}

#[tokio::test]
async fn a_command_that_nobody_listens_to_says_so_and_does_not_panic() {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    for arguments in [
        &["migrate", "up"][..],
        &["migrate", "status"],
        &["admin", "doctor"],
    ] {
        let (nobody, stdout) = std::io::pipe().expect("a pipe can be made");
        drop(nobody);
        let mut command = binary::command(folder.path(), []);
        // Not `output`, which would read what nobody is to read.
        let command = command
            .args(arguments)
            .stdout(stdout)
            .stderr(Stdio::piped());
        let child = command.spawn().expect("the binary can be started");
        let output = child.wait_with_output().await.expect("it ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(
            stderr.contains("stdout is closed"),
            "{arguments:?}: {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
    }
}

async fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = binary::command(folder, []);
    let output = command.args(arguments).output().await;
    output.expect("the binary can be started")
}
