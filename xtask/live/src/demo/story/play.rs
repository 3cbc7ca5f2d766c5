//! After the show: the service stays up to be played with.

use std::time::Duration;

use super::verification::{Claims, Verification};
use super::{Cast, dashboard};
use crate::demo::screen::Screen;
use crate::service::Service;

/// A session that asks for nothing but what every session asks for.
const IRENE: Claims = &[("kayle_document_id", "doc-0a6b52d1f3e84c97")];

/// Says how to play, then shows what arrives at the customer's server until it is stopped.
pub(in crate::demo) async fn play_on(
    screen: &mut Screen,
    service: &Service,
    cast: &Cast,
) -> anyhow::Result<()> {
    let _failing = dashboard::tell(screen, service, cast).await?;
    let verification = Verification::open(cast, IRENE, &cast.customer.endpoint_id).await?;
    screen.step("Your turn: the service stays up until Ctrl-C");
    screen.line("service", service.url());
    screen.line("customer's server", &cast.customer.url);
    screen.line("API key", &cast.api_key);
    screen.line("service token", &cast.service_token);
    screen.line("signing secret", &cast.customer.signing_secret);
    screen.note("\nreport that an open session failed, and see the event arrive here:");
    println!(
        "curl {}{} -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' \
         -d '{{\"outcome\":\"failed\",\"failure_code\":\"document_anti_cloning_attestation_failed\"}}'",
        service.url(),
        verification.attempts_path(),
        cast.service_token
    );
    screen.note("\nlist the deliveries:");
    println!(
        "curl {}/v1/webhooks/deliveries -H 'Authorization: Bearer {}'",
        service.url(),
        cast.api_key
    );
    show_arrivals(screen, cast).await
}

async fn show_arrivals(screen: &Screen, cast: &Cast) -> anyhow::Result<()> {
    let mut shown = cast.customer.receiver.received().len();
    loop {
        let receiver = &cast.customer.receiver;
        let requests = receiver.wait_for(shown + 1, Duration::MAX).await?;
        for request in &requests[shown..] {
            screen.note(&format!("\narrived at {}:", request.received_at));
            match cast.customer.open(request) {
                Ok(opened) => screen.quote(&serde_json::to_string_pretty(&opened.event)?),
                Err(refusal) => screen.quote(&format!("refused: {refusal}")),
            }
        }
        shown = requests.len();
    }
}
