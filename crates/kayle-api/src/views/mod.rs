//! What is answered: the exact members of contract 2 and 4. Views go out and never come in.

mod activity;
mod api_key;
mod audit_row;
mod delivery;
mod done;
mod encryption_key;
mod endpoint;
mod envelope;
mod event;
mod key_challenge;
mod report;
mod retried_failed;
mod session;

pub(crate) use activity::ActivityView;
pub(crate) use api_key::{ApiKeyView, CreatedApiKeyView};
pub(crate) use audit_row::AuditRowView;
pub(crate) use delivery::{DeliverySummaryView, DeliveryView, DeliveryWithAttemptsView};
pub(crate) use done::DoneView;
pub(crate) use encryption_key::EncryptionKeyView;
pub(crate) use endpoint::{CreatedEndpointView, EndpointView, SigningSecretView};
pub(crate) use envelope::{ListView, OneView, Pagination};
pub(crate) use event::{EventView, EventWithPassedOverView};
pub(crate) use key_challenge::KeyChallengeView;
pub(crate) use report::ReportView;
pub(crate) use retried_failed::RetriedFailedView;
pub(crate) use session::{CreatedSessionView, SessionView};
