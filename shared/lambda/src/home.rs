use rule::{ACCOUNT, Resource};

/// Where a rule is at home: what it judges, and where its findings go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) partition: String,
    pub(crate) region: String,
    /// Twelve digits.
    pub(crate) account: String,
}

impl Home {
    /// From the ARN of the Config rule: `arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-abc`. `None` when it
    /// is not one.
    pub(crate) fn of_rule(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let ("arn", partition, "config", region, account) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
        else {
            return None;
        };
        let named = [partition, region, account, parts.next()?].iter().all(|part| !part.is_empty());
        named.then(|| Self { partition: partition.to_owned(), region: region.to_owned(), account: account.to_owned() })
    }

    /// For a test event, which may tell no more than the account.
    pub(crate) fn of_account(account: &str) -> Self {
        Self { partition: String::new(), region: String::new(), account: account.to_owned() }
    }

    /// Completes what a Source cannot know of a resource: the id of the account itself, and the ARNs that EC2 does not tell.
    pub(crate) fn complete(&self, mut resource: Resource) -> Resource {
        let Self { partition, region, account } = self;
        if resource.resource_type == ACCOUNT {
            resource.id.clone_from(account);
        }
        let kind = match resource.resource_type.as_str() {
            "AWS::EC2::VPC" => "vpc",
            "AWS::EC2::Volume" => "volume",
            _ => return resource,
        };
        if resource.arn.is_none() && !partition.is_empty() {
            resource.arn = Some(format!("arn:{partition}:ec2:{region}:{account}:{kind}/{}", resource.id));
        }
        resource
    }
}
