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
        Self::of_arn(arn, "config")
    }

    /// Where the function itself is, from the ARN by which it was invoked. `None` for what emulators give instead, which has no
    /// account: `function-arn`.
    pub(crate) fn of_function(arn: &str) -> Option<Self> {
        Self::of_arn(arn, "lambda")
    }

    fn of_arn(arn: &str, service: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let ("arn", partition, of, region, account) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
        else {
            return None;
        };
        if of != service {
            return None;
        }
        // These go into the ARNs of findings and of what Security Hub is told to be a product of.
        let is_name = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let named = is_name(partition) && is_name(region) && is_account && !parts.next()?.is_empty();
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
            "AWS::EC2::Subnet" => "subnet",
            "AWS::EC2::SecurityGroup" => "security-group",
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

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "arn:aws-us-gov:config:us-gov-west-1:111122223333:config-rule/config-rule-abc";

    #[test]
    fn a_rules_arn_says_where_it_is_at_home() {
        let home = Home::of_rule(RULE).unwrap();
        assert_eq!(
            (home.partition.as_str(), home.region.as_str(), home.account.as_str()),
            ("aws-us-gov", "us-gov-west-1", "111122223333")
        );
        for odd in [
            "",
            "arn:aws:config:eu-west-1::config-rule/x",
            "arn:aws:s3:::bucket",
            "arn:aws:config:eu-west-1:111122223333:",
            "arn:aws:config:eu-west-1:11112222333:config-rule/x",
            "arn:aws:config:eu-west-1:1111222233334:config-rule/x",
            "arn:aws:config:eu-west-1:11112222333x:config-rule/x",
            "arn:aws:config:eu/west/1:111122223333:config-rule/x",
            "arn:AWS:config:eu-west-1:111122223333:config-rule/x",
        ] {
            assert_eq!(Home::of_rule(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_functions_arn_says_where_it_is() {
        let arn = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:rule:live";
        assert_eq!(Home::of_function(arn), Home::of_rule(RULE));
        for odd in ["", "function-arn", RULE] {
            assert_eq!(Home::of_function(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_a_source_cannot_know_is_completed() {
        let start = "arn:aws-us-gov:ec2:us-gov-west-1:111122223333:";
        for (home, resource_type, id, given, arn) in [
            (Home::of_rule(RULE), "AWS::EC2::VPC", "vpc-1", None, Some(format!("{start}vpc/vpc-1"))),
            (Home::of_rule(RULE), "AWS::EC2::SecurityGroup", "sg-1", None, Some(format!("{start}security-group/sg-1"))),
            (Home::of_rule(RULE), "AWS::EC2::Volume", "vol-1", None, Some(format!("{start}volume/vol-1"))),
            (Home::of_rule(RULE), "AWS::EC2::Volume", "vol-1", Some("arn:its-own"), Some("arn:its-own".to_owned())),
            (Home::of_rule(RULE), "AWS::SageMaker::Domain", "d-1", None, None),
            (Some(Home::of_account("111122223333")), "AWS::EC2::VPC", "vpc-1", None, None),
        ] {
            let (resource_type, given) = (resource_type.to_owned(), given.map(str::to_owned));
            let resource = Resource { resource_type, id: id.to_owned(), arn: given, ..Resource::default() };
            let completed = home.unwrap().complete(resource.clone());
            assert_eq!(completed, Resource { arn, ..resource });
        }
        let account = Resource { resource_type: ACCOUNT.to_owned(), ..Resource::default() };
        assert_eq!(Home::of_rule(RULE).unwrap().complete(account).id, "111122223333");
    }
}
