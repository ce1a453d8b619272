//! # sagemaker-endpoint-autoscaling
//!
//! ## What it checks
//! Whether the production variants of a SageMaker endpoint that run on instances scale with their traffic. Of each, everything that says
//! how it scales has to be right, and something has to:
//!
//! * *Its scalable target* (dimension `sagemaker:variant:DesiredInstanceCount`): `MinCapacity` is at least `minCapacity`, `MaxCapacity` is
//!   above `MinCapacity`, there is a scaling policy, and nothing is suspended, neither scaling in nor out nor scheduled scaling.
//! * *Managed instance scaling*, where it is enabled: `MinInstanceCount` is at least `minCapacity`, and `MaxInstanceCount` is above it.
//!
//! Of a variant that hosts inference components, each component needs a scalable target of its own beside that (dimension
//! `sagemaker:inference-component:DesiredCopyCount`), of which the same is asked, in copies: instances that are added host nothing until
//! there are more copies. Adapters are wherever their base component is. A variant hosts components if its endpoint configuration names
//! no model for it; where that is not known, the endpoint's list of components says it.
//!
//! Names in resource ids are compared without case, since names of endpoints do not differ in case alone.
//!
//! Not evaluated: scheduled actions, which follow the clock and not the traffic, and so do not stand in for a policy; what a policy aims
//! at, and whether the alarms of a step scaling policy are still there; and shadow variants.
//!
//! ## Why it matters
//! Traffic that grows beyond what the instances can answer is answered with errors. Autoscaling that somebody suspended for a
//! deployment, or that has limits and no policy, looks like autoscaling in a list and does nothing.
//!
//! ## Verdicts
//! * `COMPLIANT`: each of these variants scales, and so do the components on it.
//! * `NON_COMPLIANT`: a variant or a component does not scale, is suspended, has no policy, may go below `minCapacity`, or cannot grow.
//!   Where one of these is certain it holds whatever else could not be read. An asynchronous endpoint that may scale to zero fails unless
//!   `minCapacity` is `0`.
//! * `NOT_APPLICABLE`: the endpoint is being created or deleted, failed, is out of service, or no longer exists.
//! * `NOT_APPLICABLE`: all its production variants are serverless.
//! * Undecided, reported to Security Hub only, and an error of the function: the verdict hangs on something that is missing, has a value
//!   that this release does not know, or could not be read; or a capacity is 0 where AWS takes none below 1, which is how a capacity
//!   that was not sent looks.
//!
//! ## How to fix
//! `RegisterScalableTarget` for the variant with a `MinCapacity` of two at least, a higher `MaxCapacity` and no `SuspendedState`, and
//! `PutScalingPolicy`, a target tracking one for most.
//!
//! ## References
//! * Amazon SageMaker Developer Guide, "Automatic scaling of Amazon SageMaker AI models", also for capacities of 1 at least; "Temporarily
//!   turn off scaling policies".
//! * Application Auto Scaling API, `DescribeScalableTargets`, `DescribeScalingPolicies` and `SuspendedState`; Amazon SageMaker API,
//!   `ProductionVariantManagedInstanceScaling`.

mod scaled;

use autoscaling::Scaling;
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, Trigger, Values, Verdict,
};
use sagemaker::EndpointStatus;
pub use scaled::{Component, ScaledEndpoint, ScaledEndpoints, Variant};

/// The rule.
#[derive(Debug)]
pub struct Autoscaling;

/// The rule's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Instances, or copies of a component, below which scaling in may not go.
    pub min_capacity: u32,
}

