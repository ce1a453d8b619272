//! Jobs of every kind, one shape for all of them.
#![doc = include_str!("../JOBS.md")]

mod facts;
mod legs;
mod parameters;
mod parts;
mod source;

pub use facts::{Instances, Job, JobKind, JobPart, JobQuery, JobStatus, Parent, Setting};
pub use parameters::{JOB_PARAMETERS, JobParameters};
pub use source::Jobs;
