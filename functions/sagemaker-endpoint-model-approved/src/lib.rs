//! # sagemaker-endpoint-model-approved
//!
//! ## What it checks
//! Where the models come from that a SageMaker endpoint serves now: whether every container of every model of every production and
//! shadow variant is made from a model package (`ModelPackageName`) that is approved in the model registry (`ModelApprovalStatus` of
//! `DescribeModelPackage`). The approval counts that there is now, not the one that there was when the endpoint was made.
//!
//! Variants without a model host inference components, whose models are judged. Serverless variants have models like others.
//!
//! * `modelPackageGroups`: the model package groups that may serve, all if it is not given; `*` stands for any run of characters. A
//!   name is that of a group of this account; a group of another account is allowed by its ARN.
//! * `requireManualApproval`: a version that was created as `Approved` fails. The API does not tell who approved a version and when. What
//!   it does tell: `ApprovalDescription` can be given after the creation only, so a version with one was reviewed. One without, that nothing
//!   has changed since its creation, was created as `Approved`. Of any other nobody can tell, and it is undecided: give an
//!   `ApprovalDescription` with every approval. Whether it was a person who approved is not told either.
//!
//! Models and endpoint configurations are known to an endpoint by name. One that is younger than the endpoint's last change is not
//! the one that serves. Of a deployment under way, what served before it is judged, and the rest when it is done.
//!
//! Not evaluated: a model or configuration that was deleted and created anew before the endpoint's last change, which may have been about
//! something else: it passes for the one that serves; adapters of inference components, which the registry cannot hold; what a package is
//! made of, and whether images and artifacts are still the ones that were approved.
//!
//! ## Why it matters
//! The registry is where somebody looks at a model before it decides anything: at its metrics, its bias, its data. A model that was made
//! from an image passes by all that, and a version that was rejected after its deployment goes on serving until somebody replaces it.
//!
//! ## Verdicts
//! * `COMPLIANT`: every container is made from an approved version of an allowed group.
//! * `NON_COMPLIANT`: a container has an image and no model package, or an inference component has a container and no model: it is not
//!   from the registry.
//! * `NON_COMPLIANT`: a model package is in no model package group (unversioned, such as those of the AWS Marketplace): the API has no
//!   approval of such, so nobody approved it. Exempt endpoints that are to serve one.
//! * `NON_COMPLIANT`: a version is in a group that `modelPackageGroups` does not allow, is `Rejected` or `PendingManualApproval`, or no
//!   longer exists.
//! * `NON_COMPLIANT`: with `requireManualApproval`, a version was created as `Approved`.
//! * `NOT_APPLICABLE`: the endpoint is being created or deleted, failed, is out of service, or no longer exists.
//! * `NOT_APPLICABLE`: it hosts no inference component yet.
//! * Undecided, reported to Security Hub only, and an error of the function: nothing is known to fail, and something is missing, has a value
//!   that this release does not know, or could not be read, such as a model or endpoint configuration that was deleted or created anew
//!   under the endpoint, a package of another account that this one may not see, or the other configuration of an endpoint whose
//!   roll-back failed (`UpdateRollbackFailed`).
//!
//! ## How to fix
//! Register the model as a version of a model package group, have it approved (`UpdateModelPackage`, with an `ApprovalDescription`), create
//! a model from the version, an endpoint configuration with that model, and `UpdateEndpoint`. If it is an old version that was rejected,
//! update the endpoint to one that is approved.
//!
//! ## References
//! * Amazon SageMaker Developer Guide, "Model Registration Deployment with Model Registry" and "Update the Approval Status of a Model".
//! * Amazon SageMaker API, `DescribeModelPackage`, `CreateModelPackage` (an approval status does not apply to unversioned models) and
//!   `UpdateModelPackage`.
//! * Prowler `sagemaker_models_registry_in_use`: whether there is an approved package at all, served or not.

mod deployment;

pub use deployment::{Deployment, Deployments, Origin, Part};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, Trigger, Values, Verdict, matches,
};
use sagemaker::{Approval, EndpointStatus, ModelPackage};

