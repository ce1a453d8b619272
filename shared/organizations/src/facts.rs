use std::{collections::BTreeMap, sync::Arc};

use rule::{Details, Fact, Facts};

use crate::scp::Level;

/// What the service control policies of the account's organization are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceControl {
    /// The account is in no organization.
    NoOrganization,
    /// The organization has the features of consolidated billing only, to which these policies do not belong.
    BillingOnly,
    /// This type of policy is not enabled, so that none is enforced.
    Off,
    /// It is enabled.
    On(Organization),
}

/// An organization in which service control policies are enforced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// The partition that it is in, for example `aws`.
    pub partition: String,
    /// Its accounts but for the management account, which no service control policy reaches, by id.
    pub members: Vec<Member>,
}

/// An account of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its twelve digits.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// Whether anybody can use it: it is not suspended, closed or about to be.
    pub is_active: Fact<bool>,
    /// What is attached on the way to it: to the root, to the units below one another, and to the account. The account's own are left
    /// out where nobody can use it.
    pub levels: Vec<Arc<Level>>,
}

impl Facts for ServiceControl {
    type Query = ();

    fn details(&self) -> Details {
        let Self::On(organization) = self else { return Details::new() };
        let mut details: Details = vec![("Member accounts".into(), organization.members.len().to_string())];
        let mut levels = BTreeMap::new();
        for level in organization.members.iter().flat_map(|member| &member.levels) {
            let names = level.policies.iter().flatten().map(|policy| policy.name.as_str());
            let names: Vec<_> = names.filter(|name| *name != "FullAWSAccess").collect();
            if !names.is_empty() {
                levels.insert(&level.target, names.join(", "));
            }
        }
        // A finding has room for so many.
        let shown = levels.into_iter().take(20);
        details.extend(shown.map(|(target, names)| (format!("Policies of {target}").into(), names)));
        details
    }
}
