//! The pages for people, in front of the same operations as the API (contract 10, 14.5).
//!
//! The cast: [`Dashboard`] is what the pages need, [`mount`] registers them; `pages` holds one page
//! a file, `actions` one form's deed a file; a `visit` is a request by a person who signed in, a
//! `refusal` the page that says why not; `parts` are what pages are made of, `words` what they
//! say, `assets` the files beside them.
//!
//! Every page can be read and every form be sent without a script. A new page is a file in
//! `pages/`, a template of the same name, and a line in `routes`.

#![warn(missing_docs)]

mod actions;
mod answer;
mod assets;
mod dashboard;
mod examination;
mod fields;
mod form;
mod frame;
mod limits;
mod pages;
mod parts;
mod permission;
mod plots;
mod refusal;
mod routes;
mod secrets;
mod visit;
mod words;

pub use dashboard::{Dashboard, Installation, mount};
