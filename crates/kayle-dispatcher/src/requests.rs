//! What is on its way: requests by task, and how many per endpoint.

use std::collections::{BTreeMap, HashMap};

use kayle_app::dispatch::{Finished, Room};
use kayle_primitives::EndpointId;
use tokio::task::{Id, JoinError, JoinSet};

use crate::limits::Limits;

/// The requests under way. Each is a task; a task that panics is forgotten here, and its delivery
/// goes on when its lease runs out.
pub(crate) struct Requests {
    limits: Limits,
    tasks: JoinSet<Finished>,
    endpoints: HashMap<Id, EndpointId>,
    per_endpoint: BTreeMap<EndpointId, usize>,
}

impl Requests {
    /// Creates it with nothing under way.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            tasks: JoinSet::new(),
            endpoints: HashMap::new(),
            per_endpoint: BTreeMap::new(),
        }
    }

    /// Returns what there is room for; `unsettled` requests are over but still count.
    pub(crate) fn room(&self, unsettled: usize) -> Room {
        Room {
            total: self
                .limits
                .in_flight_max
                .saturating_sub(self.tasks.len() + unsettled),
            per_endpoint: self.limits.in_flight_per_endpoint_max,
            busy_endpoints: self
                .per_endpoint
                .iter()
                .map(|(id, count)| {
                    (
                        id.clone(),
                        self.limits
                            .in_flight_per_endpoint_max
                            .saturating_sub(*count),
                    )
                })
                .collect(),
        }
    }

    /// Returns whether some endpoint has no room left.
    pub(crate) fn saturate_an_endpoint(&self) -> bool {
        self.per_endpoint
            .values()
            .any(|count| self.limits.in_flight_per_endpoint_max <= *count)
    }

    /// Starts a request.
    pub(crate) fn start(
        &mut self,
        endpoint_id: EndpointId,
        request: impl Future<Output = Finished> + Send + 'static,
    ) {
        *self.per_endpoint.entry(endpoint_id.clone()).or_default() += 1;
        let task = self.tasks.spawn(request);
        self.endpoints.insert(task.id(), endpoint_id);
    }

    /// Returns whether nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Waits for a request to end; forever if none is under way. `None` means that a task died.
    pub(crate) async fn next(&mut self) -> Option<Finished> {
        match self.tasks.join_next_with_id().await {
            Some(joined) => self.note_end(joined),
            None => std::future::pending().await,
        }
    }

    /// Returns a request that has ended already.
    pub(crate) fn try_next(&mut self) -> Option<Finished> {
        let joined = self.tasks.try_join_next_with_id()?;
        self.note_end(joined)
    }

    fn note_end(&mut self, joined: Result<(Id, Finished), JoinError>) -> Option<Finished> {
        let (id, finished) = match joined {
            Ok((id, finished)) => (id, Some(finished)),
            Err(error) => {
                // The panic's message may quote what was sent, so it is not logged here.
                tracing::error!("a request's task died; its delivery goes on after its lease");
                (error.id(), None)
            }
        };
        if let Some(endpoint_id) = self.endpoints.remove(&id)
            && let Some(count) = self.per_endpoint.get_mut(&endpoint_id)
        {
            *count -= 1;
            if *count == 0 {
                self.per_endpoint.remove(&endpoint_id);
            }
        }
        finished
    }
}
