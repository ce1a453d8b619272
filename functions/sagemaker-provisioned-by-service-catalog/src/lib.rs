//! # sagemaker-provisioned-by-service-catalog
//!
//! ## What it checks
//! Where SageMaker notebook instances, domains and endpoints come from, as their tags tell it: whether Service Catalog provisioned them.
//! Service Catalog tags what it provisions by itself, with the product (`aws:servicecatalog:productArn`) and who launched it
//! (`aws:servicecatalog:provisioningPrincipalArn`) among others. Any one of its five is enough. Nobody else can set a tag that
//! begins with `aws:`.
//!
//! `acceptCloudFormation`, on by default, also accepts the tag that CloudFormation puts on what its stacks create
//! (`aws:cloudformation:stack-id`).
//!
//! A stopped notebook instance is judged like a running one. Tags tell how a resource came; what was changed on it later is not seen.
//!
//! Not evaluated: apps and spaces of Studio, which it creates by itself; which product or stack it was. Service Catalog sets none of its tags
//! for Terraform products, so what these provision fails: exempt it. What people create from within Studio or Canvas, endpoints above
//! all, fails as it should: no product made it.
//!
//! ## Why it matters
//! A product of Service Catalog carries the platform's settings: network, keys, roles. What is made past it has the settings that
//! whoever made it thought of, and nobody updates it when the product is.
//!
//! ## Verdicts
//! * `COMPLIANT`: it has a tag of Service Catalog.
//! * `COMPLIANT`, with a note: it has the tag of a CloudFormation stack, and `acceptCloudFormation` is `true`.
//! * `NON_COMPLIANT`: it has none of these tags.
//! * `NON_COMPLIANT`: it has the tag of a CloudFormation stack only, and `acceptCloudFormation` is `false`.
//! * `NOT_APPLICABLE`: it is being created (domains, endpoints) or deleted, failed, is out of service, or no longer exists.
//! * Undecided, reported to Security Hub only, and an error of the function: its status is missing from the list or has a value that
//!   this release does not know, or its tags could not be read.
//!
//! ## How to fix
//! A resource cannot be handed to Service Catalog: launch the product that makes such a resource, move the work over, and delete the old one.
//!
//! ## References
//! * AWS Service Catalog Administrator Guide, "AWS Service Catalog `AutoTags`".
//! * AWS CloudFormation User Guide, "Resource tag": the tags that begin with `aws:cloudformation:`.
//! * Amazon SageMaker API, `ListTags`.

use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, Trigger, Values, Verdict,
};
use sagemaker::{Provisioned, ProvisionedStatus};

/// The rule.
#[derive(Debug)]
pub struct ByServiceCatalog;

/// The rule's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Whether a CloudFormation stack will do.
    pub accept_cloudformation: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-provisioned-by-service-catalog",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker notebook instances, domains and endpoints should be provisioned through Service Catalog",
    severity: Severity::Low,
    resource_types: &["AWS::SageMaker::NotebookInstance", "AWS::SageMaker::Domain", "AWS::SageMaker::Endpoint"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[ParameterSpec {
        name: "acceptCloudFormation",
        default: "true",
        values: Values::Flag,
        about: "accept what a CloudFormation stack created too",
    }],
    iam_actions: &[
        "sagemaker:ListDomains",
        "sagemaker:ListEndpoints",
        "sagemaker:ListNotebookInstances",
        "sagemaker:ListTags",
    ],
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: &["CA-9(1)", "CM-2", "CM-3(6)"],
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "A resource cannot be handed to Service Catalog. Launch the product that makes such a resource (or, where that is \
               accepted, create it with a CloudFormation stack), move the work over, and delete this one. If there is no such product, \
               ask the platform team for one.",
        url: "https://docs.aws.amazon.com/servicecatalog/latest/adminguide/autotags.html",
    },
};