/// The rule.
#[derive(Debug)]
pub struct ModelApproved;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Patterns of the groups that may serve; all if empty.
    pub groups: Vec<String>,
    /// Whether a version that was created as approved fails.
    pub require_manual_approval: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-endpoint-model-approved",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker endpoints should serve models that are approved in the model registry",
    severity: Severity::Medium,
    resource_types: &["AWS::SageMaker::Endpoint"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "modelPackageGroups",
            default: "",
            values: Values::List,
            about: "model package groups that may serve: names of this account's, ARNs of any; `*` stands for any run of \
                    characters; all if not given",
        },
        ParameterSpec {
            name: "requireManualApproval",
            default: "false",
            values: Values::Flag,
            about: "fail a version that was created as `Approved`",
        },
    ],
    iam_actions: &[
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeInferenceComponent",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeModelPackage",
        "sagemaker:ListEndpoints",
        "sagemaker:ListInferenceComponents",
        "sagemaker:ListTags",
    ],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["CA-9(1)", "CM-3", "CM-3(6)", "SI-7(6)"],
            provenance: Provenance::Inferred,
        },
        Requirements { framework: "ISO 27001:2022", ids: &["A.8.32"], provenance: Provenance::Inferred },
    ],
    remediation: Remediation {
        text: "Register the model as a version of a model package group and have the version approved (UpdateModelPackage, with an \
               ApprovalDescription). Create a model from the version (ModelPackageName), an endpoint configuration with that model, \
               and call UpdateEndpoint. If the version was rejected or deleted, update the endpoint to one that is approved.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-approve.html",
    },
};

impl Rule for ModelApproved {
    const META: Metadata = META;
    type Facts = Deployment;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let groups = given.list("modelPackageGroups");
        Ok(Params { groups, require_manual_approval: given.flag("requireManualApproval", false)? })
    }

    fn decide(deployment: &Deployment, params: &Params, context: Context<'_>) -> Verdict {
        if let Some(verdict) = EndpointStatus::gate(&deployment.status) {
            return verdict;
        }
        if deployment.parts.is_empty() {
            return Verdict::not_applicable("the endpoint hosts no inference component, so it serves no model");
        }
        let (mut failures, mut unknown) = (Reasons::default(), Reasons::default());
        for part in &deployment.parts {
            let (reasons, reason) = match judge(&part.origin, params, context) {
                Answer::Good => continue,
                Answer::Bad(reason) => (&mut failures, reason),
                Answer::Unknown(reason) => (&mut unknown, reason),
            };
            let model = part.model.as_ref().map(|name| format!("model {name}: ")).unwrap_or_default();
            reasons.add(format!("{model}{reason}"), part.variant.as_deref());
        }
        if !failures.0.is_empty() {
            Verdict::non_compliant(failures.told())
        } else if !unknown.0.is_empty() {
            Verdict::undecided(unknown.told())
        } else {
            Verdict::COMPLIANT
        }
    }
}

/// Reasons, each once, with the variants of which it is true.
#[derive(Default)]
struct Reasons<'a>(Vec<(String, Vec<&'a str>)>);

