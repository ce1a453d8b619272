use std::{collections::HashSet, sync::Arc};

use aws::{Once, SdkConfig};
use aws_sdk_organizations::{
    Client,
    operation::describe_organization::DescribeOrganizationError,
    types::{self, AccountState, AccountStatus, OrganizationFeatureSet, PolicyTypeStatus},
};
use futures::stream::{self, StreamExt, TryStreamExt};
use rule::{ACCOUNT, Fact, Listed, Page, Read, Resource, Source, Tags};

use crate::{
    Member, Organization, ServiceControl,
    scp::{Attached, Level, Scp},
    tags,
};

/// Reads the organization from its top: `DescribeOrganization`, `ListRoots`, then below every root and unit
/// `ListOrganizationalUnitsForParent` and `ListAccountsForParent`, of each of them and of each account `ListPoliciesForTarget`, and each
/// policy once with `DescribePolicy`. Only the management account and delegated administrators may ask.
#[derive(Clone, Debug)]
pub struct ServiceControls {
    client: Client,
    policies: Once<Result<Arc<Scp>, String>>,
}

/// So many calls are made at the same time.
const AT_A_TIME: usize = 8;

const POLICY_TYPE: types::PolicyType = types::PolicyType::ServiceControlPolicy;

/// A root or unit with what is attached above it.
type Parent = (String, Vec<Arc<Level>>);

impl ServiceControls {
    /// A source on the organization of the account of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), policies: Once::default() }
    }

    async fn read(&self) -> Result<ServiceControl, String> {
        const DESCRIBE: &str = "organizations:DescribeOrganization";
        let answer = match self.client.describe_organization().send().await {
            Ok(answer) => answer,
            Err(error) => {
                return match error.as_service_error() {
                    Some(DescribeOrganizationError::AwsOrganizationsNotInUseException(_)) => {
                        Ok(ServiceControl::NoOrganization)
                    }
                    _ => Err(aws::reason(DESCRIBE, &error)),
                };
            }
        };
        let organization = answer.organization().ok_or_else(|| format!("{DESCRIBE} gave no Organization"))?;
        match organization.feature_set() {
            Some(OrganizationFeatureSet::All) => {}
            Some(OrganizationFeatureSet::ConsolidatedBilling) => return Ok(ServiceControl::BillingOnly),
            Some(other) => return Err(aws::unknown("FeatureSet", other.as_str())),
            None => return Err(format!("{DESCRIBE} gave no FeatureSet")),
        }
        let required =
            |value: Option<&str>, name: &str| aws::given(value).ok_or_else(|| format!("{DESCRIBE} gave no {name}"));
        let id = required(organization.id(), "Id")?;
        let management = required(organization.master_account_id(), "MasterAccountId")?;
        let arn = required(organization.arn(), "Arn")?;
        let partition = arn.split(':').nth(1).unwrap_or_default().to_owned();
        let Some(roots) = self.roots().await? else { return Ok(ServiceControl::Off) };
        let members = self.members(roots, &management).await?;
        Ok(ServiceControl::On(Organization { id, partition, members }))
    }

    /// The ids of the roots, of which there is one today; `None` if the policy type is not enabled.
    async fn roots(&self) -> Result<Option<Vec<String>>, String> {
        const LIST: &str = "organizations:ListRoots";
        let mut roots = Vec::new();
        let ask = async |token| {
            let page = self.client.list_roots().set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(LIST, &error))?;
            Ok((page.roots().to_vec(), page.next_token().map(str::to_owned)))
        };
        aws::each_page(LIST, ask, |page| roots.extend(page)).await?;
        let mut ids = Vec::new();
        for root in &roots {
            let types = root.policy_types.as_ref().ok_or_else(|| format!("{LIST} gave no PolicyTypes"))?;
            if types.iter().any(|of| of.r#type().is_none()) {
                return Err(format!("{LIST} gave no Type of a policy type"));
            }
            // "The types of policies that are currently enabled for the root": what is not there is not enabled.
            let Some(scp) = types.iter().find(|of| of.r#type() == Some(&POLICY_TYPE)) else { return Ok(None) };
            match scp.status() {
                Some(PolicyTypeStatus::Enabled) => {}
                Some(PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => {
                    return Err("service control policies are being enabled or disabled".to_owned());
                }
                Some(other) => return Err(aws::unknown("Status of SERVICE_CONTROL_POLICY", other.as_str())),
                None => return Err(format!("{LIST} gave no Status of SERVICE_CONTROL_POLICY")),
            }
            ids.push(aws::given(root.id()).ok_or_else(|| format!("{LIST} gave no Id"))?);
        }
        if ids.is_empty() { Err(format!("{LIST} gave no root")) } else { Ok(Some(ids)) }
    }

    /// All accounts below these roots but the management account.
    async fn members(&self, roots: Vec<String>, management: &str) -> Result<Vec<Member>, String> {
        let mut parents: Vec<Parent> = roots.into_iter().map(|root| (root, Vec::new())).collect();
        let (mut seen, mut members) = (HashSet::new(), Vec::new());
        while !parents.is_empty() {
            let below = stream::iter(parents.into_iter().map(|parent| self.below(parent))).buffered(AT_A_TIME);
            let below: Vec<_> = below.try_collect().await?;
            parents = Vec::new();
            for (levels, units, accounts) in below {
                for id in units {
                    if !seen.insert(id.clone()) {
                        return Err(format!("the unit {id} was listed twice"));
                    }
                    parents.push((id, levels.clone()));
                }
                let accounts = accounts.iter().map(|account| member(account, levels.clone()));
                members.extend(accounts.collect::<Result<Vec<_>, _>>()?);
            }
        }
        members.retain(|member| member.id != management);
        let members = members.into_iter().map(|member| self.with_its_own(member));
        let mut members: Vec<_> = stream::iter(members).buffered(AT_A_TIME).collect().await;
        members.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(members)
    }

    async fn with_its_own(&self, mut member: Member) -> Member {
        if member.is_active != Fact::Known(false) {
            member.levels.push(Arc::new(self.level(&member.id).await));
        }
        member
    }

    /// What is attached down to a parent, and the units and accounts directly below it.
    async fn below(
        &self,
        (id, mut levels): Parent,
    ) -> Result<(Vec<Arc<Level>>, Vec<String>, Vec<types::Account>), String> {
        const UNITS: &str = "organizations:ListOrganizationalUnitsForParent";
        const ACCOUNTS: &str = "organizations:ListAccountsForParent";
        levels.push(Arc::new(self.level(&id).await));
        let (mut units, mut accounts) = (Vec::new(), Vec::new());
        let ask = async |token| {
            let page = self.client.list_organizational_units_for_parent().parent_id(&id).set_next_token(token);
            let page = page.send().await.map_err(|error| aws::reason(UNITS, &error))?;
            let units = page.organizational_units.ok_or_else(|| format!("{UNITS} gave no OrganizationalUnits"))?;
            let ids = units.iter().map(|of| aws::given(of.id()).ok_or_else(|| format!("{UNITS} gave no Id")));
            Ok((ids.collect::<Result<Vec<_>, _>>()?, page.next_token))
        };
        aws::each_page(UNITS, ask, |page| units.extend(page)).await?;
        let ask = async |token| {
            let page = self.client.list_accounts_for_parent().parent_id(&id).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(ACCOUNTS, &error))?;
            Ok((page.accounts.ok_or_else(|| format!("{ACCOUNTS} gave no Accounts"))?, page.next_token))
        };
        aws::each_page(ACCOUNTS, ask, |page| accounts.extend(page)).await?;
        Ok((levels, units, accounts))
    }

    /// What is attached to one target.
    async fn level(&self, target: &str) -> Level {
        const LIST: &str = "organizations:ListPoliciesForTarget";
        let mut summaries = Vec::new();
        let ask = async |token| {
            let page = self.client.list_policies_for_target().target_id(target).filter(POLICY_TYPE);
            let page = page.set_next_token(token).send().await.map_err(|error| aws::reason(LIST, &error))?;
            Ok((page.policies.ok_or_else(|| format!("{LIST} gave no Policies"))?, page.next_token))
        };
        let listed = aws::each_page(LIST, ask, |page: Vec<types::PolicySummary>| summaries.extend(page)).await;
        let policies = match listed {
            Err(reason) => Err(reason),
            // AWS keeps one attached to everything.
            Ok(()) if summaries.is_empty() => Err(format!("{LIST} gave no policy of {target}")),
            Ok(()) => {
                let mut policies = Vec::new();
                for summary in &summaries {
                    policies.push(self.attached(summary).await);
                }
                Ok(policies)
            }
        };
        Level { target: target.to_owned(), policies }
    }

    async fn attached(&self, summary: &types::PolicySummary) -> Attached {
        const DESCRIBE: &str = "organizations:DescribePolicy";
        let Some(id) = aws::given(summary.id()) else {
            let content = Err("organizations:ListPoliciesForTarget gave no Id of a policy".to_owned());
            return Attached { name: "a policy".to_owned(), content };
        };
        let content = self.policies.get(&id, async || {
            let answer = self.client.describe_policy().policy_id(&id).send().await;
            let answer = answer.map_err(|error| aws::reason(DESCRIBE, &error))?;
            let content = answer.policy().and_then(|policy| aws::given(policy.content()));
            let content = content.ok_or_else(|| format!("{DESCRIBE} gave no Content of {id}"))?;
            Scp::parse(&content).map(Arc::new).map_err(|reason| format!("{id}: {reason}"))
        });
        let content = content.await;
        Attached { name: aws::given(summary.name()).unwrap_or(id), content }
    }
}

