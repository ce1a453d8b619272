//! # sagemaker-model-network-isolation
//!
//! ## What it checks
//! Whether the containers of every SageMaker model are kept from the network wherever they run. Which `EnableNetworkIsolation` counts
//! depends on what runs the model; each that counts has to be on:
//!
//! | what runs the model | what counts | on | off |
//! | --- | --- | --- | --- |
//! | nothing yet | the model's: it can be deployed at any time | `COMPLIANT` | `NON_COMPLIANT` |
//! | serverless variants only | nothing: they cannot be isolated | `COMPLIANT` | `NOT_APPLICABLE` |
//! | variants on instances, and serverless ones or not | the model's | `COMPLIANT` | `NON_COMPLIANT` |
//! | inference components, and serverless variants or not | that of each endpoint configuration by which their endpoints serve, whatever the model has | `COMPLIANT` | `NON_COMPLIANT` |
//! | inference components, and variants on instances | those and the model's | `COMPLIANT` if all are on | `NON_COMPLIANT` |
//!
//! A variant runs a model if an endpoint configuration names it, whether an endpoint serves by that or not; shadow variants are
//! variants. With `checkUsage` set to `false`, the model's own setting alone counts, and nothing else is read.
//!
//! Some containers cannot do without the network: they fetch a model when they start, or call AWS. `exemptImageRepositories` names
//! their repositories, as `<registry>/<repository>` or `<repository>`, without tag and digest, in which `*` stands for any run of
//! characters. One such container is enough, since isolation is the whole model's. An image that a model package brings is not seen.
//!
//! When an endpoint configuration changes, all models are judged: AWS Config's item names neither shadow variants nor inference
//! components, and does not say what ids it has for models.
//!
//! Not evaluated: batch transform jobs, whose rule is `sagemaker-job-network-isolation`; configurations that a deployment under way
//! will bring; inference components that name a container and no model.
//!
//! ## Why it matters
//! A container with a way to the network can send what it is asked, and what it answers, anywhere; so can every package in it. In
//! isolation it gets its model and its requests from SageMaker, answers to SageMaker, and reaches nothing else.
//!
//! ## Verdicts
//! * `COMPLIANT`: each setting that counts is on.
//! * `NON_COMPLIANT`: one that counts is off, or nothing is said of it, which is the same. Where that is certain it holds whatever
//!   else could not be read.
//! * `NOT_APPLICABLE`: it does not pass, and one of its containers is of `exemptImageRepositories`; of a model that is not isolated by
//!   itself, nothing else is read.
//! * `NOT_APPLICABLE`: the model is not isolated, and serverless variants alone run it.
//! * `NOT_APPLICABLE`: the model was deleted, or left the rule's scope.
//! * Undecided, reported to Security Hub only, and an error of the function: the model could not be read, or the verdict hangs on an
//!   endpoint configuration, an inference component or its endpoint that could not. For a model that is isolated, it hangs on
//!   inference components only; endpoint configurations are not listed for it.
//! * Undecided as well: an endpoint with inference components of the model serves by a configuration that was deleted, or created anew
//!   since, or by two (`UpdateRollbackFailed`).
//!
//! ## How to fix
//! A model and an endpoint configuration cannot be changed. Create the model anew with `EnableNetworkIsolation`, and an endpoint
//! configuration with it; for inference components, create the endpoint configuration anew with `EnableNetworkIsolation`. Then
//! `UpdateEndpoint`, and delete the old ones. What the containers fetch when they start belongs into the image or the model's data.
//!
//! ## References
//! * Amazon SageMaker Developer Guide, "Run Training and Inference Containers in Internet-Free Mode", and "Serverless Inference", which
//!   has the features that it excludes.
//! * Amazon SageMaker API, `DescribeModel`, `DescribeEndpointConfig` and `DescribeInferenceComponent`.
//! * Security Hub control SageMaker.5, AWS Config managed rule `SAGEMAKER_MODEL_ISOLATION_ENABLED`: the model's own setting, whatever runs
//!   it.

use rule::{
    Context, Deployed, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation, Requirements,
    Rule, Severity, SoFar, Trigger, Values, Verdict, matches,
};
use sagemaker::{Model, ModelQuery, Need};