impl<'a> Reasons<'a> {
    fn add(&mut self, reason: String, variant: Option<&'a str>) {
        match self.0.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, variants)) => variants.extend(variant.filter(|variant| !variants.contains(variant))),
            None => self.0.push((reason, variant.into_iter().collect())),
        }
    }

    fn told(&self) -> String {
        let told = self.0.iter().map(|(reason, variants)| match variants[..] {
            [] => reason.clone(),
            [variant] => format!("variant {variant}: {reason}"),
            _ => format!("variants {}: {reason}", variants.join(", ")),
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

/// What can be said of a container.
enum Answer {
    Good,
    /// It certainly should not serve, and why.
    Bad(String),
    /// Nobody can tell, and why.
    Unknown(String),
}

fn judge(origin: &Origin, params: &Params, context: Context<'_>) -> Answer {
    let (named, package) = match origin {
        Origin::Package { named, package } => (named, package),
        Origin::Image(Some(image)) => {
            return Answer::Bad(format!("image {image} and no model package; create the model from an approved one"));
        }
        Origin::Image(None) => {
            return Answer::Bad(
                "an inference component has a container and no model; give it a model from an approved model package"
                    .to_owned(),
            );
        }
        Origin::Unknown(reason) => return Answer::Unknown(reason.clone()),
    };
    match package {
        Fact::Known(package) => judge_package(package, params, context),
        Fact::Absent if is_own(named, context) => {
            Answer::Bad(format!("model package {} no longer exists; serve an approved one", brief(named, context)))
        }
        // What may not be seen may be said not to exist.
        Fact::Absent => Answer::Unknown(format!(
            "model package {} does not exist, or this account may not see it",
            brief(named, context)
        )),
        Fact::Unread(reason) => Answer::Unknown(reason.clone()),
    }
}

fn judge_package(package: &ModelPackage, params: &Params, context: Context<'_>) -> Answer {
    let name = brief(&package.arn, context);
    let group = match &package.group {
        Fact::Known(group) if is_allowed(group, package, params, context) => Answer::Good,
        Fact::Known(group) => {
            Answer::Bad(format!("model package {name} is of group {group}, which modelPackageGroups does not allow"))
        }
        // An approval status does not apply to it, whatever the answer says.
        Fact::Absent => {
            return Answer::Bad(format!(
                "model package {name} is in no model package group, so nobody approved it; serve an approved version of one"
            ));
        }
        Fact::Unread(_) if params.groups.is_empty() => Answer::Good,
        Fact::Unread(reason) => Answer::Unknown(format!("model package {name}: {reason}")),
    };
    let approval = match &package.approval {
        Fact::Known(Approval::Approved) if params.require_manual_approval => match package.reviewed {
            Some(true) => Answer::Good,
            Some(false) => Answer::Bad(format!(
                "model package {name} was created as Approved; have it reviewed, and approved with an ApprovalDescription"
            )),
            None => Answer::Unknown(format!(
                "whether model package {name} was created as Approved cannot be told; approve it with an ApprovalDescription"
            )),
        },
        Fact::Known(Approval::Approved) => Answer::Good,
        Fact::Known(Approval::Pending) => {
            Answer::Bad(format!("model package {name} is PendingManualApproval; approve it, or serve an approved one"))
        }
        Fact::Known(Approval::Rejected) => {
            Answer::Bad(format!("model package {name} is Rejected; serve an approved one"))
        }
        Fact::Absent => Answer::Unknown(format!("DescribeModelPackage gave no ModelApprovalStatus of {name}")),
        Fact::Unread(reason) => Answer::Unknown(format!("model package {name}: {reason}")),
    };
    match (group, approval) {
        (bad @ Answer::Bad(_), _) | (_, bad @ Answer::Bad(_)) => bad,
        (unknown @ Answer::Unknown(_), _) | (_, unknown @ Answer::Unknown(_)) => unknown,
        (Answer::Good, Answer::Good) => Answer::Good,
    }
}

/// Whether the group may serve. The name alone tells groups of different accounts not apart, so it stands for this account's.
fn is_allowed(group: &str, package: &ModelPackage, params: &Params, context: Context<'_>) -> bool {
    let place = package.arn.split_once(":model-package/").map_or("", |(place, _)| place);
    let arn = format!("{place}:model-package-group/{group}");
    // SageMaker writes names into ARNs in lower case.
    let (arn, lower, own) = (arn.as_str(), arn.to_lowercase(), is_own(&package.arn, context));
    // A pattern for names would fit the end of any ARN.
    let of_arn = |pattern: &str| pattern.starts_with("arn:") && (matches(pattern, arn) || matches(pattern, &lower));
    let fits = |pattern: &String| pattern == "*" || own && matches(pattern, group) || of_arn(pattern);
    params.groups.is_empty() || params.groups.iter().any(fits)
}

/// The account of an ARN; none of a name.
fn account(package: &str) -> Option<&str> {
    package.strip_prefix("arn:")?.split(':').nth(3)
}

/// Whether a model package is this account's. One that is known by its name alone is.
fn is_own(package: &str, context: Context<'_>) -> bool {
    account(package).is_none_or(|account| account == context.account)
}

/// `<group>/<version>` of an ARN, with the account where that is another one.
fn brief(package: &str, context: Context<'_>) -> String {
    let name = package.split_once(":model-package/").map_or(package, |(_, name)| name);
    match account(package) {
        Some(account) if !is_own(package, context) => format!("{name} of account {account}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/churn/3";
    const OTHERS: &str = "arn:aws:sagemaker:eu-west-1:444455556666:model-package/churn/3";
    const MARKET: &str = "arn:aws:sagemaker:eu-west-1:865070037744:model-package/vendor-search";

    fn version(arn: &str, approval: Fact<Approval>) -> ModelPackage {
        ModelPackage { arn: arn.to_owned(), group: Fact::Known("churn".to_owned()), approval, reviewed: None }
    }

    fn of(arn: &str, package: Fact<ModelPackage>) -> Part {
        part(Origin::Package { named: arn.to_owned(), package })
    }

    fn part(origin: Origin) -> Part {
        Part { variant: Some("v1".to_owned()), model: Some("m".to_owned()), origin }
    }

    fn known(arn: &str, approval: Approval) -> Part {
        of(arn, Fact::Known(version(arn, Fact::Known(approval))))
    }

    fn changed(change: impl FnOnce(&mut ModelPackage)) -> Part {
        let mut package = version(OWN, Fact::Known(Approval::Approved));
        change(&mut package);
        of(OWN, Fact::Known(package))
    }

    fn image() -> Part {
        part(Origin::Image(Some("registry/model:1".to_owned())))
    }

    fn told(status: Fact<EndpointStatus>, parts: &[Part], groups: &[&str], require_manual_approval: bool) -> String {
        let deployment = Deployment { status, parts: parts.to_vec(), details: Vec::new() };
        let groups = groups.iter().map(ToString::to_string).collect();
        let context = Context { account: "111122223333", ..Context::default() };
        ModelApproved::decide(&deployment, &Params { groups, require_manual_approval }, context).to_string()
    }

    fn serving(parts: &[Part], groups: &[&str], require_manual_approval: bool) -> String {
        told(Fact::Known(EndpointStatus::Serving), parts, groups, require_manual_approval)
    }

    const IMAGE: &str = "NON_COMPLIANT variant v1: model m: image registry/model:1 and no model package; create the model from an \
                         approved one";
    const REJECTED: &str =
        "NON_COMPLIANT variant v1: model m: model package churn/3 is Rejected; serve an approved one";

    #[test]
    fn the_verdict_table() {
        use Approval::{Approved, Pending, Rejected};
        let denied = || "sagemaker:DescribeModelPackage failed: AccessDeniedException".to_owned();
        let no_group = |package: &mut ModelPackage| package.group = Fact::Unread("no group".to_owned());
        for (parts, expected) in [
            (vec![], "NOT_APPLICABLE the endpoint hosts no inference component, so it serves no model"),
            (vec![known(OWN, Approved)], "COMPLIANT"),
            (vec![known(OTHERS, Approved)], "COMPLIANT"),
            (vec![known(OWN, Rejected)], REJECTED),
            (
                vec![known(OTHERS, Rejected)],
                "NON_COMPLIANT variant v1: model m: model package churn/3 of account 444455556666 is Rejected; serve an \
                 approved one",
            ),
            (
                vec![known(OWN, Pending)],
                "NON_COMPLIANT variant v1: model m: model package churn/3 is PendingManualApproval; approve it, or serve an \
                 approved one",
            ),
            (
                vec![of(OWN, Fact::Known(version(OWN, Fact::Absent)))],
                "undecided variant v1: model m: DescribeModelPackage gave no ModelApprovalStatus of churn/3",
            ),
            (
                vec![of(OWN, Fact::Known(version(OWN, Fact::Unread("odd".to_owned()))))],
                "undecided variant v1: model m: model package churn/3: odd",
            ),
            (
                vec![of(OWN, Fact::Absent)],
                "NON_COMPLIANT variant v1: model m: model package churn/3 no longer exists; serve an approved one",
            ),
            (
                vec![of("churn", Fact::Absent)],
                "NON_COMPLIANT variant v1: model m: model package churn no longer exists; serve an approved one",
            ),
            (
                vec![of(OTHERS, Fact::Absent)],
                "undecided variant v1: model m: model package churn/3 of account 444455556666 does not exist, or this account \
                 may not see it",
            ),
            (
                vec![of(OTHERS, Fact::Unread(denied()))],
                "undecided variant v1: model m: sagemaker:DescribeModelPackage failed: AccessDeniedException",
            ),
            // In no group: an approval status does not apply.
            (
                vec![of(MARKET, Fact::Known(ModelPackage { group: Fact::Absent, ..version(MARKET, Fact::Absent) }))],
                "NON_COMPLIANT variant v1: model m: model package vendor-search of account 865070037744 is in no model package \
                 group, so nobody approved it; serve an approved version of one",
            ),
            (
                vec![changed(|package| package.group = Fact::Absent)],
                "NON_COMPLIANT variant v1: model m: model package churn/3 is in no model package group, so nobody approved it; \
                 serve an approved version of one",
            ),
            (vec![changed(no_group)], "COMPLIANT"),
            // Not from the registry.
            (vec![image()], IMAGE),
            (
                vec![Part { model: None, ..part(Origin::Image(None)) }],
                "NON_COMPLIANT variant v1: an inference component has a container and no model; give it a model from an approved \
                 model package",
            ),
            (
                vec![Part::unknown(Some("v1"), "model m no longer exists")],
                "undecided variant v1: model m no longer exists",
            ),
            (vec![Part::unknown(None, "no config")], "undecided no config"),
            // Several: what fails counts, whatever else is not known.
            (vec![known(OWN, Approved), known(OWN, Approved)], "COMPLIANT"),
            (vec![known(OWN, Approved), image()], IMAGE),
            (vec![image(), image()], IMAGE),
            (vec![Part::unknown(None, "no config"), image()], IMAGE),
            (vec![of(OTHERS, Fact::Unread(denied())), known(OWN, Rejected)], REJECTED),
            (vec![known(OWN, Approved), Part::unknown(None, "no config")], "undecided no config"),
            (
                vec![Part { variant: Some("v2".to_owned()), ..known(OWN, Rejected) }, known(OWN, Rejected)],
                "NON_COMPLIANT variants v2, v1: model m: model package churn/3 is Rejected; serve an approved one",
            ),
        ] {
            assert_eq!(serving(&parts, &[], false), expected, "{parts:#?}");
        }
    }

    #[test]
    fn only_what_serves_is_judged() {
        use EndpointStatus::{Creating, Deleting, Failed, Mixed, OutOfService};
        let unknown = || "EndpointStatus is `Odd`, which this release does not know".to_owned();
        for (status, expected) in [
            (Fact::Known(Mixed), IMAGE),
            (Fact::Known(Creating), "NOT_APPLICABLE the endpoint is being created"),
            (Fact::Known(Deleting), "NOT_APPLICABLE the endpoint is being deleted"),
            (Fact::Known(Failed), "NOT_APPLICABLE the endpoint failed"),
            (Fact::Known(OutOfService), "NOT_APPLICABLE the endpoint is out of service"),
            (Fact::Absent, "undecided DescribeEndpoint gave no EndpointStatus"),
            (Fact::Unread(unknown()), "undecided EndpointStatus is `Odd`, which this release does not know"),
        ] {
            assert_eq!(told(status, &[image()], &[], false), expected);
        }
    }

    #[test]
    fn only_allowed_groups_serve() {
        use Approval::{Approved, Rejected};
        let not_allowed = |name: &str| {
            format!(
                "NON_COMPLIANT variant v1: model m: model package {name} is of group churn, which modelPackageGroups does not \
                 allow"
            )
        };
        let (own, others) = (not_allowed("churn/3"), not_allowed("churn/3 of account 444455556666"));
        let unread = || changed(|package| package.group = Fact::Unread("no group".to_owned()));
        let rejected = changed(|package| {
            (package.group, package.approval) = (Fact::Unread("no group".to_owned()), Fact::Known(Rejected));
        });
        for (groups, part, expected) in [
            (&["churn"] as &[_], known(OWN, Approved), "COMPLIANT"),
            (&["pricing", "ch*"], known(OWN, Approved), "COMPLIANT"),
            (&["*"], known(OTHERS, Approved), "COMPLIANT"),
            (&["Churn"], known(OWN, Approved), own.as_str()),
            (&["pricing"], known(OWN, Approved), &own),
            (&["pricing"], known(OWN, Rejected), &own),
            (&["churn"], known(OWN, Rejected), REJECTED),
            // A group of the same name elsewhere is another group.
            (&["churn"], known(OTHERS, Approved), &others),
            (&["*churn"], known(OTHERS, Approved), &others),
            (&["*churn"], known(OWN, Approved), "COMPLIANT"),
            (
                &["arn:aws:sagemaker:eu-west-1:444455556666:model-package-group/churn"],
                known(OTHERS, Approved),
                "COMPLIANT",
            ),
            (&["arn:aws:sagemaker:*:444455556666:model-package-group/*"], known(OTHERS, Approved), "COMPLIANT"),
            (&["arn:aws:sagemaker:*:444455556666:model-package-group/*"], known(OWN, Approved), &own),
            (&["churn"], unread(), "undecided variant v1: model m: model package churn/3: no group"),
            (&["churn"], rejected, REJECTED),
            (
                &["churn"],
                changed(|package| package.approval = Fact::Absent),
                "undecided variant v1: model m: DescribeModelPackage gave no ModelApprovalStatus of churn/3",
            ),
            (&["pricing"], changed(|package| package.approval = Fact::Absent), &own),
        ] {
            assert_eq!(serving(&[part], groups, false), expected, "{groups:?}");
        }
    }

    #[test]
    fn a_version_that_was_created_as_approved_fails_on_request() {
        const CREATED: &str = "NON_COMPLIANT variant v1: model m: model package churn/3 was created as Approved; have it reviewed, \
                               and approved with an ApprovalDescription";
        const NOT_TOLD: &str = "undecided variant v1: model m: whether model package churn/3 was created as Approved cannot be told; \
                                approve it with an ApprovalDescription";
        for (reviewed, expected) in [(Some(true), "COMPLIANT"), (Some(false), CREATED), (None, NOT_TOLD)] {
            let approved = changed(|package| package.reviewed = reviewed);
            assert_eq!(serving(std::slice::from_ref(&approved), &[], true), expected);
            assert_eq!(serving(&[approved], &[], false), "COMPLIANT");
            let rejected = changed(|package| {
                (package.reviewed, package.approval) = (reviewed, Fact::Known(Approval::Rejected));
            });
            assert_eq!(serving(&[rejected], &[], true), REJECTED);
        }
    }

    #[test]
    fn parameters_are_typed() {
        let given = [("modelPackageGroups", "churn, credit-*"), ("requireManualApproval", "true")];
        let mut given = Parameters::new(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let groups = vec!["churn".to_owned(), "credit-*".to_owned()];
        assert_eq!(ModelApproved::params(&mut given), Ok(Params { groups, require_manual_approval: true }));
        assert_eq!(given.finish(), Ok(()));
        let none = Params { groups: Vec::new(), require_manual_approval: false };
        assert_eq!(ModelApproved::params(&mut Parameters::default()), Ok(none));
    }
}
