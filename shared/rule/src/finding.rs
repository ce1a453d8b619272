use crate::{Details, Resource, Verdict};

/// What a rule says of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The resource, named as AWS Config names it.
    pub resource: Resource,
    /// The rule's verdict.
    pub verdict: Verdict,
    /// What else a reader of the finding wants to know of the resource; empty when it was not read.
    pub details: Details,
}
