//! Who else on the machine can get at what the service keeps.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::support::database::Database;
use crate::support::service::Launch;
use crate::support::{SECRET_KEY, Service, binary, within_patience};

const EMBEDDED: (&str, &str) = ("KAYLE_DATABASE_URL", "sqlite://kayle.db");

/// Runs a service in a folder, in production, where it must end by itself.
async fn refused_in_production(folder: &Path) -> String {
    let settings = [
        EMBEDDED,
        ("KAYLE_ENVIRONMENT", "production"),
        ("KAYLE_SECRET_KEY", SECRET_KEY),
    ];
    let mut command = binary::command(folder, settings);
    let ended = within_patience("it ends", command.arg("serve").output()).await;
    expect_refusal(&ended.expect("the binary can be started"))
}

fn expect_refusal(ended: &Output) -> String {
    assert!(!ended.status.success(), "it was not refused");
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

fn folder_with(mode: u32) -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    set_mode(folder.path(), mode);
    folder
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}

#[tokio::test]
async fn all_files_of_the_embedded_database_are_their_owners_alone() {
    let folder = folder_with(0o755);
    let database = Database::sqlite(folder.path());
    let launch = Launch::Directly;
    let _service = Service::start_on(database, launch, &[]).await;
    let entries = fs::read_dir(folder.path()).expect("it is there").flatten();
    let mut modes: Vec<_> = entries
        .map(|entry| {
            let found = entry.metadata().expect("it is there");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, found.permissions().mode() & 0o777)
        })
        .collect();
    modes.sort();
    let expected = [".db", ".db-shm", ".db-wal", ".db.key", ".db.lock"];
    let expected = expected.map(|suffix| (format!("kayle{suffix}"), 0o600));
    assert_eq!(modes, expected);
}

#[tokio::test]
async fn production_does_not_start_in_a_folder_that_others_can_write_to() {
    let folder = folder_with(0o777);
    let stderr = refused_in_production(folder.path()).await;
    assert!(stderr.contains("other users can write to"), "{stderr}");
    assert!(stderr.contains("chmod o-w"), "{stderr}");
    assert!(
        !folder.path().join("kayle.db").exists(),
        "nothing is made there"
    );
}

#[tokio::test]
async fn production_does_not_start_on_a_file_that_others_can_write_to() {
    let folder = folder_with(0o700);
    let file = folder.path().join("kayle.db");
    fs::write(&file, "").expect("there is room");
    set_mode(&file, 0o606);
    let stderr = refused_in_production(folder.path()).await;
    assert!(stderr.contains("chmod o-w"), "{stderr}");
    assert!(stderr.contains("kayle.db"), "{stderr}");
}

#[tokio::test]
async fn development_starts_in_such_a_folder_and_says_so() {
    let folder = folder_with(0o777);
    let database = Database::sqlite(folder.path());
    let launch = Launch::Directly;
    let service = Service::start_on(database, launch, &[]).await;
    let log = service.log();
    assert!(log.contains("other users can write to"), "{log}");
}

#[tokio::test]
async fn a_link_in_the_place_of_the_lock_is_not_followed() {
    let folder = folder_with(0o700);
    let elsewhere = folder.path().join("elsewhere");
    symlink(&elsewhere, folder.path().join("kayle.db.lock")).expect("there is room");
    let stderr = refused_in_production(folder.path()).await;
    assert!(stderr.contains("kayle.db.lock"), "{stderr}");
    assert!(!elsewhere.exists());
}

#[tokio::test]
async fn the_memory_of_a_service_in_production_cannot_be_dumped() {
    let settings = [
        ("KAYLE_ENVIRONMENT", "production"),
        ("KAYLE_SECRET_KEY", SECRET_KEY),
    ];
    let service = Service::start(&settings).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", service.process_id()));
    let limits = limits.expect("it runs");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<_> = core.expect("there is one").split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"]);
}
