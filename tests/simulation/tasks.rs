//! Tasks, and whose turn it is.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Waker};

use kayle_primitives::Timestamp;

use crate::choices::Choices;

/// Whom a task dies with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The process of this number.
    Process(usize),
    /// The API's process, which answers a caller from outside.
    Api,
}

type Future = Pin<Box<dyn core::future::Future<Output = ()>>>;

struct Task {
    owner: Owner,
    future: Future,
    /// It has nothing to do before.
    parked_until: Option<Timestamp>,
}

/// The tasks that are alive.
#[derive(Default)]
pub(crate) struct Tasks {
    alive: RefCell<Vec<Task>>,
    spawned: RefCell<Vec<Task>>,
    parking: Cell<Option<Timestamp>>,
}

impl Tasks {
    pub(crate) fn spawn(
        &self,
        owner: Owner,
        future: impl core::future::Future<Output = ()> + 'static,
    ) {
        self.spawned.borrow_mut().push(Task {
            owner,
            future: Box::pin(future),
            parked_until: None,
        });
    }

    /// Says that the task whose turn it is has nothing to do before `at`.
    pub(crate) fn park(&self, at: Timestamp) {
        self.parking.set(Some(at));
    }

    /// Drops every task of an owner where it stands.
    pub(crate) fn end(&self, owner: Owner) {
        self.alive.borrow_mut().retain(|task| task.owner != owner);
        self.spawned.borrow_mut().retain(|task| task.owner != owner);
    }

    /// Returns one of the tasks that have something to do its turn; tells whether there was one.
    pub(crate) fn turn(&self, choices: &Choices, now: Timestamp) -> bool {
        let mut alive = self.alive.borrow_mut();
        alive.append(&mut self.spawned.borrow_mut());
        let ready: Vec<usize> = alive
            .iter()
            .enumerate()
            .filter(|(_, task)| task.parked_until.is_none_or(|at| at <= now))
            .map(|(index, _)| index)
            .collect();
        let Some(&index) = choices.pick(&ready) else {
            return false;
        };
        self.parking.set(None);
        let mut context = Context::from_waker(Waker::noop());
        let polled = alive[index].future.as_mut().poll(&mut context);
        if polled.is_ready() {
            alive.remove(index);
        } else {
            alive[index].parked_until = self.parking.take();
        }
        true
    }

    /// Returns when the first of the parked tasks of this kind has something to do.
    pub(crate) fn first_parked(&self, after: Timestamp) -> Option<Timestamp> {
        let alive = self.alive.borrow();
        let parked = alive.iter().filter_map(|task| task.parked_until);
        parked.filter(|at| after < *at).min()
    }
}
