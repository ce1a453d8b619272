use crate::{Details, Resource, Timestamp, Verdict};

/// What a rule says of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The resource, named as AWS Config names it.
    pub resource: Resource,
    /// The rule's verdict.
    pub verdict: Verdict,
    /// When what it rests on was true: the time of the read, or of the event that tells the resource's end.
    pub read_at: Timestamp,
    /// What else a reader of the finding wants to know of the resource; empty when it was not read.
    pub details: Details,
}
