//! The store's conformance suite: what every implementation of `Store` and `DeliveryQueue` does.
//!
//! Each case is a function of an empty [`TestStore`]; [`store_conformance!`] makes a test of each
//! for one implementation, which then has to say no more than how an empty store comes to be:
//!
//! ```
//! use std::future::ready;
//! use std::sync::Arc;
//!
//! use kayle_testkit::conformance::TestStore;
//! use kayle_testkit::store::MemoryStore;
//!
//! kayle_testkit::store_conformance!(ready(empty_store()));
//!
//! fn empty_store() -> TestStore {
//!     let store = Arc::new(MemoryStore::default());
//!     TestStore::new(store.clone(), store)
//! }
//! ```
//!
//! A store on disk names an `async fn` that makes a folder, migrates a database in it and hands
//! the folder over: `store_conformance!(sqlite_store())`, which ends in
//! `TestStore::new(store.clone(), store).keeping(folder)`. Every test calls it anew. The crate
//! needs tokio with `macros` and `rt`.
//!
//! A new case is a function here and its name in the macro's list; a test of this crate finds the
//! ones that were left out.
//!
//! [`store_conformance!`]: crate::store_conformance

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use std::any::Any;
use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use kayle_app::ports::queue::{ClaimRequest, Claimed, DeliveryQueue, Room};
use kayle_app::ports::store::{Reads, Store, StoreError};
use kayle_crypto::Sealed;
use kayle_delivery::{Delivery, DeliveryState, Lease, LeaseHolder};
use kayle_endpoints::Endpoint;
use kayle_primitives::{Organization, Timestamp};

use crate::builders::Builders;
use crate::seed::{Seed, Subscriber};

pub mod activity;
pub mod api_keys;
pub mod audit;
pub mod claims;
pub mod deleted_endpoints;
pub mod deliveries;
pub mod encryption_keys;
pub mod endpoints;
pub mod events;
pub mod held;
pub mod leases;
pub mod organizations;
mod pages;
pub mod purge;
pub mod secret_keys;
pub mod service_tokens;
pub mod sessions;
pub mod settlements;
pub mod sign_in;
pub mod transactions;

/// What a case comes to; what the store must not do, it panics about.
pub type Outcome = Result<(), StoreError>;

/// An empty store, and what a case needs to fill it.
pub struct TestStore {
    /// What is tested.
    pub store: Arc<dyn Store>,
    /// The same as the dispatcher sees it.
    pub queue: Arc<dyn DeliveryQueue>,
    /// Fills it.
    pub seed: Seed,
    _kept: Option<Box<dyn Any>>,
}

impl TestStore {
    /// Takes both sides of an empty store.
    pub fn new(store: Arc<dyn Store>, queue: Arc<dyn DeliveryQueue>) -> Self {
        let seed = Seed {
            make: Builders::default(),
            store: Arc::clone(&store),
        };
        Self {
            store,
            queue,
            seed,
            _kept: None,
        }
    }

    /// Keeps something alive as long as the store, such as its folder.
    #[must_use]
    pub fn keeping(self, kept: impl Any) -> Self {
        Self {
            _kept: Some(Box::new(kept)),
            ..self
        }
    }

    fn reads(&self) -> &dyn Reads {
        self.store.reads()
    }

    fn now(&self) -> Timestamp {
        self.seed.make.now()
    }

    /// Claims for this holder, with room for a hundred per endpoint; the lease lasts a minute.
    async fn claim(&self, holder: &str, limit: usize) -> Result<Vec<Claimed>, StoreError> {
        self.queue.claim_due(&self.request(holder, limit)).await
    }

    fn request(&self, holder: &str, limit: usize) -> ClaimRequest {
        ClaimRequest {
            now: self.now(),
            lease: Lease {
                holder: LeaseHolder(holder.to_owned()),
                until: self.now().plus(Duration::from_mins(1)),
            },
            room: Room {
                total: limit,
                per_endpoint: 100,
                busy_endpoints: BTreeMap::new(),
                per_destination: 1000,
                busy_destinations: BTreeMap::new(),
            },
        }
    }

    /// Stores an organization with one subscriber.
    async fn subscriber(&self) -> Subscriber {
        let organization = self.seed.organization().await;
        self.seed.subscriber(&organization).await
    }

