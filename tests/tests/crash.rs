//! What was accepted survives the end of the process, whenever it comes.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use kayle_testkit::receiver::Behaviour;
use serde_json::Value;

use crate::support::report::{attempts_path, numbered, success};
use crate::support::{Customer, Installation, eventually, text};

const SESSIONS: usize = 300;
const CALLERS: usize = 16;

/// So many have arrived when the process is killed: it is in the middle of everything.
const ARRIVED_BEFORE_THE_END: usize = 60;

/// A lease of the killed process runs out soon, and the schedule goes on at once. It is long enough
/// for a machine so busy that some attempts time out.
const SETTINGS: [(&str, &str); 4] = [
    ("KAYLE_DELIVERY_TIMEOUT", "1s"),
    ("KAYLE_DELIVERY_LEASE", "2s"),
    ("KAYLE_SWEEP_INTERVAL", "250ms"),
    (
        "KAYLE_RETRY_SCHEDULE_SHORT",
        "0s,100ms,100ms,200ms,500ms,1s,1s,2s,2s,2s",
    ),
];

/// The intake's answers by session.
type Answers = BTreeMap<String, Value>;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_accepted_is_lost_when_the_process_is_killed() {
    let mut installation = Installation::start(&SETTINGS).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let sessions = opened_sessions(&installation).await;

    let accepted = reports_until_the_end(&mut installation, &customer, &sessions).await;
    assert!(accepted.len() >= ARRIVED_BEFORE_THE_END);
    assert!(accepted.len() < SESSIONS, "the process outlived the load");
    installation.start_again().await;

    // A report without an answer may be on disk or not; its caller says it again.
    let answers = repeated_reports(&installation, &sessions).await;
    for (session_id, first) in &accepted {
        assert_eq!(
            &answers[session_id], first,
            "the first answer is given again"
        );
    }
    let deliveries = eventually("every delivery has succeeded", async || {
        let deliveries = installation.api().list("/v1/webhooks/deliveries").await;
        let succeeded = |delivery: &Value| delivery["status"] == "succeeded";
        deliveries.iter().all(succeeded).then_some(deliveries)
    })
    .await;
    assert_eq!(deliveries.len(), SESSIONS);
    assert_eq!(
        installation.api().list("/v1/webhooks/events").await.len(),
        SESSIONS
    );

    // Each arrived at least once: by delivery, and by what was inside.
    let requests = customer.receiver.received();
    let header = |name| {
        requests
            .iter()
            .map(move |request| request.header(name).unwrap())
    };
    let arrived: BTreeSet<_> = header("x-kayle-delivery-id").collect();
    let promised: BTreeSet<_> = answers
        .values()
        .map(|answer| text(answer, "/deliveries/0"))
        .collect();
    assert_eq!(arrived, promised);
    let opened = requests.iter().map(|request| customer.open(request));
    let seen: BTreeSet<_> = opened
        .map(|event| text(&event, "/metadata/verification_session_id").to_owned())
        .collect();
    assert_eq!(seen, sessions.into_iter().collect());
}

async fn opened_sessions(installation: &Installation) -> Vec<String> {
    stream::iter(0..SESSIONS)
        .map(|_| installation.session_id())
        .buffer_unordered(CALLERS)
        .collect()
        .await
}

/// Reports successes until the process is killed under the load, and gives what was accepted.
async fn reports_until_the_end(
    installation: &mut Installation,
    customer: &Customer,
    sessions: &[String],
) -> Answers {
    let intake = installation.intake.clone();
    let reporting = stream::iter(sessions.iter().enumerate())
        .map(|(number, session_id)| {
            let intake = intake.clone();
            async move {
                let report = numbered(success(), number);
                let answer = intake.try_post(&attempts_path(session_id), &report).await;
                Some((session_id.clone(), answer.ok()?.data()))
            }
        })
        .buffer_unordered(CALLERS)
        .filter_map(async |accepted| accepted)
        .collect::<Answers>();
    let ending = async {
        customer.requests(ARRIVED_BEFORE_THE_END).await;
        installation.service.kill().await;
    };
    futures_util::future::join(reporting, ending).await.0
}

async fn repeated_reports(installation: &Installation, sessions: &[String]) -> Answers {
    stream::iter(sessions.iter().enumerate())
        .map(|(number, session_id)| async move {
            let report = numbered(success(), number);
            let answer = installation.report(session_id, &report).await;
            (session_id.clone(), answer.data())
        })
        .buffer_unordered(CALLERS)
        .collect()
        .await
}
