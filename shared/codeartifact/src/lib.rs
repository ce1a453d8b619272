//! Facts and Sources of AWS CodeArtifact: the only place where its SDK's types appear.

mod domains;
mod policy;

pub use domains::{Domain, DomainStatus, Domains, Repository};
pub use policy::{Condition, Policy, Principal, Principals, Statement};