    /// Stores a disabled endpoint with an active key.
    async fn disabled_subscriber(&self, organization: &Organization) -> Subscriber {
        let endpoint = Endpoint {
            disabled_at: Some(self.now()),
            ..self.seed.make.endpoint(organization)
        };
        self.seed.endpoint(&endpoint).await;
        let key = self.seed.make.encryption_key(&endpoint);
        self.seed.key(&key).await;
        Subscriber {
            organization: organization.clone(),
            endpoint,
            key,
        }
    }

    /// Stores a delivery that is due at `due_at`.
    async fn due(
        &self,
        subscriber: &Subscriber,
        due_at: Timestamp,
    ) -> Result<Delivery, StoreError> {
        let delivery = self.seed.delivery(subscriber).await;
        let state = DeliveryState::Pending { due_at };
        self.save(Delivery { state, ..delivery }).await
    }

    /// Stores a delivery that is held.
    async fn held(&self, subscriber: &Subscriber) -> Result<Delivery, StoreError> {
        let delivery = self.seed.delivery(subscriber).await;
        let state = DeliveryState::Held { due_at: self.now() };
        self.save(Delivery { state, ..delivery }).await
    }

    /// Locks and saves one delivery, and gives it back.
    async fn save(&self, delivery: Delivery) -> Result<Delivery, StoreError> {
        let mut tx = self.store.begin().await?;
        tx.lock_delivery(delivery.organization_id, &delivery.id)
            .await?;
        tx.save_deliveries(slice::from_ref(&delivery)).await?;
        tx.commit().await?;
        Ok(delivery)
    }

    /// Returns the delivery as it is stored.
    async fn stored(&self, delivery: &Delivery) -> Result<Delivery, StoreError> {
        let found = self
            .reads()
            .find_delivery(delivery.organization_id, &delivery.id)
            .await?;
        Ok(found.expect("the delivery is stored"))
    }

    /// Returns the endpoint as its organization finds it.
    async fn found(&self, endpoint: &Endpoint) -> Result<Option<Endpoint>, StoreError> {
        self.reads()
            .find_endpoint(endpoint.organization_id, &endpoint.id)
            .await
    }

    /// Returns the endpoint's sealed secret as its organization finds it.
    async fn secret(&self, endpoint: &Endpoint) -> Result<Option<Sealed>, StoreError> {
        self.reads()
            .find_signing_secret(endpoint.organization_id, &endpoint.id)
            .await
    }

    /// Freezes the organization, or thaws it.
    async fn set_frozen(&self, organization: &Organization, frozen: bool) -> Outcome {
        let since = frozen.then(|| self.now());
        let mut tx = self.store.begin().await?;
        assert!(tx.set_pending_deletion(organization.id, since).await?);
        tx.commit().await
    }
}

/// Asserts that a change was refused because another came first.
fn assert_conflict<T>(refused: Result<T, StoreError>) {
    assert!(matches!(refused.err(), Some(StoreError::Conflict)));
}