const META: Metadata = Metadata {
    name: "sagemaker-endpoint-autoscaling",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker endpoints should scale with their traffic",
    severity: Severity::Medium,
    resource_types: &["AWS::SageMaker::Endpoint"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[ParameterSpec {
        name: "minCapacity",
        default: "2",
        values: Values::Number(0, 1000),
        about: "instances of a variant, and copies of an inference component, below which scaling in may not go, 0 to 1000; 0 lets them \
                scale to zero",
    }],
    iam_actions: &[
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeInferenceComponent",
        "sagemaker:ListEndpoints",
        "sagemaker:ListInferenceComponents",
        "sagemaker:ListTags",
    ],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["CP-10", "SA-13", "SC-36", "SC-5"],
            provenance: Provenance::Inferred,
        },
        Requirements { framework: "ISO 27001:2022", ids: &["A.8.14"], provenance: Provenance::Inferred },
    ],
    remediation: Remediation {
        text: "Register each variant with RegisterScalableTarget (MinCapacity of two at least, a higher MaxCapacity, nothing in \
               SuspendedState) and give it a policy with PutScalingPolicy, for example target tracking. Inference components are \
               registered by DesiredCopyCount, and their variant gets managed instance scaling in the endpoint configuration.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html",
    },
};

impl Rule for Autoscaling {
    const META: Metadata = META;
    type Facts = ScaledEndpoint;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params { min_capacity: given.number("minCapacity", 0..=1000)?.unwrap_or(2) })
    }

    fn decide(endpoint: &ScaledEndpoint, params: &Params, _: Context<'_>) -> Verdict {
        if let Some(verdict) = EndpointStatus::gate(&endpoint.status) {
            return verdict;
        }
        if endpoint.variants.is_empty() {
            return Verdict::undecided("DescribeEndpoint gave no ProductionVariants");
        }
        if endpoint.variants.iter().all(|variant| variant.serverless == Fact::Known(true)) {
            return Verdict::not_applicable("serverless: AWS scales it");
        }
        let mut all = Findings::default();
        for variant in &endpoint.variants {
            let of_variant = match &variant.serverless {
                Fact::Known(true) => continue,
                Fact::Known(false) => of_variant(variant, endpoint.asynchronous, *params),
                Fact::Absent | Fact::Unread(_) => Findings::default(),
            };
            all.add(&format!("variant {}: ", variant.name), of_variant);
            if let Fact::Unread(reason) = &variant.serverless {
                // Whatever else is wrong with it, it may be none of this rule's business.
                all.unknown.push(format!("variant {}: {reason}", variant.name));
            }
            for component in &variant.components {
                all.add(
                    &format!("component {}: ", component.name),
                    of_targets(&component.targets, "copy", true, *params),
                );
            }
        }
        if let Fact::Unread(reason) = &endpoint.components {
            all.unknown.push(reason.clone());
        }
        if !all.failures.is_empty() {
            Verdict::non_compliant(all.failures.join("; "))
        } else if !all.unknown.is_empty() {
            Verdict::undecided(all.unknown.join("; "))
        } else {
            Verdict::COMPLIANT
        }
    }
}

/// What is certainly wrong, and what is not known.
#[derive(Debug, Default)]
struct Findings {
    failures: Vec<String>,
    unknown: Vec<String>,
}

impl Findings {
    fn failure(reason: impl Into<String>) -> Self {
        Self { failures: vec![reason.into()], unknown: Vec::new() }
    }

    fn unknown(reason: impl Into<String>) -> Self {
        Self { failures: Vec::new(), unknown: vec![reason.into()] }
    }

    /// These too, as being about something.
    fn add(&mut self, about: &str, Self { failures, unknown }: Self) {
        for (all, new) in [(&mut self.failures, failures), (&mut self.unknown, unknown)] {
            if !new.is_empty() {
                all.push(format!("{about}{}", new.join(", ")));
            }
        }
    }

    fn and(mut self, Self { failures, unknown }: Self) -> Self {
        self.failures.extend(failures);
        self.unknown.extend(unknown);
        self
    }
}

fn of_variant(variant: &Variant, asynchronous: bool, params: Params) -> Findings {
    let managed = match (&variant.managed_minimum, &variant.managed_maximum) {
        (Fact::Absent, Fact::Absent) => None,
        (minimum, maximum) => {
            let few = at_least(minimum, params, |count| {
                format!(
                    "managed instance scaling may leave {count} {} (min {})",
                    things(count, "instance"),
                    params.min_capacity
                )
            });
            let names = ["MaxInstanceCount", "MinInstanceCount"];
            Some(few.and(grows(minimum, maximum, names)))
        }
    };
    match (managed, &variant.targets) {
        // Components are scaled in copies, and instances follow.
        (Some(managed), Ok(targets)) if targets.is_empty() => managed,
        (Some(managed), targets) => managed.and(of_targets(targets, "instance", asynchronous, params)),
        (None, Ok(targets)) if targets.is_empty() && !variant.components.is_empty() => {
            Findings::failure("no managed instance scaling")
        }
        (None, targets) => of_targets(targets, "instance", asynchronous, params),
    }
}

