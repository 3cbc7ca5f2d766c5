//! The tables as somebody may see them: the committed ones, or those of a transaction.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use kayle_app::ports::store::StoreError;

use super::tables::Tables;

/// Tables behind a lock that is never held while anybody waits. All that can be read is
/// implemented on it, by repository.
#[derive(Default)]
pub(super) struct View {
    tables: RwLock<Arc<Tables>>,
    faults: Arc<Faults>,
}

/// How many of the next calls fail.
#[derive(Default)]
pub(super) struct Faults(AtomicUsize);

const UNPOISONED: &str = "nothing panics while it holds the tables";

impl View {
    /// Returns the tables as they are, for one call of a port.
    pub(super) fn tables(&self) -> Result<Arc<Tables>, StoreError> {
        self.faults.strike()?;
        Ok(Arc::clone(&self.tables.read().expect(UNPOISONED)))
    }

    /// Changes the tables, for one call of a port. `change` decides before it writes: what it
    /// wrote before an error stays.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Tables) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.faults.strike()?;
        let mut tables = self.tables.write().expect(UNPOISONED);
        change(Arc::make_mut(&mut tables))
    }

    /// Returns a view of the same tables whose changes are its own.
    pub(super) fn fork(&self) -> Result<Self, StoreError> {
        Ok(Self {
            tables: RwLock::new(self.tables()?),
            faults: Arc::clone(&self.faults),
        })
    }

    /// Puts the tables of `other` in the place of its own.
    pub(super) fn replace_with(&self, other: &Self) -> Result<(), StoreError> {
        let tables = other.tables()?;
        *self.tables.write().expect(UNPOISONED) = tables;
        Ok(())
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }
}

impl Faults {
    pub(super) fn fail_next(&self, calls: usize) {
        self.0.store(calls, Ordering::SeqCst);
    }

    fn strike(&self) -> Result<(), StoreError> {
        let spent = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match spent {
            Ok(_) => Err(StoreError::Unavailable("told to fail".into())),
            Err(_) => Ok(()),
        }
    }
}
