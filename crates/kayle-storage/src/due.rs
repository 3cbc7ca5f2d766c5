//! What a claim takes: the longest due first, within the room at each endpoint and each destination.
//!
//! As long as all have room, or little is due, a claim walks the due index in its order
//! and passes over endpoints without room. Behind a long backlog that would mean walking past most
//! of it to find what others wait for; there it asks which endpoints have something due, and takes
//! each one's in turn.

use std::collections::{BTreeMap, HashSet};

use kayle_app::ports::queue::{ClaimRequest, Room};
use kayle_app::ports::store::StoreError;
use kayle_primitives::Timestamp;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::backend::dialect::DueScan;
use crate::entities::values::at;
use crate::error::store_error;
use crate::readable::as_u64;
use crate::store::SqlTx;

/// So many due deliveries are walked past at most, at half a microsecond each.
pub(crate) const WALKED_PAST_MAX: u64 = 1_000;

impl SqlTx {
    /// Chooses what a claim takes besides what it has, in the order they are due.
    ///
    /// Goes on until the request is filled or nothing else is due. Each further round passes over
    /// at least one more endpoint, so there are at most as many as endpoints with a backlog.
    pub(crate) async fn choose(&self, choice: &mut Choice<'_>) -> Result<Vec<Chosen>, StoreError> {
        let chosen_before = choice.chosen.len();
        while 0 < choice.wanted() && !choice.is_over {
            let excluded = choice.room.endpoints.exhausted();
            let full = choice.room.destinations.exhausted();
            let factor = self.dialect().scanned_per_claimed();
            let scan = choice.scan(&excluded, &full, factor * choice.wanted());
            let passes_over_some = !excluded.is_empty() || !full.is_empty();
            if passes_over_some && self.backlog_is_long(&scan).await? {
                self.choose_by_endpoint(choice).await?;
                choice.is_over = true;
                break;
            }
            let due = self.find(self.dialect().due(&scan)).await?;
            choice.is_over = as_u64(due.len()) < scan.limit;
            choice.take(due);
        }
        let chosen = choice.chosen.iter().skip(chosen_before);
        let chosen = chosen.map(|candidate| Chosen {
            id: candidate.id.clone(),
            due_at: at(candidate.due_at),
        });
        Ok(chosen.collect())
    }

    /// Takes what each endpoint with room waits for, in the order of the first of each. Where a
    /// destination fills up meanwhile, those who would have been behind it get another look.
    async fn choose_by_endpoint(&self, choice: &mut Choice<'_>) -> Result<(), StoreError> {
        let after = choice.after.clone();
        let mut visited = HashSet::new();
        loop {
            let (excluded, full) = (
                choice.room.endpoints.exhausted(),
                choice.room.destinations.exhausted(),
            );
            let most = choice.wanted() + excluded.len() + visited.len();
            let scan = DueScan {
                after: after.clone(),
                ..choice.scan(&excluded, &full, most)
            };
            let waiting =
                WaitingEndpoint::find_by_statement(self.dialect().waiting_endpoints(&scan))
                    .all(self.connection())
                    .await
                    .map_err(store_error)?;
            for WaitingEndpoint { endpoint_id } in waiting {
                let limit = choice
                    .wanted()
                    .min(choice.room.endpoints.left_at(&endpoint_id));
                if limit == 0 || visited.contains(&endpoint_id) {
                    continue;
                }
                let scan = DueScan {
                    after: after.clone(),
                    ..choice.scan(&[], &[], limit)
                };
                let due = self.dialect().due_of_endpoint(&endpoint_id, &scan);
                choice.take(self.find(due).await?);
                visited.insert(endpoint_id);
            }
            let has_another_filled_up = full.len() < choice.room.destinations.exhausted().len();
            if choice.wanted() == 0 || !has_another_filled_up {
                return Ok(());
            }
        }
    }

    /// Returns whether more is due than a claim should walk past.
    async fn backlog_is_long(&self, scan: &DueScan<'_>) -> Result<bool, StoreError> {
        let last_to_walk_past = self.dialect().due_at_place(scan, WALKED_PAST_MAX);
        let found = self.connection().query_one_raw(last_to_walk_past).await;
        Ok(found.map_err(store_error)?.is_some())
    }

    async fn find(&self, due: Statement) -> Result<Vec<Candidate>, StoreError> {
        let rows = self.connection().query_all_raw(due).await;
        let rows = rows.map_err(store_error)?;
        Ok(rows
            .iter()
            .filter_map(|row| Candidate::from_query_result(row, "").ok())
            .collect())
    }
}

