//! What a dispatcher does: claim, prepare, settle.

mod claim;
mod prepare;
mod refused;
mod settle;
