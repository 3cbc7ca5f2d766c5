//! What no crate can prove alone: the built binary over real HTTP, as customers, Kayle's own
//! services and operators meet it. The oracle is the contract.
//!
//! The cast: [`support`] starts the service and plays everyone around it; every other module is
//! one promise of the service. `cargo xtask test` builds the binary and installs the libraries of
//! the receivers out of the documentation; without it, tests that need them say so.

mod activity;
mod addresses;
mod alerts;
mod audit_log;
mod both_generations;
mod browser;
mod clock;
mod commands;
mod configuration;
mod customers_command;
mod damage;
mod dashboard;
mod database_changes;
mod database_tls;
mod destinations;
mod documented_receivers;
mod embedded;
mod erased;
mod events;
mod fan_out;
mod faults;
mod freezing;
mod holding;
mod idempotency;
mod key_proofs;
mod layers;
mod leaks;
mod load;
mod main_job;
mod metrics;
mod mid_flight;
mod moving;
mod nonsense;
mod openapi;
mod packages;
mod permissions;
mod pooler;
mod receiver_in_rust;
mod receiver_libraries;
mod receiver_vectors;
mod restore;
mod retries;
mod roles;
mod service_tokens;
mod shutdown;
mod simulation;
mod strangers;
mod support;
mod tenants;
mod test_deliveries;
mod threat_model;
mod withdrawal;
