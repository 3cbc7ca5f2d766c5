//! The routes from outside, in process, over the doubles.

mod answers;
mod api_keys;
mod changes;
mod cors;
mod envelope;
mod laws;
mod lists;
mod logs;
mod nonsense;
mod order;
mod origins;
mod people;
mod rate_limits;
mod verify;
mod wire;

use kayle_app::access::Scope;

use super::operations;
use crate::operation::{Access, Operation, Run, Verb};

/// A method, and a path whose ids name nothing.
type Asked = (&'static str, &'static str);

/// The operation that a person must be owner for.
const REVEAL: &str = "/v1/webhooks/endpoints/whe_x/signing-secret/reveal";

/// The change that people may make while their organization is frozen.
const CANCEL: &str = "/v1/sessions/vs_x/cancel";

/// Returns every operation for servers and people, with the narrowest scope that a server needs.
fn customer_operations() -> Vec<(&'static str, &'static str, Scope)> {
    let scoped = |operation: &Operation| match operation.access() {
        Some(Access::Customer(scope, _)) => Some(scope),
        None | Some(Access::Everyone | Access::Person(_)) => None,
    };
    operations()
        .filter_map(|operation| Some((operation, scoped(operation)?)))
        .flat_map(|(operation, scope)| {
            let asked = asked(operation).into_iter();
            asked.map(move |(method, path)| (method, path, scope))
        })
        .collect()
}

/// Returns every operation for people only.
fn administration() -> Vec<Asked> {
    let is_for_people =
        |operation: &&Operation| matches!(operation.access(), Some(Access::Person(_)));
    operations()
        .filter(is_for_people)
        .map(plainly_asked)
        .collect()
}

/// Returns every operation for Kayle's own services.
fn intake() -> Vec<Asked> {
    let is_for_services = |operation: &&Operation| matches!(operation.run, Run::Service(_));
    operations()
        .filter(is_for_services)
        .map(plainly_asked)
        .collect()
}

/// Returns the path of every list for servers and people.
fn lists() -> Vec<&'static str> {
    let is_shared =
        |operation: &&Operation| matches!(operation.access(), Some(Access::Customer(..)));
    paths_of_lists(operations().filter(is_shared))
}

/// Returns the path of every list for people only.
fn administration_lists() -> Vec<&'static str> {
    let is_for_people =
        |operation: &&Operation| matches!(operation.access(), Some(Access::Person(_)));
    paths_of_lists(operations().filter(is_for_people))
}

fn paths_of_lists(operations: impl Iterator<Item = &'static Operation>) -> Vec<&'static str> {
    operations
        .filter(|operation| operation.answer.is_list())
        .map(|operation| plainly_asked(operation).1)
        .collect()
}

/// Returns the ways to ask for an operation: whatever answers GET answers HEAD.
fn asked(operation: &Operation) -> Vec<Asked> {
    let (method, path) = plainly_asked(operation);
    let head = (operation.verb == Verb::Get).then_some(("HEAD", path));
    [(method, path)].into_iter().chain(head).collect()
}

fn plainly_asked(operation: &Operation) -> Asked {
    let method = match operation.verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    };
    let path = [
        ("{endpoint_id}", "whe_x"),
        ("{key_id}", "whk_x"),
        ("{delivery_id}", "whd_x"),
        ("{event_id}", "evt_x"),
        ("{session_id}", "vs_x"),
        ("{api_key_id}", "x"),
    ]
    .into_iter()
    .fold(operation.path.to_owned(), |path, (name, id)| {
        path.replace(name, id)
    });
    (method, path.leak())
}

#[test]
fn the_operations_for_each_kind_of_caller_are_found() {
    let counts = [
        customer_operations().len(),
        administration().len(),
        intake().len(),
        lists().len(),
        administration_lists().len(),
    ];
    assert!(counts.iter().all(|count| 1 < *count), "{counts:?}");
}