/// The rule.
#[derive(Debug)]
pub struct ModelNetworkIsolation;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Whether it matters what runs a model.
    pub check_usage: bool,
    /// Patterns of repositories whose images need the network.
    pub exempt_image_repositories: Vec<String>,
}

const META: Metadata = Metadata {
    name: "sagemaker-model-network-isolation",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker models should run in network isolation",
    severity: Severity::Medium,
    resource_types: &["AWS::SageMaker::Model"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &["AWS::SageMaker::EndpointConfig"],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "checkUsage",
            default: "true",
            values: Values::Flag,
            about: "look at what runs a model: serverless variants cannot be isolated, and inference components are as their endpoint \
                    configuration says",
        },
        ParameterSpec {
            name: "exemptImageRepositories",
            default: "",
            values: Values::List,
            about: "repositories, with their registry or without, whose images need the network, in which `*` stands for any run of \
                    characters",
        },
    ],
    iam_actions: &[
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeInferenceComponent",
        "sagemaker:DescribeModel",
        "sagemaker:ListEndpointConfigs",
        "sagemaker:ListInferenceComponents",
        "sagemaker:ListModels",
        "sagemaker:ListTags",
    ],
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: &["SC-7", "SC-7(3)"],
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "A model cannot be changed. Create it anew with EnableNetworkIsolation, and an endpoint configuration with it; for \
               inference components, create their endpoint configuration anew with EnableNetworkIsolation. Then call \
               UpdateEndpoint, and delete the old ones. What the containers fetch when they start belongs into the image or the \
               model's data.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
    },
};

impl Rule for ModelNetworkIsolation {
    const META: Metadata = META;
    type Facts = Model;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let check_usage = given.flag("checkUsage", true)?;
        Ok(Params { check_usage, exempt_image_repositories: given.list("exemptImageRepositories") })
    }

    fn query(params: &Params, _: &SoFar) -> ModelQuery {
        if !params.check_usage {
            return ModelQuery::default();
        }
        let params = params.clone();
        let need = move |model: &Model| match (model.isolated, exempt_image(model, &params)) {
            (true, _) => Need::Components,
            (false, Some(_)) => Need::Nothing,
            (false, None) => Need::Everything,
        };
        ModelQuery { need: Some(Box::new(need)) }
    }

    fn decide(model: &Model, params: &Params, _: Context<'_>) -> Verdict {
        let exempt = exempt_image(model, params).map(|image| {
            Verdict::not_applicable(format!("image {image} is of exemptImageRepositories: it needs the network"))
        });
        match exempt {
            Some(exempt) if !model.isolated => exempt,
            exempt => {
                let own = isolation(model.isolated, "create the model anew with it");
                let verdict = model.judge(own, |of| isolation(of.isolated, "create it anew with it"));
                match (verdict, exempt) {
                    (Verdict::NonCompliant(_), Some(exempt)) => exempt,
                    (verdict, _) => verdict,
                }
            }
        }
    }
}

/// The verdict on one `EnableNetworkIsolation`.
fn isolation(is_on: bool, fix: &str) -> Verdict {
    if is_on { Verdict::COMPLIANT } else { Verdict::non_compliant(format!("EnableNetworkIsolation is off; {fix}")) }
}

/// The first image of a model that is of an exempt repository.
fn exempt_image<'a>(model: &'a Model, params: &Params) -> Option<&'a str> {
    let images = model.containers.iter().filter_map(|container| container.image.as_deref());
    let is_exempt = |image: &&str| {
        let (whole, repository) = repository(image);
        let mut patterns = params.exempt_image_repositories.iter();
        patterns.any(|pattern| matches(pattern, whole) || matches(pattern, repository))
    };
    images.into_iter().find(is_exempt)
}

/// An image without tag and digest, with its registry and without it.
fn repository(image: &str) -> (&str, &str) {
    let untagged = image.split_once('@').map_or(image, |(image, _)| image);
    // A colon before the last slash is that of the registry's port.
    let name = untagged.rsplit_once('/').map_or(0, |(path, _)| path.len() + 1);
    let end = untagged[name..].find(':').map_or(untagged.len(), |at| name + at);
    let whole = &untagged[..end];
    // A registry is a host, of which the first part of a repository's name has no mark.
    match whole.split_once('/') {
        Some((host, repository)) if host.contains(['.', ':']) => (whole, repository),
        _ => (whole, whole),
    }
}

#[cfg(test)]
mod tests;
