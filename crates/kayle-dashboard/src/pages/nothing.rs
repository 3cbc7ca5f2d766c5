//! What no route has a page for.

use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::visit::Visit;

pub(crate) async fn show(_: Visit) -> Answer {
    Err(Refusal::NotFound)
}
