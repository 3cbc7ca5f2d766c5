//! Somebody sets the machine's clock under an embedded database. What waits goes on waiting as long
//! as it should, nothing is sent twice, and nothing that waits is erased.

use std::fs;
use std::path::PathBuf;

use kayle_testkit::receiver::{Behaviour, Reaction};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use xtask::faketime;

use crate::support::api::send;
use crate::support::database::Database;
use crate::support::{Customer, Installation, eventually};

/// Long enough for a clock to be set in it, and for every loop to turn.
const SCHEDULE: (&str, &str) = ("KAYLE_RETRY_SCHEDULE_SHORT", "0s,3s,3s");

#[tokio::test]
async fn a_clock_that_is_set_back_delays_no_attempt() {
    let machine = Machine::start().await;
    let behaviour = Behaviour::script([Reaction::Status(500)]);
    let customer = Customer::register(machine.api(), behaviour).await;
    machine.installation.deliver_success().await;
    customer.requests(1).await;
    machine.set_clock("-1h").await;
    customer.requests(2).await;
}

#[tokio::test]
async fn a_clock_that_is_set_forward_during_a_request_sends_nothing_twice() {
    let machine = Machine::start().await;
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(204)]);
    let customer = Customer::register(machine.api(), behaviour).await;
    let delivery_id = machine.installation.deliver_success().await;
    customer.requests(1).await;
    machine.set_clock("+2m").await;
    machine.every_loop_turns(&customer).await;
    customer.receiver.release();
    let delivery = machine
        .installation
        .delivery_in("succeeded", &delivery_id)
        .await;
    assert_eq!(delivery["attempt_count"], 1, "{delivery}");
}

#[tokio::test]
async fn a_clock_that_is_days_ahead_for_seconds_erases_nothing() {
    let machine = Machine::start().await;
    let behaviour = Behaviour::script([Reaction::Status(500)]);
    let customer = Customer::register(machine.api(), behaviour).await;
    let delivery_id = machine.installation.deliver_success().await;
    customer.requests(1).await;
    machine.enable(&customer, false).await;
    machine.set_clock("+10d").await;
    machine.every_loop_turns(&customer).await;
    machine.set_clock("+0").await;
    machine.every_loop_turns(&customer).await;
    machine.enable(&customer, true).await;
    machine
        .installation
        .delivery_in("succeeded", &delivery_id)
        .await;
}

/// A service on a machine whose clock is set by a file.
struct Machine {
    installation: Installation,
    clock: PathBuf,
    _folder: TempDir,
}

impl Machine {
    async fn start() -> Self {
        let library = faketime::library();
        let library = library.expect("`cargo xtask test` installs Debian's faketime");
        let folder = tempfile::tempdir().expect("the disk has room");
        let clock = folder.path().join("clock");
        fs::write(&clock, "+0").expect("the folder is there");
        let installation = Installation::start_on(
            Database::sqlite(folder.path()),
            &[
                SCHEDULE,
                ("LD_PRELOAD", kept(library)),
                ("FAKETIME_TIMESTAMP_FILE", kept(clock.clone())),
                ("FAKETIME_NO_CACHE", "1"),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ],
        )
        .await;
        Self {
            installation,
            clock,
            _folder: folder,
        }
    }

    fn api(&self) -> &crate::support::Api {
        self.installation.api()
    }

    /// Sets the clock this far from the true time, and waits until the service has seen it.
    async fn set_clock(&self, ahead: &str) {
        let steps = || self.installation.service.log().matches("step_ms").count();
        let before = steps();
        let next = self.clock.with_extension("next");
        fs::write(&next, ahead).expect("the folder is there");
        // The library may read it at any moment.
        fs::rename(&next, &self.clock).expect("both are in one folder");
        eventually("the service sees the clock", async || {
            (before < steps()).then_some(())
        })
        .await;
    }

    /// Waits until a neighbour's second attempt has come, three seconds after the first: leases are
    /// looked at each second, and payloads twice a second.
    async fn every_loop_turns(&self, but: &Customer) {
        let behaviour = Behaviour::script([Reaction::Status(500)]);
        let neighbour = Customer::register(self.api(), behaviour).await;
        let session = json!({ "webhook_endpoint_id": neighbour.endpoint_id });
        let session = self.installation.open_session(&session).await;
        let session_id = crate::support::text(&session, "/id").to_owned();
        let report = crate::support::report::success();
        self.installation.report(&session_id, &report).await.data();
        neighbour.requests(2).await;
        assert_eq!(but.receiver.received().len(), 1, "it waits");
    }

    async fn enable(&self, customer: &Customer, enabled: bool) {
        let path = format!("/v1/webhooks/endpoints/{}", customer.endpoint_id);
        let request = self.api().request(Method::PATCH, &path);
        let change = json!({ "enabled": enabled });
        send(request.json(&change)).await.data();
    }
}

/// A setting is kept for as long as the tests run.
fn kept(path: PathBuf) -> &'static str {
    let path = path.into_os_string().into_string();
    path.expect("paths here are plain text").leak()
}