/// The scalable targets of a variant or component, of which one is usual. Only some may have a capacity of zero.
fn of_targets(targets: &Result<Vec<Scaling>, String>, thing: &str, zero_is_taken: bool, params: Params) -> Findings {
    let targets = match targets {
        Ok(targets) if targets.is_empty() => return Findings::failure("no autoscaling"),
        Ok(targets) => targets,
        Err(reason) => return Findings::unknown(reason),
    };
    targets
        .iter()
        .map(|target| of_target(target, thing, zero_is_taken, params))
        .fold(Findings::default(), Findings::and)
}

fn of_target(target: &Scaling, thing: &str, zero_is_taken: bool, params: Params) -> Findings {
    let looks_unsent = |fact: &Fact<u32>, name: &str, taken: bool| match fact {
        Fact::Known(0) if !taken => Fact::Unread(format!("{name} of the scalable target is 0, or was not sent")),
        fact => fact.clone(),
    };
    let minimum = looks_unsent(&target.minimum, "MinCapacity", zero_is_taken);
    // Nothing that scales has at most none.
    let maximum = looks_unsent(&target.maximum, "MaxCapacity", false);
    let few = at_least(&minimum, params, |count| {
        format!("autoscaling may leave {count} {} (min {})", things(count, thing), params.min_capacity)
    });
    let suspended = match target.suspended.join(", ") {
        none if none.is_empty() => Findings::default(),
        what => Findings::failure(format!("autoscaling is suspended ({what})")),
    };
    let policy = match &target.has_policy {
        Fact::Known(true) => Findings::default(),
        Fact::Known(false) => Findings::failure("autoscaling has no scaling policy"),
        Fact::Absent => Findings::unknown("DescribeScalingPolicies gave nothing"),
        Fact::Unread(reason) => Findings::unknown(reason),
    };
    few.and(grows(&minimum, &maximum, ["MaxCapacity", "MinCapacity"])).and(suspended).and(policy)
}

fn at_least(fact: &Fact<u32>, params: Params, few: impl Fn(u32) -> String) -> Findings {
    match fact {
        Fact::Known(count) if *count < params.min_capacity => Findings::failure(few(*count)),
        Fact::Known(_) => Findings::default(),
        Fact::Absent => Findings::unknown("a least capacity was not given"),
        Fact::Unread(reason) => Findings::unknown(reason),
    }
}

/// Whether there is room between two limits, which are called so.
fn grows(minimum: &Fact<u32>, maximum: &Fact<u32>, [most, least]: [&str; 2]) -> Findings {
    match (minimum, maximum) {
        (Fact::Known(minimum), Fact::Known(maximum)) if maximum <= minimum => {
            Findings::failure(format!("{most} {maximum} is not above {least} {minimum}"))
        }
        // What is not known of the least is told already.
        (_, Fact::Known(_)) => Findings::default(),
        (_, Fact::Absent) => Findings::unknown(format!("{most} was not given")),
        (Fact::Unread(other), Fact::Unread(reason)) if other == reason => Findings::default(),
        (_, Fact::Unread(reason)) => Findings::unknown(reason),
    }
}

fn things(count: u32, thing: &str) -> String {
    match (count, thing) {
        (1, thing) => thing.to_owned(),
        (_, "copy") => "copies".to_owned(),
        (_, thing) => format!("{thing}s"),
    }
}

