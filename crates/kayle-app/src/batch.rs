//! Work that is done for many at once: whoever comes while a batch is being written is in the next
//! one. There is no timer, so that who comes alone waits for nobody.
//!
//! Nothing runs in the background. Of those who wait, one leads: it takes all that wait as a
//! [`Batch`] and answers them; then another one leads. A leader may vanish at any moment, because
//! its caller hung up: what it has not answered goes back to the front of the line.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Notify, oneshot};

use crate::limits::BATCH_MAX;

/// Those who wait for an answer `A` to a request `R`.
pub(crate) struct Line<R, A>(Mutex<Queue<R, A>>);

struct Queue<R, A> {
    waiting: VecDeque<Waiting<R, A>>,
    /// The ticket of the one who leads, or was told to.
    leader: Option<u64>,
    tickets: u64,
}

struct Waiting<R, A> {
    ticket: u64,
    request: R,
    /// Whether it was taken before: then something may have come of it.
    was_taken: bool,
    /// How often another change came first.
    losses: u32,
    lead: Arc<Notify>,
    answer: oneshot::Sender<A>,
}

/// A place in the line. Dropping it gives it up.
pub(crate) struct Place<'a, R, A> {
    line: &'a Line<R, A>,
    ticket: u64,
    lead: Arc<Notify>,
    answer: oneshot::Receiver<A>,
}

/// What waiting has led to.
pub(crate) enum Turn<'a, R, A> {
    /// The request was answered.
    Answered(A),
    /// The caller leads: it answers these requests, its own among them, and then waits again.
    Leads(Batch<'a, R, A>),
}

/// Requests that are answered together. Dropping it puts back those without an answer, and passes
/// the lead on.
pub(crate) struct Batch<'a, R, A> {
    line: &'a Line<R, A>,
    taken: Vec<Option<Waiting<R, A>>>,
}

impl<R, A> Default for Line<R, A> {
    fn default() -> Self {
        Self(Mutex::new(Queue {
            waiting: VecDeque::new(),
            leader: None,
            tickets: 0,
        }))
    }
}

impl<R, A> Line<R, A> {
    /// Joins the line's end.
    pub(crate) fn join(&self, request: R) -> Place<'_, R, A> {
        let (sender, answer) = oneshot::channel();
        let lead = Arc::new(Notify::new());
        let mut queue = self.queue();
        queue.tickets += 1;
        let ticket = queue.tickets;
        queue.waiting.push_back(Waiting {
            ticket,
            request,
            was_taken: false,
            losses: 0,
            lead: Arc::clone(&lead),
            answer: sender,
        });
        if queue.leader.is_none() {
            queue.appoint_leader();
        }
        drop(queue);
        Place {
            line: self,
            ticket,
            lead,
            answer,
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue<R, A>> {
        self.0
            .lock()
            .expect("nothing panics while it holds the line")
    }

    fn take_batch(&self) -> Batch<'_, R, A> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(BATCH_MAX);
        let taken = queue.waiting.drain(..count);
        Batch {
            line: self,
            // Who has hung up wants nothing done.
            taken: taken
                .filter(|waiting| !waiting.answer.is_closed())
                .map(Some)
                .collect(),
        }
    }
}

impl<R, A> Queue<R, A> {
    /// Appoints the first caller who still listens as the leader; nobody if none does.
    fn appoint_leader(&mut self) {
        let mut waiting = self.waiting.iter();
        let leader = waiting.find(|waiting| !waiting.answer.is_closed());
        self.leader = leader.map(|leader| leader.ticket);
        if let Some(leader) = leader {
            leader.lead.notify_one();
        }
    }
}

impl<'a, R, A> Place<'a, R, A> {
    /// Waits for the answer, or for the turn to lead.
    pub(crate) async fn turn(&mut self) -> Turn<'a, R, A> {
        tokio::select! {
            biased;
            answer = &mut self.answer => Turn::Answered(
                answer.expect("a place in the line is kept until it has an answer")
            ),
            () = self.lead.notified() => Turn::Leads(self.line.take_batch()),
        }
    }
}

impl<R, A> Drop for Place<'_, R, A> {
    fn drop(&mut self) {
        // Closed first: it may not be appointed again.
        self.answer.close();
        let mut queue = self.line.queue();
        if queue.leader == Some(self.ticket) {
            queue.appoint_leader();
        }
    }
}

