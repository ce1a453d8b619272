//! Facts and Sources of AWS Organizations: the only place where its SDK's types appear.

#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod opt_outs;

pub use opt_outs::{Choice, OptOut, OptOuts, parse_choices};
