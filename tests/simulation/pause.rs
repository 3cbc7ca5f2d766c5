//! How a task of the simulation gives others their turn.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Is pending once, and then ready.
#[derive(Default)]
pub(crate) struct Pause {
    is_over: bool,
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.is_over {
            return Poll::Ready(());
        }
        self.is_over = true;
        Poll::Pending
    }
}