impl<R, A> Batch<'_, R, A> {
    /// Returns what has no answer yet, each with its number in the batch.
    pub(crate) fn requests(&self) -> impl Iterator<Item = (usize, &R)> {
        let taken = self.taken.iter().enumerate();
        taken.filter_map(|(number, waiting)| Some((number, &waiting.as_ref()?.request)))
    }

    /// Returns whether a request was taken before: then something may have come of it.
    pub(crate) fn was_taken(&self, number: usize) -> bool {
        let waiting = self.taken.get(number).and_then(Option::as_ref);
        waiting.is_some_and(|waiting| waiting.was_taken)
    }

    /// Notes that another change came first, and returns how often that has happened.
    pub(crate) fn note_loss(&mut self, number: usize) -> u32 {
        let waiting = self.taken.get_mut(number).and_then(Option::as_mut);
        waiting.map_or(0, |waiting| {
            waiting.losses += 1;
            waiting.losses
        })
    }

    /// Answers a request.
    pub(crate) fn answer(&mut self, number: usize, answer: A) {
        if let Some(waiting) = self.taken.get_mut(number).and_then(Option::take) {
            // Who has hung up meanwhile does not want to know.
            let _ = waiting.answer.send(answer);
        }
    }

    /// Answers all requests that have no answer yet.
    pub(crate) fn answer_all(&mut self, answer: impl Fn(&R) -> A) {
        for waiting in self.taken.iter_mut().filter_map(Option::take) {
            let answer = answer(&waiting.request);
            let _ = waiting.answer.send(answer);
        }
    }
}

impl<R, A> Drop for Batch<'_, R, A> {
    fn drop(&mut self) {
        let mut queue = self.line.queue();
        for mut waiting in self.taken.drain(..).rev().flatten() {
            waiting.was_taken = true;
            queue.waiting.push_front(waiting);
        }
        queue.appoint_leader();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    fn leads<'a>(place: &mut Place<'a, u32, u32>) -> Batch<'a, u32, u32> {
        match place.turn().now_or_never() {
            Some(Turn::Leads(batch)) => batch,
            Some(Turn::Answered(_)) | None => panic!("it does not lead"),
        }
    }

    fn answered(place: &mut Place<'_, u32, u32>) -> Option<u32> {
        match place.turn().now_or_never()? {
            Turn::Answered(answer) => Some(answer),
            Turn::Leads(_) => panic!("it leads"),
        }
    }

    fn double(batch: &mut Batch<'_, u32, u32>) {
        let requests: Vec<(usize, u32)> = batch.requests().map(|(n, r)| (n, *r)).collect();
        for (number, request) in requests {
            batch.answer(number, 2 * request);
        }
    }

    #[test]
    fn who_comes_alone_waits_for_nobody() {
        let line = Line::default();
        let mut place = line.join(4);
        double(&mut leads(&mut place));
        assert_eq!(answered(&mut place), Some(8));
    }

    #[test]
    fn who_comes_during_a_batch_is_in_the_next() {
        let line = Line::default();
        let [mut first, mut second] = [line.join(1), line.join(2)];
        let mut batch = leads(&mut first);
        let [mut third, mut fourth] = [line.join(3), line.join(4)];
        assert_eq!(batch.requests().count(), 2);
        assert!(third.turn().now_or_never().is_none());
        double(&mut batch);
        drop(batch);
        assert_eq!(answered(&mut first), Some(2));
        assert_eq!(answered(&mut second), Some(4));
        assert!(fourth.turn().now_or_never().is_none());
        double(&mut leads(&mut third));
        assert_eq!(answered(&mut third), Some(6));
        assert_eq!(answered(&mut fourth), Some(8));
    }

    #[test]
    fn what_a_vanished_leader_has_not_answered_is_answered_by_the_next() {
        let line = Line::default();
        let [mut first, mut second, mut third] = [line.join(1), line.join(2), line.join(3)];
        let mut batch = leads(&mut first);
        batch.answer(2, 6);
        drop(batch);
        drop(first);
        let mut batch = leads(&mut second);
        assert_eq!(batch.requests().map(|(_, r)| *r).collect::<Vec<_>>(), [2]);
        assert!(batch.was_taken(0));
        double(&mut batch);
        drop(batch);
        assert_eq!(answered(&mut second), Some(4));
        assert_eq!(answered(&mut third), Some(6));
    }

    #[test]
    fn an_appointed_leader_that_vanishes_is_replaced() {
        let line = Line::default();
        let [first, mut second] = [line.join(1), line.join(2)];
        drop(first);
        double(&mut leads(&mut second));
        assert_eq!(answered(&mut second), Some(4));
        // The line is empty, and takes new ones.
        let mut third = line.join(3);
        assert!(pin!(third.turn()).now_or_never().is_some());
    }

    #[test]
    fn a_batch_has_a_limit() {
        let line: Line<usize, usize> = Line::default();
        let mut places: Vec<_> = (0..=BATCH_MAX).map(|n| line.join(n)).collect();
        let Some(Turn::Leads(batch)) = places[0].turn().now_or_never() else {
            panic!("the first leads")
        };
        assert_eq!(batch.requests().count(), BATCH_MAX);
    }
}