// Nobody publishes a mapping for the autoscaling of endpoints. Those of the nearest sibling, Security Hub's SageMaker.4, whose question
// is whether an endpoint has instances enough.
#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: Params = Params { min_capacity: 2 };
    const DENIED: &str = "application-autoscaling:DescribeScalableTargets failed: AccessDeniedException";

    fn target(change: impl FnOnce(&mut Scaling)) -> Scaling {
        let mut target = Scaling {
            minimum: Fact::Known(2),
            maximum: Fact::Known(8),
            suspended: Vec::new(),
            has_policy: Fact::Known(true),
        };
        change(&mut target);
        target
    }

    /// Variant `v1`, which autoscaling scales from two to eight instances, changed.
    fn variant(change: impl FnOnce(&mut Variant)) -> Variant {
        let mut variant = Variant {
            name: "v1".to_owned(),
            serverless: Fact::Known(false),
            managed_minimum: Fact::Absent,
            managed_maximum: Fact::Absent,
            targets: Ok(vec![target(|_| ())]),
            components: Vec::new(),
        };
        change(&mut variant);
        variant
    }

    fn with(change: impl FnOnce(&mut Scaling)) -> Variant {
        variant(|variant| variant.targets = Ok(vec![target(change)]))
    }

    fn managed(minimum: Fact<u32>, maximum: Fact<u32>) -> Variant {
        variant(|variant| {
            (variant.managed_minimum, variant.managed_maximum) = (minimum, maximum);
            variant.targets = Ok(Vec::new());
        })
    }

    fn hosts(targets: Result<Vec<Scaling>, String>) -> Variant {
        let mut variant = managed(Fact::Known(2), Fact::Known(8));
        variant.components = vec![Component { name: "c".to_owned(), targets }];
        variant
    }

    fn serverless() -> Variant {
        variant(|variant| (variant.serverless, variant.targets) = (Fact::Known(true), Ok(Vec::new())))
    }

    fn serving(variants: Vec<Variant>) -> ScaledEndpoint {
        ScaledEndpoint {
            status: Fact::Known(EndpointStatus::Serving),
            asynchronous: false,
            variants,
            components: Fact::Known(()),
            details: Vec::new(),
        }
    }

    fn told(endpoint: &ScaledEndpoint, params: Params) -> String {
        Autoscaling::decide(endpoint, &params, Context::default()).to_string()
    }

    fn unread<T>() -> Fact<T> {
        Fact::Unread("odd".to_owned())
    }

    #[test]
    fn the_verdict_table() {
        let denied = format!("undecided variant v1: {DENIED}");
        let nothing = || variant(|variant| variant.targets = Ok(Vec::new()));
        for (variants, expected) in [
            (vec![variant(|_| ())], "COMPLIANT"),
            (vec![variant(|_| ()), serverless()], "COMPLIANT"),
            (vec![serverless()], "NOT_APPLICABLE serverless: AWS scales it"),
            (vec![], "undecided DescribeEndpoint gave no ProductionVariants"),
            (vec![nothing()], "NON_COMPLIANT variant v1: no autoscaling"),
            (vec![nothing(), variant(|_| ())], "NON_COMPLIANT variant v1: no autoscaling"),
            (vec![variant(|variant| variant.targets = Err(DENIED.to_owned()))], &denied),
            (vec![variant(|variant| variant.serverless = unread())], "undecided variant v1: odd"),
            // It may be serverless.
            (
                vec![variant(|variant| (variant.serverless, variant.targets) = (unread(), Ok(Vec::new())))],
                "undecided variant v1: odd",
            ),
            (
                vec![with(|target| target.minimum = Fact::Known(1))],
                "NON_COMPLIANT variant v1: autoscaling may leave 1 instance (min 2)",
            ),
            (
                vec![with(|target| target.minimum = Fact::Known(0))],
                "undecided variant v1: MinCapacity of the scalable target is 0, or was not sent",
            ),
            (vec![with(|target| target.minimum = unread())], "undecided variant v1: odd"),
            (
                vec![with(|target| target.minimum = Fact::Absent)],
                "undecided variant v1: a least capacity was not given",
            ),
            (
                vec![with(|target| target.maximum = Fact::Known(2))],
                "NON_COMPLIANT variant v1: MaxCapacity 2 is not above MinCapacity 2",
            ),
            (
                vec![with(|target| target.maximum = Fact::Known(0))],
                "undecided variant v1: MaxCapacity of the scalable target is 0, or was not sent",
            ),
            (vec![with(|target| target.maximum = unread())], "undecided variant v1: odd"),
            (vec![with(|target| target.maximum = Fact::Absent)], "undecided variant v1: MaxCapacity was not given"),
            (vec![with(|target| (target.minimum, target.maximum) = (unread(), unread()))], "undecided variant v1: odd"),
            (
                vec![with(|target| target.has_policy = Fact::Known(false))],
                "NON_COMPLIANT variant v1: autoscaling has no scaling policy",
            ),
            (
                vec![with(|target| target.has_policy = Fact::Absent)],
                "undecided variant v1: DescribeScalingPolicies gave nothing",
            ),
            (vec![with(|target| target.has_policy = unread())], "undecided variant v1: odd"),
            (
                vec![with(|target| target.suspended = vec!["scaling in"])],
                "NON_COMPLIANT variant v1: autoscaling is suspended (scaling in)",
            ),
            (
                vec![with(|target| target.suspended = vec!["scaling out", "scheduled scaling"])],
                "NON_COMPLIANT variant v1: autoscaling is suspended (scaling out, scheduled scaling)",
            ),
            // What is certain holds whatever is not known.
            (
                vec![with(|target| (target.suspended, target.has_policy) = (vec!["scaling in"], unread()))],
                "NON_COMPLIANT variant v1: autoscaling is suspended (scaling in)",
            ),
            (
                vec![nothing(), variant(|variant| variant.targets = Err(DENIED.to_owned()))],
                "NON_COMPLIANT variant v1: no autoscaling",
            ),
            // Registered twice, in two cases: each may be the one that works.
            (
                vec![variant(|variant| {
                    variant.targets = Ok(vec![target(|_| ()), target(|target| target.has_policy = Fact::Known(false))]);
                })],
                "NON_COMPLIANT variant v1: autoscaling has no scaling policy",
            ),
        ] {
            let endpoint = serving(variants);
            assert_eq!(told(&endpoint, PARAMS), expected, "{endpoint:#?}");
        }
    }

    #[test]
    fn managed_instance_scaling_scales_too() {
        for (variant, expected) in [
            (managed(Fact::Known(2), Fact::Known(8)), "COMPLIANT"),
            (
                managed(Fact::Known(1), Fact::Known(8)),
                "NON_COMPLIANT variant v1: managed instance scaling may leave 1 instance (min 2)",
            ),
            (
                managed(Fact::Known(0), Fact::Known(8)),
                "NON_COMPLIANT variant v1: managed instance scaling may leave 0 instances (min 2)",
            ),
            (
                managed(Fact::Known(2), Fact::Known(2)),
                "NON_COMPLIANT variant v1: MaxInstanceCount 2 is not above MinInstanceCount 2",
            ),
            (managed(unread(), Fact::Known(8)), "undecided variant v1: odd"),
            (managed(Fact::Known(2), unread()), "undecided variant v1: odd"),
            (managed(unread(), unread()), "undecided variant v1: odd"),
            // Both say how it scales, so both have to be right.
            (
                variant(|variant| {
                    (variant.managed_minimum, variant.managed_maximum) = (Fact::Known(2), Fact::Known(8));
                    variant.targets = Ok(vec![target(|target| target.minimum = Fact::Known(1))]);
                }),
                "NON_COMPLIANT variant v1: autoscaling may leave 1 instance (min 2)",
            ),
            (
                variant(|variant| {
                    (variant.managed_minimum, variant.managed_maximum) = (Fact::Known(2), Fact::Known(8));
                    variant.targets = Err(DENIED.to_owned());
                }),
                &format!("undecided variant v1: {DENIED}"),
            ),
        ] {
            let endpoint = serving(vec![variant]);
            assert_eq!(told(&endpoint, PARAMS), expected, "{endpoint:#?}");
        }
    }

    #[test]
    fn components_scale_in_copies() {
        for (variant, expected) in [
            (hosts(Ok(vec![target(|_| ())])), "COMPLIANT"),
            (hosts(Ok(Vec::new())), "NON_COMPLIANT component c: no autoscaling"),
            (hosts(Err(DENIED.to_owned())), &format!("undecided component c: {DENIED}")),
            (
                hosts(Ok(vec![target(|target| target.minimum = Fact::Known(1))])),
                "NON_COMPLIANT component c: autoscaling may leave 1 copy (min 2)",
            ),
            (
                // Of components AWS takes it.
                hosts(Ok(vec![target(|target| target.minimum = Fact::Known(0))])),
                "NON_COMPLIANT component c: autoscaling may leave 0 copies (min 2)",
            ),
            (
                hosts(Ok(vec![target(|target| target.has_policy = Fact::Known(false))])),
                "NON_COMPLIANT component c: autoscaling has no scaling policy",
            ),
            (
                hosts(Ok(vec![target(|target| target.suspended = vec!["scaling out"])])),
                "NON_COMPLIANT component c: autoscaling is suspended (scaling out)",
            ),
            (
                {
                    let mut variant = hosts(Ok(vec![target(|_| ())]));
                    (variant.managed_minimum, variant.managed_maximum) = (Fact::Absent, Fact::Absent);
                    variant
                },
                "NON_COMPLIANT variant v1: no managed instance scaling",
            ),
        ] {
            let endpoint = serving(vec![variant]);
            assert_eq!(told(&endpoint, PARAMS), expected, "{endpoint:#?}");
        }
        // Whether there are components is not known.
        let unknown = |variant| ScaledEndpoint { components: unread(), ..serving(vec![variant]) };
        assert_eq!(told(&unknown(variant(|_| ())), PARAMS), "undecided odd");
        let nothing = variant(|variant| variant.targets = Ok(Vec::new()));
        assert_eq!(told(&unknown(nothing), PARAMS), "NON_COMPLIANT variant v1: no autoscaling");
    }

    #[test]
    fn every_status() {
        use EndpointStatus::{Creating, Deleting, Failed, Mixed, OutOfService};
        for (status, expected) in [
            (Fact::Known(Mixed), "COMPLIANT"),
            (Fact::Known(Creating), "NOT_APPLICABLE the endpoint is being created"),
            (Fact::Known(Deleting), "NOT_APPLICABLE the endpoint is being deleted"),
            (Fact::Known(Failed), "NOT_APPLICABLE the endpoint failed"),
            (Fact::Known(OutOfService), "NOT_APPLICABLE the endpoint is out of service"),
            (Fact::Absent, "undecided DescribeEndpoint gave no EndpointStatus"),
            (unread(), "undecided odd"),
        ] {
            let endpoint = ScaledEndpoint { status, ..serving(vec![variant(|_| ())]) };
            assert_eq!(told(&endpoint, PARAMS), expected, "{endpoint:#?}");
        }
    }

    #[test]
    fn scaling_to_zero_is_for_those_that_can() {
        let zero = || with(|target| target.minimum = Fact::Known(0));
        let asynchronous = ScaledEndpoint { asynchronous: true, ..serving(vec![zero()]) };
        let any = Params { min_capacity: 0 };
        for (endpoint, params, expected) in [
            (&asynchronous, PARAMS, "NON_COMPLIANT variant v1: autoscaling may leave 0 instances (min 2)"),
            (&asynchronous, any, "COMPLIANT"),
            (
                &serving(vec![zero()]),
                any,
                "undecided variant v1: MinCapacity of the scalable target is 0, or was not sent",
            ),
            (&serving(vec![managed(Fact::Known(0), Fact::Known(1))]), any, "COMPLIANT"),
        ] {
            assert_eq!(told(endpoint, params), expected, "{endpoint:#?}");
        }
    }

    #[test]
    fn parameters_are_read_with_their_defaults() {
        for (given, expected) in [("", Ok(2)), ("2", Ok(2)), ("0", Ok(0)), ("1001", Err(()))] {
            let mut parameters = Parameters::new([("minCapacity".to_owned(), given.to_owned())]);
            let read = Autoscaling::params(&mut parameters).map(|params| params.min_capacity).map_err(|_| ());
            assert_eq!(read, expected, "{given}");
        }
    }
}