/// A delivery that a claim takes.
pub(crate) struct Chosen {
    pub(crate) id: String,
    pub(crate) due_at: Timestamp,
}

/// A delivery that is due.
#[derive(Debug, FromQueryResult)]
struct Candidate {
    due_at: i64,
    id: String,
    endpoint_id: String,
    /// Where the endpoint is; `None` if an older version wrote it, or it has no URL.
    destination: Option<String>,
}

/// An endpoint with deliveries that are due.
#[derive(Debug, FromQueryResult)]
struct WaitingEndpoint {
    endpoint_id: String,
}

/// What a claim has chosen so far.
pub(crate) struct Choice<'a> {
    request: &'a ClaimRequest,
    room: RoomLeft,
    /// All that is due up to here was seen.
    after: (i64, String),
    chosen: Vec<Candidate>,
    /// Whether nothing else can be chosen.
    is_over: bool,
}

impl<'a> Choice<'a> {
    pub(crate) fn new(request: &'a ClaimRequest) -> Self {
        Self {
            request,
            room: RoomLeft::new(&request.room),
            after: (i64::MIN, String::new()),
            chosen: Vec::new(),
            is_over: false,
        }
    }

    fn wanted(&self) -> usize {
        self.request.room.total - self.chosen.len()
    }

    /// Says where to look on, and for how many.
    fn scan<'s>(
        &self,
        excluded: &'s [String],
        full_destinations: &'s [String],
        limit: usize,
    ) -> DueScan<'s> {
        DueScan {
            now_ms: self.request.now.unix_ms(),
            after: self.after.clone(),
            excluded,
            full_destinations,
            limit: as_u64(limit),
        }
    }

    /// Takes of what was found, in its order, what there is room for.
    fn take(&mut self, due: Vec<Candidate>) {
        if let Some(last) = due.last() {
            self.after = (last.due_at, last.id.clone());
        }
        for candidate in due {
            if 0 < self.wanted() && self.room.admits(&candidate) {
                self.chosen.push(candidate);
            }
        }
    }

    /// Frees the room that was taken by what could not be leased.
    pub(crate) fn put_back(&mut self, refused: &HashSet<&str>) {
        let room = &mut self.room;
        self.chosen.retain(|candidate| {
            let is_refused = refused.contains(candidate.id.as_str());
            if is_refused {
                room.readmits(candidate);
            }
            !is_refused
        });
    }
}

/// What is left of the room.
struct RoomLeft {
    endpoints: Remaining,
    destinations: Remaining,
}

/// What is left where something is busy, or was seen in this claim.
struct Remaining {
    max: usize,
    left: BTreeMap<String, usize>,
}

impl RoomLeft {
    fn new(room: &Room) -> Self {
        let endpoints = room.busy_endpoints.iter();
        let endpoints = endpoints.map(|(id, left)| (id.as_str().to_owned(), *left));
        let destinations = room.busy_destinations.iter();
        let destinations = destinations.map(|(it, left)| (it.as_str().to_owned(), *left));
        Self {
            endpoints: Remaining {
                max: room.per_endpoint,
                left: endpoints.collect(),
            },
            destinations: Remaining {
                max: room.per_destination,
                left: destinations.collect(),
            },
        }
    }

    /// Takes one place at the endpoint and at its destination, if there is one at both.
    fn admits(&mut self, candidate: &Candidate) -> bool {
        let destination = candidate.destination.as_deref();
        let is_admitted = 0 < self.endpoints.left_at(&candidate.endpoint_id)
            && destination.is_none_or(|it| 0 < self.destinations.left_at(it));
        if is_admitted {
            self.endpoints.take(&candidate.endpoint_id);
            if let Some(destination) = destination {
                self.destinations.take(destination);
            }
        }
        is_admitted
    }

    fn readmits(&mut self, candidate: &Candidate) {
        self.endpoints.put_back(&candidate.endpoint_id);
        if let Some(destination) = &candidate.destination {
            self.destinations.put_back(destination);
        }
    }
}

impl Remaining {
    fn left_at(&self, key: &str) -> usize {
        self.left.get(key).copied().unwrap_or(self.max)
    }

    fn take(&mut self, key: &str) {
        let left = self.left_at(key).saturating_sub(1);
        self.left.insert(key.to_owned(), left);
    }

    fn put_back(&mut self, key: &str) {
        if let Some(left) = self.left.get_mut(key) {
            *left += 1;
        }
    }

    /// Names those that have no room left.
    fn exhausted(&self) -> Vec<String> {
        let exhausted = self.left.iter().filter(|(_, left)| **left == 0);
        exhausted.map(|(key, _)| key.clone()).collect()
    }
}
