use std::collections::BTreeMap;

use aws::SdkConfig;
use aws_sdk_organizations::{Client, operation::describe_effective_policy::DescribeEffectivePolicyError, types};
use rule::{ACCOUNT, Details, Facts, Listed, Page, Read, Resource, Source, Tags, excerpt};
use serde_json::Value;

use crate::tags;

/// What AWS's artificial-intelligence services may do with the account's content: its effective opt-out policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptOut {
    /// A policy is in effect: what it says of each service that it names, `default` included.
    Policy(BTreeMap<String, Choice>),
    /// No policy reaches the account, or the organization does not use this type of policy.
    NoPolicy,
    /// The account is in no organization.
    NoOrganization,
}

/// What a policy says of one service. Case counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `optOut`: content is not used.
    Out,
    /// `optIn`: content may be used.
    In,
    /// Neither, so that nobody has opted out.
    Other(String),
}

impl Facts for OptOut {
    type Query = ();

    fn details(&self) -> Details {
        let Self::Policy(choices) = self else { return Details::new() };
        let say = |(service, choice): (&String, &Choice)| {
            let choice = match choice {
                Choice::Out => "optOut",
                Choice::In => "optIn",
                Choice::Other(other) => other,
            };
            (format!("Policy {service}").into(), choice.to_owned())
        };
        // An empty value is none that a finding may have.
        choices.iter().map(say).filter(|(_, choice)| !choice.is_empty()).collect()
    }
}

/// What an effective policy says, by service.
///
/// A choice is a text, or an object with the operator `@@assign`; other operators (`@@…`) say how policies are inherited and nothing
/// about this account. A service without a choice is not named.
///
/// # Errors
/// What keeps it from being read: it is no JSON, or not of the shape that AWS documents.
pub fn parse_choices(content: &str) -> Result<BTreeMap<String, Choice>, String> {
    let odd = |what: &str| format!("the effective policy is unreadable: {}", excerpt(what));
    let policy: Value = serde_json::from_str(content).map_err(|error| odd(&format!("not JSON: {error}")))?;
    let policy = policy.as_object().ok_or_else(|| odd("not an object"))?;
    let Some(services) = policy.get("services") else { return Ok(BTreeMap::new()) };
    let services = services.as_object().ok_or_else(|| odd("`services` is not an object"))?;
    let mut choices = BTreeMap::new();
    for (service, settings) in services.iter().filter(|(service, _)| !service.starts_with("@@")) {
        let settings = settings.as_object().ok_or_else(|| odd(&format!("`{service}` is not an object")))?;
        let Some(choice) = settings.get("opt_out_policy") else { continue };
        let assigned = choice.as_object().and_then(|choice| choice.get("@@assign"));
        let choice = match assigned.unwrap_or(choice) {
            Value::String(choice) => choice.as_str(),
            _ => return Err(odd(&format!("`opt_out_policy` of `{service}` is not text"))),
        };
        choices.insert(
            service.clone(),
            match choice {
                "optOut" => Choice::Out,
                "optIn" => Choice::In,
                other => Choice::Other(other.to_owned()),
            },
        );
    }
    Ok(choices)
}

/// Reads the account's opt-out: `DescribeEffectivePolicy`, which every account of an organization may call about itself.
#[derive(Clone, Debug)]
pub struct OptOuts {
    client: Client,
}

impl OptOuts {
    /// A source on the account of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Source for OptOuts {
    type Facts = OptOut;

    async fn get(&self, account: &Resource, (): &()) -> Read<OptOut> {
        const DESCRIBE: &str = "organizations:DescribeEffectivePolicy";
        // Without a target it is about the caller's own account, which is all that a member may ask.
        let policy_type = types::EffectivePolicyType::AiservicesOptOutPolicy;
        let here = |facts| Read::Here { resource: account.clone(), facts };
        let answer = match self.client.describe_effective_policy().policy_type(policy_type).send().await {
            Ok(answer) => answer,
            Err(error) => {
                return match error.as_service_error() {
                    Some(DescribeEffectivePolicyError::EffectivePolicyNotFoundException(_)) => here(OptOut::NoPolicy),
                    Some(DescribeEffectivePolicyError::AwsOrganizationsNotInUseException(_)) => {
                        here(OptOut::NoOrganization)
                    }
                    _ => Read::Unread(aws::reason(DESCRIBE, &error)),
                };
            }
        };
        let Some(policy) = answer.effective_policy() else {
            return Read::Unread(format!("{DESCRIBE} gave no EffectivePolicy"));
        };
        if let Some(other) = aws::given(policy.target_id()).filter(|target| *target != account.id) {
            return Read::Unread(format!("{DESCRIBE} answered about {other}"));
        }
        let Some(content) = aws::given(policy.policy_content()) else {
            return Read::Unread(format!("{DESCRIBE} gave no PolicyContent"));
        };
        match parse_choices(&content) {
            // What says nothing of any service is no policy, though AWS may call it one.
            Ok(choices) if choices.is_empty() => here(OptOut::NoPolicy),
            Ok(choices) => here(OptOut::Policy(choices)),
            Err(reason) => Read::Unread(reason),
        }
    }

