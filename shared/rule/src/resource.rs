use crate::Timestamp;

/// The pseudo-type under which AWS Config keeps results about the account itself; the id is the twelve-digit account.
pub const ACCOUNT: &str = "AWS::::Account";

/// One resource, as an event or a listing names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// CloudFormation type, for example `AWS::SageMaker::NotebookInstance`.
    pub resource_type: String,
    /// Id under which Config keeps its results: the event's own, Config's inventory's, or the CloudFormation primary
    /// identifier. At most 768 characters.
    pub id: String,
    /// ARN, where it is known.
    pub arn: Option<String>,
    /// Name, where the resource has one and it is known.
    pub name: Option<String>,
    /// When it was created, where that is known.
    pub created_at: Option<Timestamp>,
}

impl Resource {
    /// What to call it where people read: its name, else its id.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}