/// The tags that Service Catalog sets by itself (`AutoTags`).
const AUTO_TAGS: [&str; 5] = [
    "aws:servicecatalog:portfolioArn",
    "aws:servicecatalog:productArn",
    "aws:servicecatalog:provisionedProductArn",
    "aws:servicecatalog:provisioningArtifactIdentifier",
    "aws:servicecatalog:provisioningPrincipalArn",
];

const STACK: &str = "aws:cloudformation:stack-id";

impl Rule for ByServiceCatalog {
    const META: Metadata = META;
    type Facts = Provisioned;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params { accept_cloudformation: given.flag("acceptCloudFormation", true)? })
    }

    fn decide(resource: &Provisioned, params: &Params, _: Context<'_>) -> Verdict {
        use ProvisionedStatus::{Creating, Deleting, Failed, OutOfService, Standing};
        match &resource.status {
            Fact::Known(Standing) => origin(resource, *params),
            Fact::Known(Creating) => Verdict::not_applicable("it is being created"),
            Fact::Known(Deleting) => Verdict::not_applicable("it is being deleted"),
            Fact::Known(Failed) => Verdict::not_applicable("it failed"),
            Fact::Known(OutOfService) => Verdict::not_applicable("it is out of service"),
            Fact::Absent => Verdict::undecided("the list gave no status"),
            Fact::Unread(reason) => Verdict::undecided(reason),
        }
    }
}

fn origin(resource: &Provisioned, Params { accept_cloudformation }: Params) -> Verdict {
    let tags = match &resource.tags {
        Fact::Known(tags) => tags,
        Fact::Absent => return Verdict::undecided("its tags were not asked for"),
        Fact::Unread(reason) => return Verdict::undecided(reason),
    };
    let has = |wanted: &str| tags.iter().find(|(key, value)| key == wanted && !value.is_empty());
    if AUTO_TAGS.into_iter().any(|key| has(key).is_some()) {
        return Verdict::COMPLIANT;
    }
    // `arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>`
    let name = |stack: &str| stack.split('/').nth(1).unwrap_or(stack).to_owned();
    match has(STACK) {
        Some((_, stack)) if accept_cloudformation => Verdict::compliant_but(format!(
            "created by the CloudFormation stack {}, not through Service Catalog",
            name(stack)
        )),
        Some((_, stack)) => Verdict::non_compliant(format!(
            "created by the CloudFormation stack {} and not through Service Catalog; launch a product instead",
            name(stack)
        )),
        None if accept_cloudformation => Verdict::non_compliant(
            "no tag of Service Catalog or CloudFormation, so neither created it; launch a product instead",
        ),
        None => Verdict::non_compliant("no tag of Service Catalog, so it did not create it; launch a product instead"),
    }
}

#[cfg(test)]
mod tests {
    use rule::Tags;

    use super::*;

