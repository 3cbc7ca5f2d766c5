//! Deliberately broken ports: what the laws must notice.

/// One way to break the service, in a decorator around its ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Results are written for whoever holds the lease by then.
    SettlesWithoutLease,
    /// A delivery that failed is due again at once.
    ForgetsTheSchedule,
    /// A delivery that failed starts its schedule from the beginning.
    ForgetsTheCount,
    /// No answer is taken for a yes.
    TakesSilenceForSuccess,
    /// Payloads stay when their retention is over.
    SkipsTheScrub,
    /// Fan-out makes every delivery twice.
    FansOutTwice,
    /// A claim takes what another dispatcher holds.
    ClaimsWhatIsLeased,
    /// The last look before a request always says that the lease is held.
    AlwaysStillHeld,
    /// Nobody takes over the leases of a dispatcher that is gone.
    NeverTakesOver,
    /// The sender repeats a request that had no answer.
    SendsTwice,
    /// A withdrawal leaves the payloads, and nobody looks at the session afterwards.
    KeepsWhatWasWithdrawn,
    /// Two changes of one session at once are both written.
    IgnoresRevisions,
    /// A change is written without its line in the audit log's chain.
    BreaksTheAuditChain,
    /// What was acknowledged is not written.
    LosesEvents,
    /// Enabling an endpoint or an organization leaves what waits as it was.
    LeavesTheWaiting,
}

impl Mutant {
    /// Every mutant.
    pub const ALL: [Self; 15] = [
        Self::SettlesWithoutLease,
        Self::ForgetsTheSchedule,
        Self::ForgetsTheCount,
        Self::TakesSilenceForSuccess,
        Self::SkipsTheScrub,
        Self::FansOutTwice,
        Self::ClaimsWhatIsLeased,
        Self::AlwaysStillHeld,
        Self::NeverTakesOver,
        Self::SendsTwice,
        Self::KeepsWhatWasWithdrawn,
        Self::IgnoresRevisions,
        Self::BreaksTheAuditChain,
        Self::LosesEvents,
        Self::LeavesTheWaiting,
    ];
}
