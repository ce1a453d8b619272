//! What a detective control is.
//!
//! ```text
//! Source --reads--> Facts --decide--> Verdict
//! ```
//!
//! A [`Source`] reads [`Facts`] of one kind of resource, a [`Rule`] judges them, and the verdict is recorded elsewhere.
//! Nothing here knows AWS's SDK, the network or a clock, so a decision cannot fail and can be tested as a table.

mod change;
mod excerpt;
mod exemption;
mod fact;
mod finding;
mod footprint;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod metadata;
mod parameters;
mod pattern;
mod resource;
mod source;
mod timestamp;
mod verdict;

pub use change::{ChangedItem, Concerned};
pub use excerpt::excerpt;
pub use exemption::Exemption;
pub use fact::Fact;
pub use finding::Finding;
pub use footprint::{Footprint, Tenants, Users};
pub use metadata::{
    Deployed, Metadata, NO_PUBLIC_ACCESS, ParameterSpec, Provenance, Remediation, Requirements, Severity, Trigger,
    Values,
};
pub use parameters::{ParameterError, Parameters};
pub use pattern::matches;
pub use resource::{ACCOUNT, Resource};
pub use source::{Details, Facts, Listed, Page, PageTokens, Read, SoFar, Source, Tags};
pub use timestamp::Timestamp;
pub use verdict::{Annotation, Verdict};

/// One control: what it is called, what may be set, and how it decides.
pub trait Rule {
    /// Name, severity, triggers and everything else that is said *about* the rule.
    const META: Metadata;

    /// What the rule judges.
    type Facts: Facts;

    /// The rule's parameters, typed.
    type Params;

    /// Whether some of the resources can change no more once they are finished ([`Facts::settled`]) and are read by one run only.
    /// How far each run came is kept in the annotation of a result about the account itself.
    const READS_ONCE: bool = false;

    /// Whether it judges some of the resources of its types only, those that its Source lists. A change event then judges a resource
    /// only if AWS Config holds a result of this rule about it, unless it is gone; the schedule finds the others.
    const SELECTIVE: bool = false;

    /// Takes this rule's parameters out of `given`. Names that no rule reads are refused by the caller.
    ///
    /// # Errors
    /// A value that is not allowed, naming the parameter and what is.
    fn params(given: &mut Parameters) -> Result<Self::Params, ParameterError>;

    /// What must be read for these parameters beyond what is always read, after what earlier runs read.
    #[must_use]
    fn query(_params: &Self::Params, _so_far: &SoFar) -> <Self::Facts as Facts>::Query {
        Default::default()
    }

    /// Which resources a changed item concerns whose type is one of [`Metadata::also_triggered_by`].
    #[must_use]
    fn concerned(_item: &ChangedItem) -> Concerned {
        Concerned::All
    }

    /// Judges one resource. Pure and total: every value a fact can have, "not there" and "not read" included, has a verdict.
    fn decide(facts: &Self::Facts, params: &Self::Params, context: Context<'_>) -> Verdict;
}

/// What a decision may know beside the facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The event's time, never the clock's.
    pub at: Timestamp,
    /// The account that is judged, twelve digits.
    pub account: &'a str,
}