    fn tags(tags: &[(&str, &str)]) -> Fact<Tags> {
        Fact::Known(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    fn told(status: Fact<ProvisionedStatus>, tags: Fact<Tags>, accept_cloudformation: bool) -> String {
        let resource = Provisioned { status, tags, details: Vec::new() };
        ByServiceCatalog::decide(&resource, &Params { accept_cloudformation }, Context::default()).to_string()
    }

    const NEITHER: &str =
        "NON_COMPLIANT no tag of Service Catalog or CloudFormation, so neither created it; launch a product instead";
    const NOT_CATALOG: &str =
        "NON_COMPLIANT no tag of Service Catalog, so it did not create it; launch a product instead";
    const BY_STACK: &str = "COMPLIANT created by the CloudFormation stack ml, not through Service Catalog";
    const NO_STACK: &str = "NON_COMPLIANT created by the CloudFormation stack ml and not through Service Catalog; launch a product instead";
    const STACK_TAG: (&str, &str) = (STACK, "arn:aws:cloudformation:eu-west-1:111122223333:stack/ml/0a1b");

    #[test]
    fn the_verdict_table() {
        use ProvisionedStatus::{Creating, Deleting, Failed, OutOfService, Standing};
        let is_there = || Fact::Known(Standing);
        let product = ("aws:servicecatalog:productArn", "arn:aws:catalog:eu-west-1:111122223333:product/prod-1");
        let denied = || Fact::Unread("sagemaker:ListTags failed: AccessDeniedException".to_owned());
        let unknown = || Fact::Unread("EndpointStatus is `Odd`, which this release does not know".to_owned());
        for (status, tags, both, catalog_only) in [
            (is_there(), tags(&[product]), "COMPLIANT", "COMPLIANT"),
            (is_there(), tags(&[("team", "fraud"), STACK_TAG, product]), "COMPLIANT", "COMPLIANT"),
            (is_there(), tags(&[STACK_TAG]), BY_STACK, NO_STACK),
            (is_there(), tags(&[]), NEITHER, NOT_CATALOG),
            (is_there(), tags(&[("team", "fraud")]), NEITHER, NOT_CATALOG),
            (is_there(), tags(&[("aws:cloudformation:stack-name", "ml")]), NEITHER, NOT_CATALOG),
            (is_there(), tags(&[("servicecatalog:productArn", "prod-1")]), NEITHER, NOT_CATALOG),
            (is_there(), tags(&[("aws:servicecatalog:productArn", ""), (STACK, "")]), NEITHER, NOT_CATALOG),
            (is_there(), tags(&[("aws:servicecatalog:productarn", "prod-1")]), NEITHER, NOT_CATALOG),
            (
                is_there(),
                denied(),
                "undecided sagemaker:ListTags failed: AccessDeniedException",
                "undecided sagemaker:ListTags failed: AccessDeniedException",
            ),
            (
                is_there(),
                Fact::Absent,
                "undecided its tags were not asked for",
                "undecided its tags were not asked for",
            ),
            (
                Fact::Known(Creating),
                Fact::Absent,
                "NOT_APPLICABLE it is being created",
                "NOT_APPLICABLE it is being created",
            ),
            (
                Fact::Known(Deleting),
                Fact::Absent,
                "NOT_APPLICABLE it is being deleted",
                "NOT_APPLICABLE it is being deleted",
            ),
            (Fact::Known(Failed), tags(&[]), "NOT_APPLICABLE it failed", "NOT_APPLICABLE it failed"),
            (
                Fact::Known(OutOfService),
                Fact::Absent,
                "NOT_APPLICABLE it is out of service",
                "NOT_APPLICABLE it is out of service",
            ),
            (Fact::Absent, tags(&[product]), "undecided the list gave no status", "undecided the list gave no status"),
            (
                unknown(),
                tags(&[]),
                "undecided EndpointStatus is `Odd`, which this release does not know",
                "undecided EndpointStatus is `Odd`, which this release does not know",
            ),
        ] {
            let row = format!("{status:?} {tags:?}");
            assert_eq!(told(status.clone(), tags.clone(), true), both, "{row}");
            assert_eq!(told(status, tags, false), catalog_only, "{row}, catalog only");
        }
    }

    #[test]
    fn each_of_the_five_auto_tags_is_enough() {
        for key in AUTO_TAGS {
            let standing = Fact::Known(ProvisionedStatus::Standing);
            assert_eq!(told(standing, tags(&[(key, "x")]), false), "COMPLIANT", "{key}");
        }
    }

    #[test]
    fn stacks_are_accepted_unless_that_is_switched_off() {
        for (given, accept_cloudformation) in [("", true), ("true", true), ("false", false)] {
            let mut given = Parameters::new([("acceptCloudFormation".to_owned(), given.to_owned())]);
            assert_eq!(ByServiceCatalog::params(&mut given), Ok(Params { accept_cloudformation }));
            assert_eq!(given.finish(), Ok(()));
        }
    }
}