fn member(account: &types::Account, levels: Vec<Arc<Level>>) -> Result<Member, String> {
    let id = aws::given(account.id()).ok_or_else(|| "organizations:ListAccountsForParent gave no Id".to_owned())?;
    // `Status` is the older member, which AWS is taking out.
    let is_active = match (account.state(), account.status()) {
        (Some(AccountState::Active), _) | (None, Some(AccountStatus::Active)) => Fact::Known(true),
        (
            Some(
                AccountState::Suspended
                | AccountState::PendingClosure
                | AccountState::PendingActivation
                | AccountState::Closed,
            ),
            _,
        )
        | (None, Some(AccountStatus::Suspended | AccountStatus::PendingClosure)) => Fact::Known(false),
        (Some(other), _) => Fact::Unread(aws::unknown("State", other.as_str())),
        (None, Some(other)) => Fact::Unread(aws::unknown("Status", other.as_str())),
        (None, None) => Fact::Absent,
    };
    Ok(Member { id, name: aws::given(account.name()), is_active, levels })
}

impl Source for ServiceControls {
    type Facts = ServiceControl;

    async fn get(&self, account: &Resource, (): &()) -> Read<ServiceControl> {
        match self.read().await {
            Ok(facts) => Read::Here { resource: account.clone(), facts },
            Err(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, (): &(), _: Option<String>) -> Result<Page<ServiceControl>, String> {
        // There is one account, and whoever asks knows its id.
        let resource = Resource { resource_type: ACCOUNT.to_owned(), ..Resource::default() };
        Ok(Page { items: vec![Listed { resource, facts: None }], ..Page::default() })
    }

    async fn tags(&self, account: &Resource, _: &ServiceControl) -> Result<Tags, String> {
        tags::of_account(&self.client, &account.id).await
    }
}
