//! Requests to one host and port are bounded, whoever has endpoints there.

use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::json;

use crate::support::customer::register_key;
use crate::support::report::success;
use crate::support::{Customer, Installation, text};

const ENDPOINTS: usize = 3;
const SESSIONS: usize = 3;

#[tokio::test]
async fn a_slow_destination_holds_up_its_own_endpoints_and_nobody_else() {
    let at_once = 2;
    let settings = [("KAYLE_DESTINATION_CONCURRENCY", "2")];
    let installation = Installation::start(&settings).await;
    let held = Behaviour::always(Reaction::StatusOnRelease(204));
    let slow = Customer::register(installation.api(), held).await;
    for number in 1..ENDPOINTS {
        let api = installation.api();
        let endpoint = json!({ "url": slow.receiver.url(&format!("/{number}")) });
        let created = api.post("/v1/webhooks/endpoints", &endpoint).await.data();
        register_key(api, text(&created, "/endpoint/id"), &slow.key).await;
    }
    let quick = Customer::register(installation.api(), Behaviour::good()).await;
    for _ in 0..SESSIONS {
        let session_id = installation.session_id().await;
        installation.report(&session_id, &success()).await.data();
    }
    quick.requests(SESSIONS).await;
    for arrived in at_once..=ENDPOINTS * SESSIONS {
        assert_eq!(slow.requests(arrived).await.len(), arrived);
        slow.receiver.release();
    }
}