    async fn list(&self, (): &(), _: Option<String>) -> Result<Page<OptOut>, String> {
        // There is one account, and whoever asks knows its id.
        let resource = Resource { resource_type: ACCOUNT.to_owned(), ..Resource::default() };
        Ok(Page { items: vec![Listed { resource, facts: None }], ..Page::default() })
    }

    async fn tags(&self, account: &Resource, _: &OptOut) -> Result<Tags, String> {
        tags::of_account_if_allowed(&self.client, &account.id).await
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(policy: &Value) -> Result<Vec<(String, Choice)>, String> {
        parse_choices(&policy.to_string()).map(|choices| choices.into_iter().collect())
    }

    #[test]
    fn every_shape_has_a_meaning() {
        let named = |pairs: &[(&str, Choice)]| {
            Ok(pairs.iter().map(|(service, choice)| ((*service).to_owned(), choice.clone())).collect::<Vec<_>>())
        };
        let odd = |what: &str| Err(format!("the effective policy is unreadable: {what}"));
        for (policy, expected) in [
            (json!({}), named(&[])),
            (json!({"services": {}}), named(&[])),
            (json!({"services": {"default": {"opt_out_policy": "optOut"}}}), named(&[("default", Choice::Out)])),
            (
                json!({"services": {
                    "@@operators_allowed_for_child_policies": ["@@none"],
                    "default": {"@@operators_allowed_for_child_policies": ["@@none"], "opt_out_policy": {"@@assign": "optOut", "@@operators_allowed_for_child_policies": ["@@none"]}},
                    "lex": {"opt_out_policy": "optIn"},
                    "unheard-of": {"opt_out_policy": "optOut"},
                }}),
                named(&[("default", Choice::Out), ("lex", Choice::In), ("unheard-of", Choice::Out)]),
            ),
            (
                json!({"services": {"default": {"opt_out_policy": "optout"}}}),
                named(&[("default", Choice::Other("optout".to_owned()))]),
            ),
            (
                json!({"services": {"default": {"opt_out_policy": {"@@assign": "OPTOUT"}}}}),
                named(&[("default", Choice::Other("OPTOUT".to_owned()))]),
            ),
            (json!({"services": {"default": {}}}), named(&[])),
            (json!({"services": {"default": {"optOutPolicy": "optOut"}}}), named(&[])),
            (json!([]), odd("not an object")),
            (json!({"services": null}), odd("`services` is not an object")),
            (json!({"services": {"default": "optOut"}}), odd("`default` is not an object")),
            (
                json!({"services": {"lex": {"opt_out_policy": {"@@append": "optOut"}}}}),
                odd("`opt_out_policy` of `lex` is not text"),
            ),
            (
                json!({"services": {"lex": {"opt_out_policy": ["optOut"]}}}),
                odd("`opt_out_policy` of `lex` is not text"),
            ),
            (json!({"services": {"lex": {"opt_out_policy": null}}}), odd("`opt_out_policy` of `lex` is not text")),
        ] {
            assert_eq!(parse(&policy), expected, "{policy}");
        }
        assert!(parse_choices("").unwrap_err().starts_with("the effective policy is unreadable: not JSON: "));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(content in ".{0,200}", service in "[a-z@]{1,9}", choice in ".{0,20}") {
            let _ = parse_choices(&content);
            let policy = json!({"services": {service.clone(): {"opt_out_policy": choice}}});
            let choices = parse_choices(&policy.to_string()).unwrap();
            prop_assert_eq!(choices.get(&service) == Some(&Choice::Out), choice == "optOut" && !service.starts_with("@@"));
        }
    }
}
