//! # sagemaker-model-in-vpc
//!
//! ## What it checks
//! Whether SageMaker runs every model in a VPC of yours, and with `subnetIds` and `vpcIds` in which. Which `VpcConfig` counts depends on
//! what runs the model; each that counts has to be as it should be:
//!
//! | what runs the model | what counts | with it | without it |
//! | --- | --- | --- | --- |
//! | nothing yet | the model's `VpcConfig`: it can be deployed at any time | `COMPLIANT` | `NON_COMPLIANT` |
//! | serverless variants only | nothing: they are in no VPC | `COMPLIANT` | `NOT_APPLICABLE` |
//! | variants on instances, and serverless ones or not | the model's | `COMPLIANT` | `NON_COMPLIANT` |
//! | inference components, and serverless variants or not | that of each endpoint configuration by which their endpoints serve, whatever the model has | `COMPLIANT` | `NON_COMPLIANT` |
//! | inference components, and variants on instances | those and the model's | `COMPLIANT` if all have it | `NON_COMPLIANT` |
//!
//! An endpoint's instances are in their subnets before the first inference component comes, so its configuration has the say. A variant
//! runs a model if an endpoint configuration names it, whether an endpoint serves by that or not; shadow variants are variants. With
//! `checkUsage` set to `false`, the model's own `VpcConfig` alone counts, and nothing else is read.
//!
//! When an endpoint configuration changes, all models are judged: AWS Config's item names neither shadow variants nor inference
//! components, and does not say what ids it has for models.
//!
//! Not evaluated: batch transform jobs, whose rule is `sagemaker-job-in-vpc`; configurations that a deployment under way will bring;
//! whether subnets exist, unless `vpcIds` is given; security groups, and ways out of the VPC.
//!
//! ## Why it matters
//! Outside your VPC, a model's containers reach data and the internet over a network of SageMaker's, past your route tables, endpoints,
//! endpoint policies and flow logs.
//!
//! ## Verdicts
//! * `COMPLIANT`: each `VpcConfig` that counts has subnets, all of them of `subnetIds`, if given, and in one of `vpcIds`, if given.
//! * `NON_COMPLIANT`: one that counts is missing, or has a subnet that is not one of `subnetIds`, or in no VPC of `vpcIds`. Where that
//!   is certain it holds whatever else could not be read.
//! * `NON_COMPLIANT`: with `vpcIds`, a subnet does not exist. Instances that come later would not start.
//! * `NOT_APPLICABLE`: the model does not pass by itself, and serverless variants alone run it.
//! * `NOT_APPLICABLE`: the model was deleted, or left the rule's scope.
//! * Undecided, reported to Security Hub only, and an error of the function: the model could not be read, or the verdict hangs on a
//!   subnet, an endpoint configuration, an inference component or its endpoint that could not. For a model that passes by itself,
//!   it hangs on inference components only; endpoint configurations are not listed for it, unless `vpcIds` is given.
//! * Undecided as well: an endpoint with inference components of the model serves by a configuration that was deleted, or created anew
//!   since, or by two (`UpdateRollbackFailed`).
//!
//! ## How to fix
//! A model and an endpoint configuration cannot be changed. Create the model anew with `VpcConfig`, and an endpoint configuration with
//! it; for inference components, create the endpoint configuration anew with `VpcConfig`. Then `UpdateEndpoint`, and delete the old
//! ones. The VPC needs endpoints for what the containers read, S3 first.
//!
//! ## References
//! * Amazon SageMaker Developer Guide, "Give SageMaker AI Hosted Endpoints Access to Resources in Your Amazon VPC", and "Serverless
//!   Inference", which has the features that it excludes.
//! * Amazon SageMaker API, `DescribeModel`, `DescribeEndpointConfig` and `DescribeInferenceComponent`; Amazon EC2 API, `DescribeSubnets`.
//! * AWS Config managed rule `SAGEMAKER_MODEL_IN_VPC`: the model's `VpcConfig`, whatever runs it. Security Hub has no control for it.

use ec2::{AllowedPlaces, Placed, PlacedQuery};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict,
};
use sagemaker::{Model, ModelQuery, Need};

/// The rule.
#[derive(Debug)]
pub struct ModelInVpc;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Where models may be.
    pub places: AllowedPlaces,
    /// Whether it matters what runs a model.
    pub check_usage: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-model-in-vpc",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker models should be in a VPC",
    severity: Severity::High,
    resource_types: &["AWS::SageMaker::Model"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &["AWS::SageMaker::EndpointConfig"],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "subnetIds",
            default: "",
            values: Values::List,
            about: "subnets that models may be in; any unless given",
        },
        ParameterSpec {
            name: "vpcIds",
            default: "",
            values: Values::List,
            about: "VPCs that models may be in; any unless given",
        },
        ParameterSpec {
            name: "checkUsage",
            default: "true",
            values: Values::Flag,
            about: "look at what runs a model: serverless variants need no VPC, and inference components have that of their endpoint \
                    configuration",
        },
    ],
    iam_actions: &[
        "ec2:DescribeSubnets",
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
        ids: rule::NO_PUBLIC_ACCESS,
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "A model cannot be changed. Create it anew with VpcConfig, and an endpoint configuration with it; for inference components, \
               create their endpoint configuration anew with VpcConfig. Then call UpdateEndpoint, and delete the old ones. The VPC \
               needs endpoints for what the containers read, S3 first.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html",
    },
};

/// The subnets that a model names, and those of the endpoint configurations by which inference components run it.
#[must_use]
pub fn subnets(model: &Model) -> Vec<&str> {
    let components = model.uses.components.iter().flat_map(|components| &components.endpoints);
    let of_configs = components.map(|of| &of.subnets);
    let subnets = [&model.subnets].into_iter().chain(of_configs).filter_map(Fact::known).flatten();
    subnets.map(String::as_str).collect()
}

impl Rule for ModelInVpc {
    const META: Metadata = META;
    type Facts = Placed<Model>;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let check_usage = given.flag("checkUsage", true)?;
        Ok(Params { places: AllowedPlaces::take(given), check_usage })
    }

    fn query(params: &Params, _: &SoFar) -> PlacedQuery<ModelQuery> {
        let look_up = params.places.look_up();
        if !params.check_usage {
            return PlacedQuery { of: ModelQuery::default(), look_up };
        }
        let places = params.places.clone();
        let need = move |model: &Model| match &model.subnets {
            // VPCs are known only later.
            Fact::Known(subnets) if places.vpcs.is_empty() && places.stranger(subnets).is_none() => Need::Components,
            Fact::Known(_) | Fact::Absent | Fact::Unread(_) => Need::Everything,
        };
        PlacedQuery { of: ModelQuery { need: Some(Box::new(need)) }, look_up }
    }

    fn decide(model: &Placed<Model>, params: &Params, _: Context<'_>) -> Verdict {
        let own = place(model, &model.of.subnets, params, "no VpcConfig; create the model anew with one");
        model.of.judge(own, |of| place(model, &of.subnets, params, "no VpcConfig; create it anew with one"))
    }
}

/// The verdict on the subnets of one `VpcConfig`.
fn place(model: &Placed<Model>, subnets: &Fact<Vec<String>>, params: &Params, none: &str) -> Verdict {
    match subnets {
        Fact::Known(subnets) => params
            .places
            .judge(model, subnets, |subnet| Verdict::non_compliant(format!("subnet {subnet} does not exist"))),
        Fact::Absent => Verdict::non_compliant(none),
        Fact::Unread(reason) => Verdict::undecided(reason),
    }
}

#[cfg(test)]
mod tests;
