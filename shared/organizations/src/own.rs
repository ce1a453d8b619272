use aws::{Once, SdkConfig};
use aws_sdk_organizations::{Client, operation::describe_organization::DescribeOrganizationError};

/// The organization that an account is in, as each of its accounts may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its id: `o-` and letters and digits.
    pub id: String,
    /// Its management account, where the answer names it.
    pub management: Option<String>,
}

/// Reads the caller's own organization: `DescribeOrganization`, which every account may call, once.
#[derive(Clone, Debug)]
pub struct OwnOrganization {
    client: Client,
    answer: Once<Result<Option<Membership>, String>>,
}

impl OwnOrganization {
    /// That of the account of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), answer: Once::default() }
    }

    /// The organization; none if the account is in none.
    ///
    /// # Errors
    /// Why it could not be read, in words for a reader.
    pub async fn get(&self) -> Result<Option<Membership>, String> {
        self.answer.get("", async || self.describe().await).await
    }

    async fn describe(&self) -> Result<Option<Membership>, String> {
        const DESCRIBE: &str = "organizations:DescribeOrganization";
        let answer = match self.client.describe_organization().send().await {
            Ok(answer) => answer,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeOrganizationError::is_aws_organizations_not_in_use_exception) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(aws::reason(DESCRIBE, &error)),
        };
        let organization = answer.organization().ok_or_else(|| format!("{DESCRIBE} gave no Organization"))?;
        let id = aws::given(organization.id()).ok_or_else(|| format!("{DESCRIBE} gave no Id"))?;
        Ok(Some(Membership { id, management: aws::given(organization.master_account_id()) }))
    }
}
