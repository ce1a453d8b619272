//! AWS Config itself, behind [`Api`].

use aws::SdkConfig;
use aws_sdk_config::{Client, error::ProvideErrorMetadata, types};
use rule::{ACCOUNT, Resource};

use super::{Api, Compliance, Evaluation, PageOf, PutError};
use crate::ledger::Refused;

/// AWS Config itself.
pub(crate) struct AwsConfig {
    client: Client,
}

impl AwsConfig {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Api for AwsConfig {
    async fn put(&self, evaluations: &[Evaluation], token: &str, test: bool) -> Result<Vec<Refused>, PutError> {
        let call = evaluations.iter().map(wire).collect::<Result<_, _>>().map(|wired: Vec<_>| {
            self.client.put_evaluations().result_token(token).test_mode(test).set_evaluations(Some(wired))
        });
        let call = call.map_err(|error| PutError::Failed(error.to_string()))?;
        let answer = call.send().await.map_err(|error| {
            let resource_type = evaluations.first().map_or("", |evaluation| &evaluation.resource_type);
            if is_type_refused(aws::code(&error), error.message(), resource_type) {
                PutError::TypeRefused
            } else {
                PutError::Failed(aws::reason("config:PutEvaluations", &error))
            }
        })?;
        // Config names what it did not take by type and id, which are unique in a batch.
        let failed = answer.failed_evaluations();
        let positions = evaluations.iter().enumerate().filter(|(_, evaluation)| {
            failed.iter().any(|failed| {
                failed.compliance_resource_id() == evaluation.resource_id
                    && failed.compliance_resource_type() == evaluation.resource_type
            })
        });
        let reason = "config:PutEvaluations returned them in FailedEvaluations, without a reason";
        let refused: Vec<_> = positions.map(|(position, _)| Refused { position, reason: reason.to_owned() }).collect();
        if refused.len() < failed.len() {
            let reason = "config:PutEvaluations returned FailedEvaluations that were not in the batch";
            return Err(PutError::Failed(reason.to_owned()));
        }
        Ok(refused)
    }

    async fn results(&self, rule: &str, token: Option<String>) -> PageOf<Evaluation> {
        let call = self.client.get_compliance_details_by_config_rule().config_rule_name(rule).limit(100);
        let call = call.compliance_types(types::ComplianceType::Compliant);
        let call = call.compliance_types(types::ComplianceType::NonCompliant).set_next_token(token);
        let answer = call.send().await;
        let answer = answer.map_err(|error| aws::reason("config:GetComplianceDetailsByConfigRule", &error))?;
        let results = answer.evaluation_results().iter().map(held);
        let results = results.collect::<Option<_>>().ok_or_else(|| {
            "config:GetComplianceDetailsByConfigRule gave a result without its resource, its verdict or its time"
                .to_owned()
        })?;
        Ok((results, answer.next_token().map(str::to_owned)))
    }

    async fn about_account(&self, account: &str, token: Option<String>) -> PageOf<(String, Evaluation)> {
        let call = self.client.get_compliance_details_by_resource().resource_type(ACCOUNT).resource_id(account);
        let call = call.compliance_types(types::ComplianceType::Compliant);
        let call = call.compliance_types(types::ComplianceType::NonCompliant).set_next_token(token);
        let answer = call.send().await;
        let answer = answer.map_err(|error| aws::reason("config:GetComplianceDetailsByResource", &error))?;
        let results = answer.evaluation_results().iter().map(|result| {
            let rule = result.evaluation_result_identifier()?.evaluation_result_qualifier()?.config_rule_name()?;
            Some((rule.to_owned(), held(result)?))
        });
        let results = results.collect::<Option<_>>().ok_or_else(|| {
            "config:GetComplianceDetailsByResource gave a result without its rule, its resource, its verdict or its time"
                .to_owned()
        })?;
        Ok((results, answer.next_token().map(str::to_owned)))
    }

    async fn discovered(&self, resource_type: &str, token: Option<String>) -> PageOf<Resource> {
        let call = self.client.list_discovered_resources().resource_type(resource_type.into()).limit(100);
        let is_first = token.is_none();
        let answer = match call.set_next_token(token).send().await {
            Ok(answer) => answer,
            // A type that Config does not know, or no recorder in this Region: Config has no names of its own.
            Err(error)
                if is_first
                    && matches!(
                        aws::code(&error),
                        Some("ValidationException" | "NoAvailableConfigurationRecorderException")
                    ) =>
            {
                return Ok((Vec::new(), None));
            }
            Err(error) => return Err(aws::reason("config:ListDiscoveredResources", &error)),
        };
        let resources = answer.resource_identifiers().iter().map(|found| {
            Some(Resource {
                resource_type: resource_type.to_owned(),
                id: aws::given(found.resource_id())?,
                name: aws::given(found.resource_name()),
                ..Resource::default()
            })
        });
        // Under a name of our own, a result would stand beside the one that is already there.
        let resources = resources.collect::<Option<_>>();
        let resources = resources.ok_or("config:ListDiscoveredResources listed a resource without an id")?;
        Ok((resources, answer.next_token().map(str::to_owned)))
    }
}

/// Config's words for a type it does not take: `InvalidParameterValueException: The resource type AWS::X::Y is invalid. Only
/// the following values are permitted: [...]` (awslabs/aws-config-rdk, issue 290).
fn is_type_refused(code: Option<&str>, message: Option<&str>, resource_type: &str) -> bool {
    let start = format!("resource type {resource_type} is invalid");
    matches!(code, Some("InvalidParameterValueException" | "ValidationException"))
        && message.is_some_and(|message| message.contains(&start))
}

fn wire(evaluation: &Evaluation) -> Result<types::Evaluation, aws_sdk_config::error::BuildError> {
    types::Evaluation::builder()
        .compliance_resource_type(&evaluation.resource_type)
        .compliance_resource_id(&evaluation.resource_id)
        .compliance_type(match evaluation.compliance {
            Compliance::Compliant => types::ComplianceType::Compliant,
            Compliance::NonCompliant => types::ComplianceType::NonCompliant,
            Compliance::NotApplicable => types::ComplianceType::NotApplicable,
        })
        .set_annotation(evaluation.annotation.clone())
        .ordering_timestamp(aws::date_time(evaluation.at))
        .build()
}

fn held(result: &types::EvaluationResult) -> Option<Evaluation> {
    let identifier = result.evaluation_result_identifier()?;
    let qualifier = identifier.evaluation_result_qualifier()?;
    Some(Evaluation {
        resource_type: aws::given(qualifier.resource_type())?,
        resource_id: aws::given(qualifier.resource_id())?,
        compliance: match result.compliance_type()? {
            types::ComplianceType::Compliant => Compliance::Compliant,
            types::ComplianceType::NonCompliant => Compliance::NonCompliant,
            _ => return None,
        },
        annotation: result.annotation().filter(|text| !text.is_empty()).map(str::to_owned),
        at: aws::timestamp(identifier.ordering_timestamp()?)?,
    })
}
