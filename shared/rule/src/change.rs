use serde_json::Value;

use crate::Resource;

/// A changed resource of a type that a rule does not report on itself ([`Metadata::also_triggered_by`]), as AWS Config tells it.
///
/// [`Metadata::also_triggered_by`]: crate::Metadata::also_triggered_by
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedItem {
    /// Its CloudFormation type.
    pub resource_type: String,
    /// Its `configuration`; null of a deleted resource and of one that is too big for the event.
    pub configuration: Value,
    /// `[type, id]` of the resources that Config knows to be related to it.
    pub relationships: Vec<[String; 2]>,
}

/// Which resources have to be judged after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concerned {
    /// These, by Config's ids.
    These(Vec<Resource>),
    /// Nobody can tell, so all of them.
    All,
}