/// Makes a test of every case of the suite; takes an expression that is a future of an empty
/// [`TestStore`](crate::conformance::TestStore).
#[macro_export]
macro_rules! store_conformance {
    ($empty_store:expr) => {
        $crate::store_conformance! { @of $empty_store;
            transactions: a_dropped_transaction_is_undone,
                an_open_transaction_sees_its_changes_and_nobody_else_does,
                a_node_checks_in_again_and_again;
            organizations: an_organization_is_found_as_it_was_stored,
                an_id_is_taken_once,
                the_newest_organization_is_found,
                a_pending_deletion_is_set_and_cleared;
            sign_in: a_sign_in_link_is_found_by_any_of_its_hashes,
                a_sign_in_link_is_used_once,
                an_expired_sign_in_link_leads_nowhere_and_is_forgotten;
            api_keys: a_key_is_found_with_its_owner_by_any_of_its_hashes,
                a_disabled_key_of_a_frozen_organization_is_found_as_it_is,
                a_keys_notes_and_count_are_stored,
                api_keys_are_listed_by_id,
                the_keys_of_an_organization_are_counted_as_far_as_asked,
                a_saved_key_is_stored_whole_but_for_its_count,
                a_deleted_key_is_gone,
                a_foreign_api_key_is_a_missing_one,
                requests_are_added_up_and_change_nothing_else,
                a_key_is_hashed_anew_unless_it_was_meanwhile;
            secret_keys: what_is_kept_is_counted_by_its_secret_key,
                a_secret_is_sealed_anew_unless_it_was_replaced,
                a_retired_key_is_kept_sealed_anew_and_deleted;
            service_tokens: service_tokens_are_kept_and_their_use_is_noted,
                a_service_token_is_revoked_once_whether_it_is_known_or_not,
                service_tokens_that_ended_are_forgotten;
            audit: an_audit_row_is_read_as_it_was_written,
                a_fresh_chain_begins_and_ends_nowhere,
                a_chain_may_be_nobodys,
                an_inserted_row_is_the_head_of_its_chain,
                a_place_in_a_chain_is_taken_once,
                all_organizations_are_named_by_id,
                audit_rows_are_listed_newest_first,
                audit_rows_are_read_in_the_chains_order,
                a_purge_of_a_chain_moves_its_anchor,
                a_purge_stops_at_the_first_row_that_is_young,
                a_wholly_purged_chain_goes_on_where_it_ended,
                organizations_whose_chain_begins_early_are_named;
            endpoints: an_endpoint_is_found_as_it_was_stored,
                a_foreign_endpoint_is_a_missing_one,
                endpoints_are_listed_newest_first,
                endpoints_are_counted_as_far_as_asked_and_without_the_deleted_ones,
                endpoints_are_filtered_by_whether_they_are_enabled,
                endpoints_come_with_their_active_key,
                a_saved_endpoint_is_stored_whole_and_keeps_its_secret,
                a_replaced_signing_secret_is_the_only_one,
                a_foreign_endpoint_is_neither_locked_nor_saved;
            deleted_endpoints: a_deleted_endpoint_is_a_missing_one,
                a_list_goes_on_after_an_endpoint_that_was_deleted,
                a_deleted_endpoint_cannot_be_changed,
                keys_of_a_deleted_endpoint_are_missing,
                deliveries_of_a_deleted_endpoint_stay_listed,
                a_claim_for_a_deleted_endpoint_brings_none,
                an_expired_lease_for_a_deleted_endpoint_brings_the_defaults,
                held_deliveries_of_a_deleted_endpoint_are_not_resumed;
            encryption_keys: a_registered_key_replaces_the_active_one,
                keys_registered_at_once_leave_one_active,
                a_key_of_a_missing_endpoint_is_not_written,
                keys_are_listed_by_id,
                a_key_is_found_at_its_endpoint_only,
                the_endpoints_that_can_encrypt_are_told,
                the_latest_registrations_are_told_newest_first,
                keys_of_a_foreign_endpoint_are_not_listed,
                a_deactivated_key_is_disabled_from_then_on,
                a_reactivated_key_replaces_the_active_one,
                a_key_is_reactivated_where_none_is_active,
                keys_reactivated_at_once_leave_one_active,
                a_foreign_key_is_a_missing_one,
                a_key_that_is_registered_inactive_replaces_none,
                a_challenge_is_kept_until_another_or_none_takes_its_place,
                a_proof_is_stored_with_its_moment,
                stored_payloads_are_counted_by_key_as_far_as_asked;
            sessions: a_session_is_found_as_it_was_stored,
                every_state_of_a_session_is_stored,
                a_foreign_session_is_missing_except_for_the_intake,
                only_the_next_revision_is_saved,
                sessions_that_have_not_ended_are_counted_as_far_as_asked,
                steps_are_written_together_but_for_those_that_come_too_late,
                of_two_savers_of_one_revision_one_wins,
                an_attempt_is_found_as_it_was_stored,
                an_attempt_id_is_taken_once,
                what_an_attempt_caused_is_given_in_order,
                sessions_are_listed_by_id,
                sessions_are_filtered,
                overdue_sessions_come_the_longest_overdue_first;
            events: an_event_is_found_with_its_deliveries,
                the_types_of_an_organizations_events_are_found,
                an_event_remembers_whom_it_passed_over,
                tests_are_stored_side_by_side_and_listed_only_if_asked_for,
                events_and_deliveries_are_found_by_their_session,
                every_type_of_event_is_stored,
                a_foreign_event_is_a_missing_one,
                events_are_listed_newest_first,
                events_are_filtered;
            deliveries: a_delivery_is_found_as_it_was_stored,
                a_stillborn_delivery_is_stored_with_its_attempt,
                a_foreign_delivery_is_a_missing_one,
                deliveries_are_listed_newest_first,
                the_latest_deliveries_of_endpoints_are_read_at_once,
                deliveries_are_filtered,
                what_failed_is_counted_and_walked_by_its_last_attempt,
                what_failed_is_filtered,
                the_deliveries_due_before_another_are_counted,
                the_deliveries_of_an_event_are_locked_by_id,
                expired_payloads_are_locked_the_longest_over_first,
                saved_deliveries_are_stored_whole,
                the_bytes_of_a_scrubbed_payload_are_deleted,
                the_deliveries_of_a_session_are_locked_with_their_types,
                deliveries_of_every_event_type_are_locked_with_their_session,
                an_expired_sessions_deliveries_are_locked_once,
                what_is_dropped_with_an_endpoint_is_what_the_step_drops,
                the_bytes_of_a_dropped_delivery_are_deleted;
            held: held_deliveries_of_an_endpoint_are_resumed,
                what_waits_for_its_time_at_an_endpoint_is_resumed,
                a_frozen_organization_keeps_its_deliveries_held,
                a_thawed_organization_resumes_its_enabled_endpoints_only,
                a_foreign_endpoint_resumes_nothing,
                held_deliveries_are_listed_as_pending_and_not_claimed;
            claims: a_claim_does_what_the_step_does,
                a_claim_brings_all_that_an_attempt_needs,
                the_longest_due_are_claimed_first,
                what_is_not_due_is_not_claimed,
                what_has_expired_is_not_claimed,
                what_is_claimed_is_not_claimed_again,
                two_claims_at_once_share_what_is_due,
                an_endpoint_gets_no_more_than_its_room,
                a_busy_endpoint_gets_less_room,
                a_busy_endpoint_does_not_stop_the_others,
                what_waits_behind_a_long_backlog_is_claimed,
                a_destination_gets_no_more_than_its_room,
                what_waits_behind_a_full_destination_is_claimed,
                a_claim_of_a_frozen_organization_says_so,
                a_claim_of_a_suppressed_session_says_so,
                a_claim_for_a_disabled_endpoint_shows_it;
            leases: a_holder_sees_what_it_still_holds,
                expired_leases_come_the_longest_expired_first,
                an_expired_lease_brings_its_endpoints_policy,
            policies_are_those_of_the_endpoints_as_they_are,
                the_next_due_time_is_that_of_the_first_pending_delivery;
            settlements: a_settlement_is_written_with_its_attempt,
                a_failed_attempt_leaves_the_payload_to_be_claimed_again,
                a_settlement_by_another_holder_is_lost,
                a_settlement_after_a_withdrawal_is_lost,
                of_two_settlements_of_a_delivery_its_holders_is_written,
                settlements_are_answered_in_their_order,
                attempts_are_given_in_the_order_they_were_made,
                a_released_delivery_is_due_again_and_records_no_attempt,
                a_hold_for_a_disabled_endpoint_is_written,
                a_hold_for_a_frozen_organization_is_written,
                a_hold_that_nobody_would_release_becomes_pending;
            activity: activity_is_read_as_it_was_written_last,
                activity_is_read_in_its_span_and_of_its_organization_only,
                activity_is_added_up_by_the_hour,
                the_oldest_activity_is_taken_first_and_once,
                activity_is_locked_by_its_key,
                what_waits_is_counted_as_far_as_asked;
            purge: old_events_are_purged_with_their_deliveries,
                an_event_stays_as_long_as_a_payload_is_stored,
                events_are_purged_the_oldest_first,
                ended_sessions_are_purged_with_their_attempts,
                events_outlive_their_purged_session,
                sessions_are_purged_the_first_ended_first,
                ended_sessions_lose_their_redirect_url;
        }
    };
    (@of $empty_store:expr; $($subject:ident: $($case:ident),+;)+) => {
        $($(
            #[tokio::test]
            async fn $case() -> $crate::conformance::Outcome {
                $crate::conformance::$subject::$case(&$empty_store.await).await
            }
        )+)+
    };
}
