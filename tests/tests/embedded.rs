//! The embedded database's file: taken away, served twice, stopped, backed up.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use kayle_testkit::receiver::Behaviour;
use reqwest::Method;
use tempfile::TempDir;

use crate::support::api::send;
use crate::support::database::Database;
use crate::support::{Customer, Installation, eventually};

/// A service on a file of its own, and the folder that the file is in.
struct Scene {
    installation: Installation,
    folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
        let database = Database::sqlite(folder.path());
        Self {
            installation: Installation::start_on(database, &[]).await,
            folder,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn session_status(&self) -> u16 {
        self.installation
            .api()
            .post_empty("/v1/sessions")
            .await
            .status
    }

    async fn ready_status(&self) -> u16 {
        let ready = self
            .installation
            .api()
            .anonymous(Method::GET, "/health/ready");
        send(ready).await.status
    }
}

#[tokio::test]
async fn a_file_that_is_taken_away_refuses_at_once_and_serves_again_when_it_is_back() {
    let scene = Scene::new().await;
    fs::rename(scene.file("kayle.db"), scene.file("elsewhere.db")).expect("it is there");
    assert_eq!(scene.session_status().await, 503);
    eventually("the service is not ready", async || {
        (scene.ready_status().await == 503).then_some(())
    })
    .await;
    fs::rename(scene.file("elsewhere.db"), scene.file("kayle.db")).expect("it is there");
    assert_eq!(scene.session_status().await, 200);
    eventually("the service is ready", async || {
        (scene.ready_status().await == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_second_service_on_the_file_is_refused_and_commands_are_not() {
    let scene = Scene::new().await;
    let service = &scene.installation.service;
    let second = service.run(&["serve"]).await;
    let stderr = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success());
    assert!(stderr.contains("another `serve` runs on"), "{stderr}");
    let create = ["organization", "create", "--name", "Grace's Bank"];
    service.admin(&create).await;
}

#[tokio::test]
async fn a_killed_service_leaves_no_lock_behind() {
    let mut scene = Scene::new().await;
    scene.installation.service.kill().await;
    scene.installation.start_again().await;
    assert_eq!(scene.session_status().await, 200);
}

#[tokio::test]
async fn after_a_stop_the_file_alone_is_the_whole_database() {
    let mut scene = Scene::new().await;
    let customer = Customer::register(scene.installation.api(), Behaviour::good()).await;
    let delivery_id = scene.installation.deliver_success().await;
    scene
        .installation
        .delivery_in("succeeded", &delivery_id)
        .await;
    scene.installation.service.ask_to_stop();
    scene.installation.service.ended().await;

    for beside in ["kayle.db-wal", "kayle.db-shm"] {
        let _ = fs::remove_file(scene.file(beside));
    }
    scene.installation.start_again().await;
    let delivery = scene.installation.delivery(&delivery_id).await;
    assert_eq!(delivery["status"], "succeeded");
    assert_eq!(
        customer.requests(1).await.len(),
        1,
        "nothing goes out again"
    );
}

#[tokio::test]
async fn a_backup_of_a_running_service_is_whole_and_overwrites_nothing() {
    let scene = Scene::new().await;
    let _customer = Customer::register(scene.installation.api(), Behaviour::good()).await;
    let delivery_id = scene.installation.deliver_success().await;
    scene
        .installation
        .delivery_in("succeeded", &delivery_id)
        .await;
    let backup = scene.file("backup.db");
    let to = backup.to_str().expect("the name is a text");
    let service = &scene.installation.service;
    let made = service.admin(&["backup", "--to", to]).await;
    let found = fs::metadata(&backup).expect("it is there");
    assert_eq!(made["bytes"], found.len());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);

    let again = service.try_admin(&["backup", "--to", to]).await;
    let stderr = String::from_utf8_lossy(&again.stderr);
    assert!(!again.status.success());
    assert!(stderr.contains("is there already"), "{stderr}");
    let itself = scene.file("kayle.db");
    let itself = itself.to_str().expect("the name is a text");
    assert!(
        !service
            .try_admin(&["backup", "--to", itself])
            .await
            .status
            .success()
    );
    assert_eq!(scene.session_status().await, 200, "the service went on");

    fs::copy(scene.file("kayle.db.key"), scene.file("backup.db.key")).expect("it is there");
    let restored = Installation::start_on(Database::Sqlite(backup), &[]).await;
    let doctor = restored.service.admin(&["doctor"]).await;
    assert_eq!(doctor["whole"], true, "{doctor}");
}
