//! The person redeems a session's cancel token.

mod decision;
mod in_flight;
mod races;
mod scene;
mod token;
