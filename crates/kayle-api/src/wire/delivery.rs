//! Deliveries and their attempts (contract 2.6, D12).

use kayle_delivery::activity::ActivityRange;
use kayle_delivery::fanout::PassedOverReason;
use kayle_delivery::{
    AttemptFailure, AttemptStatus, ConnectionUse, DeliveryStatus, ExplanationCode, ProofVerdict,
    RetentionReason, Stage, StageState, TlsVersion,
};
use strum::IntoEnumIterator;

use super::{Shown, named};

pub(crate) type ShownActivityRange = Shown<ActivityRange>;
pub(crate) type ShownAttemptStatus = Shown<AttemptStatus>;
pub(crate) type ShownConnectionUse = Shown<ConnectionUse>;
pub(crate) type ShownDeliveryStatus = Shown<DeliveryStatus>;
pub(crate) type ShownExplanationCode = Shown<ExplanationCode>;
pub(crate) type ShownFailureReason = Shown<AttemptFailure>;
pub(crate) type ShownPassedOverReason = Shown<PassedOverReason>;
pub(crate) type ShownProofVerdict = Shown<ProofVerdict>;
pub(crate) type ShownStage = Shown<Stage>;
pub(crate) type ShownStageState = Shown<StageState>;
pub(crate) type ShownTlsVersion = Shown<TlsVersion>;
pub(crate) type ShownRetentionReason = Shown<RetentionReason>;

named! {
    ActivityRange;
    AttemptFailure;
    AttemptStatus;
    ConnectionUse;
    DeliveryStatus;
    ExplanationCode;
    PassedOverReason;
    ProofVerdict;
    RetentionReason;
    Stage;
    StageState;
    TlsVersion;
}
