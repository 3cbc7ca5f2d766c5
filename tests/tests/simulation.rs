//! The laws of the simulation, over thousands of seeds; and that they bite.

use simulation::{Counts, Mutant, run, run_traced};

/// The seeds that every run of the tests goes through.
const SEEDS: u64 = 3_000;
/// How many seeds a law has to catch a mutant.
const SEEDS_FOR_A_MUTANT: u64 = 1_000;

#[test]
fn every_law_holds_for_every_seed() {
    let mut total = Counts::default();
    for seed in 0..SEEDS {
        let told = run(seed, None);
        if let Some(breach) = told.breach {
            panic!("seed {seed} breaks {breach}; see `cargo xtask sim --seed {seed}`");
        }
        total.add(told.counts);
    }
    // A simulation in which little happens proves little.
    assert!(20_000 < total.deliveries, "{total:?}");
    assert!(total.deliveries < 4 * total.succeeded, "{total:?}");
    assert!(total.deliveries < total.requests, "{total:?}");
    assert!(1_000 < total.suppressed, "{total:?}");
    assert!(1_000 < total.crashes, "{total:?}");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in 0..20 {
        let told = run_traced(seed, None);
        assert!(!told.trace.is_empty(), "seed {seed}");
        assert_eq!(told, run_traced(seed, None), "seed {seed}");
        assert_eq!(told.counts, run(seed, None).counts, "seed {seed}");
    }
    assert_ne!(run_traced(1, None).trace, run_traced(2, None).trace);
}

/// Names the law that first catches a mutant.
fn law_that_catches(mutant: Mutant) -> Option<&'static str> {
    let caught = (0..SEEDS_FOR_A_MUTANT).find_map(|seed| run(seed, Some(mutant)).breach);
    caught.map(|breach| breach.law)
}

/// Names the laws that a mutant breaks; which of them it breaks first is up to the seeds.
fn laws_broken_by(mutant: Mutant) -> &'static [&'static str] {
    match mutant {
        Mutant::SettlesWithoutLease => &["only_the_holder_writes_a_result"],
        Mutant::ForgetsTheSchedule | Mutant::ForgetsTheCount => &["the_schedule_is_kept"],
        Mutant::TakesSilenceForSuccess => &["a_result_is_what_came_back"],
        Mutant::SkipsTheScrub => &["no_payload_outlives_its_retention"],
        Mutant::FansOutTwice => &["one_delivery_for_each_event_and_endpoint"],
        Mutant::ClaimsWhatIsLeased => &["a_claim_takes_only_what_is_due"],
        Mutant::AlwaysStillHeld => &[
            "nothing_is_sent_after_a_withdrawal",
            "nothing_is_sent_once_it_is_scrubbed",
        ],
        Mutant::NeverTakesOver => &["everything_has_ended"],
        Mutant::SendsTwice => &["one_request_for_each_claim"],
        Mutant::KeepsWhatWasWithdrawn => &["nothing_is_sent_after_a_withdrawal"],
        Mutant::IgnoresRevisions => &[
            "nothing_is_sent_after_a_withdrawal",
            "one_terminal_webhook_for_each_session",
        ],
        Mutant::BreaksTheAuditChain => &["the_audit_chain_is_whole"],
        Mutant::LosesEvents => &[
            "one_terminal_webhook_for_each_session",
            "what_was_acknowledged_is_kept",
        ],
        Mutant::LeavesTheWaiting => &["what_waits_is_due_once_it_is_enabled"],
    }
}

#[test]
fn every_mutant_is_caught_by_a_law_it_breaks() {
    for mutant in Mutant::ALL {
        let caught = law_that_catches(mutant);
        let is_expected = caught.is_some_and(|law| laws_broken_by(mutant).contains(&law));
        assert!(is_expected, "{mutant:?} is caught by {caught:?}");
    }
}
