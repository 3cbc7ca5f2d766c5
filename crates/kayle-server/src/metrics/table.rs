//! The series of one metric, all made before anything happens: what has not happened yet is 0, and
//! not missing. Counting finds them without a lock.

use std::collections::BTreeMap;
use std::fmt::Debug;

use prometheus_client::encoding::EncodeMetric;
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use strum::IntoEnumIterator;

/// A series for each combination of the values that `N` labels can have.
#[derive(Debug)]
pub(super) struct Table<M, const N: usize>(BTreeMap<[&'static str; N], M>);

/// Returns the names of a closed set.
pub(super) fn names<L: IntoEnumIterator + Into<&'static str>>() -> Vec<&'static str> {
    L::iter().map(Into::into).collect()
}

impl<M, const N: usize> Table<M, N>
where
    M: Clone + Debug + EncodeMetric + TypedMetric + Send + Sync + 'static,
{
    /// Registers a metric whose labels can have these values.
    pub(super) fn register(
        registry: &mut Registry,
        name: &'static str,
        help: &'static str,
        labels: [(&'static str, Vec<&'static str>); N],
        new: fn() -> M,
    ) -> Self {
        let family =
            Family::<[(&'static str, &'static str); N], M, fn() -> M>::new_with_constructor(new);
        registry.register(name, help, family.clone());
        let label_names = labels.each_ref().map(|(label, _)| *label);
        let values = labels.map(|(_, values)| values);
        let series = combinations(&values)
            .into_iter()
            .map(|values: [&'static str; N]| {
                let mut labelled = label_names.map(|label| (label, ""));
                for ((_, place), value) in labelled.iter_mut().zip(values) {
                    *place = value;
                }
                (values, family.get_or_create_owned(&labelled))
            });
        Self(series.collect())
    }
}

impl<M, const N: usize> Table<M, N> {
    /// Returns the series with these values of the labels; `None` if there can be none.
    pub(super) fn at<'a>(&'a self, values: [&'a str; N]) -> Option<&'a M> {
        self.0.get(&values)
    }
}

impl Table<Counter, 1> {
    /// Counts one.
    pub(super) fn inc(&self, label: impl Into<&'static str>) {
        self.add(label, 1);
    }

    /// Counts so many.
    pub(super) fn add(&self, label: impl Into<&'static str>, count: usize) {
        if let Some(counter) = self.at([label.into()]) {
            counter.inc_by(super::as_u64(count));
        }
    }
}

/// Returns every way to take one value out of each list.
fn combinations<const N: usize>(lists: &[Vec<&'static str>; N]) -> Vec<[&'static str; N]> {
    let mut taken = vec![[""; N]];
    for (place, list) in lists.iter().enumerate() {
        let extended = taken.iter().flat_map(|row| {
            list.iter().map(move |value| {
                let mut row = *row;
                row[place] = value;
                row
            })
        });
        taken = extended.collect();
    }
    taken
}
