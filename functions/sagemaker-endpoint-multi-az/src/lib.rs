//! # sagemaker-endpoint-multi-az
//!
//! ## What it checks
//! Whether a SageMaker endpoint keeps serving when one Availability Zone fails, as it serves now: what `DescribeEndpoint` says of
//! its variants, not what its configuration once asked for, nor what a deployment under way will bring. Of each variant that gets
//! requests:
//!
//! * *Instances*: at least `minInstances`, now and after scaling in. The least of `CurrentInstanceCount`, the `MinCapacity` of its
//!   scalable target (suspended or not) and the minimum of managed instance scaling counts.
//! * *Zones*: the subnets of its model's `VpcConfig` are in at least `minAvailabilityZones` Availability Zones, told apart by zone
//!   id. Without a model (inference components) those of the endpoint configuration count, else those of each
//!   component's model, which each have to be enough. A subnet counts if it exists, is available, is neither on an Outpost nor in a
//!   Local or Wavelength Zone, and has `minFreeIpsPerSubnet` free addresses for a replacement.
//! * *Reserved capacity*: a variant that launches instances into an ML capacity reservation only (`CapacityReservationConfig`) can have
//!   them in the zones of that training plan's active capacity only, with or without a `VpcConfig`.
//!
//! Without a `VpcConfig` SageMaker places the instances itself and shows nobody where: the number of instances decides, unless
//! `requireVpcConfig` is `true`. So it does for a variant that hosts no inference component yet.
//!
//! Variants of weight zero are left out: they get requests only from a caller that names them (`TargetVariant`). Where all have
//! weight zero, the weights tell nothing apart and all are judged. Shadow variants are left out unless
//! `includeShadowVariants` is `true`. A scalable target of a variant that the endpoint does not have is ignored.
//!
//! Models and endpoint configurations are known to an endpoint by name. One that is younger than the endpoint's last change is not
//! the one that serves; one that was replaced before a later change (autoscaling makes such) is taken for it.
//!
//! Not evaluated: how many copies of an inference component run, and scheduled actions that will lower a `MinCapacity`.
//!
//! ## Why it matters
//! SageMaker spreads the instances of a variant over the zones it can reach. One instance is in one zone however many subnets there
//! are, and ten instances are in one zone if all subnets are. When that zone fails, so does every prediction.
//!
//! ## Verdicts
//! * `COMPLIANT`: each judged variant that runs on instances has enough of them, and enough zones.
//! * `NON_COMPLIANT`: a variant has too few instances, now or after scaling in, or too few zones. Where that is certain it holds whatever
//!   else could not be read: one instance is one instance, and one subnet is one zone.
//! * `NOT_APPLICABLE`: the endpoint is being created or deleted, failed, is out of service, or no longer exists.
//! * `NOT_APPLICABLE`: every judged variant is serverless.
//! * `NOT_APPLICABLE`: the endpoint is asynchronous and its autoscaling may go down to zero, unless `asyncResult` is
//!   `NON_COMPLIANT`: then it is judged like any other. Undecided if autoscaling could not be read.
//! * Undecided, reported to Security Hub only, and an error of the function: the verdict hangs on something that is missing, has a value
//!   that this release does not know, or could not be read, such as the subnets of a model or endpoint configuration that was
//!   deleted or created anew under the endpoint, or those of an endpoint whose roll-back failed and that serves by two
//!   configurations (`UpdateRollbackFailed`).
//!
//! With `allowScaleToZero` set to `true`, a variant whose minimum is zero is judged by its zones alone. With `minInstances` below
//! `minAvailabilityZones`, the zones that are judged are those it can reach, not those it is in.
//!
//! ## How to fix
//! Too few instances: `UpdateEndpointWeightsAndCapacities`, and raise the scalable target's `MinCapacity` or the minimum of managed
//! instance scaling. Too few zones: a model cannot be changed, so create one whose `VpcConfig` has subnets in other zones, an
//! endpoint configuration with it, and `UpdateEndpoint`. A reservation in one zone: deploy without
//! `CapacityReservationConfig`, or with a training plan that has capacity in several.
//!
//! ## References
//! * Amazon SageMaker Developer Guide, "Best practices for deploying models on SageMaker AI Hosting Services": several instances, and
//!   a VPC with at least two subnets in different Availability Zones.
//! * Amazon SageMaker API, `ProductionVariantCapacityReservationSummary` and `DescribeTrainingPlan`.
//! * Amazon EC2 API, `DescribeSubnets` and `DescribeAvailabilityZones`; Application Auto Scaling API, `DescribeScalableTargets`.
//! * Security Hub control SageMaker.4, AWS Config managed rule `SAGEMAKER_ENDPOINT_CONFIG_PROD_INSTANCE_COUNT`: half of the question,
//!   asked of endpoint configurations, used or not, instead of what serves.

mod deployment;
mod zones;

pub use deployment::{Deployment, Deployments, Placement, Variant};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, Trigger, Values, Verdict,
};
use sagemaker::{EndpointStatus, Hosting};

/// The rule.
#[derive(Debug)]
pub struct MultiAz;

/// The rule's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own")]
pub struct Params {
    /// Availability Zones that a variant has to reach.
    pub min_availability_zones: u32,
    /// Instances that a variant has to have.
    pub min_instances: u32,
    /// Whether a model without a `VpcConfig` fails.
    pub require_vpc_config: bool,
    /// Whether shadow variants are judged.
    pub include_shadow_variants: bool,
    /// Whether an asynchronous endpoint that may scale to zero is judged like any other.
    pub judge_async: bool,
    /// Addresses that have to be free in a subnet for it to count.
    pub min_free_ips_per_subnet: u32,
    /// Whether the number of instances is left alone where the minimum is zero.
    pub allow_scale_to_zero: bool,
}

const META: Metadata = Metadata {
    name: "sagemaker-endpoint-multi-az",
    version: env!("CARGO_PKG_VERSION"),
    summary: "SageMaker endpoints should serve from at least two Availability Zones",
    severity: Severity::High,
    resource_types: &["AWS::SageMaker::Endpoint"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "minAvailabilityZones",
            default: "2",
            values: Values::Number(1, 6),
            about: "Availability Zones that the subnets of a variant have to be in, 1 to 6",
        },
        ParameterSpec {
            name: "minInstances",
            default: "2",
            values: Values::Number(1, 1000),
            about: "instances that a variant has to have, 1 to 1000; not given, it is `minAvailabilityZones` if that is more",
        },
        ParameterSpec {
            name: "requireVpcConfig",
            default: "false",
            values: Values::Flag,
            about: "fail a model that has no `VpcConfig`, whose zones nobody can see",
        },
        ParameterSpec {
            name: "includeShadowVariants",
            default: "false",
            values: Values::Flag,
            about: "judge shadow variants too",
        },
        ParameterSpec {
            name: "asyncResult",
            default: "NOT_APPLICABLE",
            values: Values::OneOf(&["NOT_APPLICABLE", "NON_COMPLIANT"]),
            about: "an asynchronous endpoint that may scale to zero: `NOT_APPLICABLE`, or `NON_COMPLIANT` to judge it like \
                    any other",
        },
        ParameterSpec {
            name: "minFreeIpsPerSubnet",
            default: "1",
            values: Values::Number(0, 65_536),
            about: "free addresses that a subnet needs to count; 0 does not look",
        },
        ParameterSpec {
            name: "allowScaleToZero",
            default: "false",
            values: Values::Flag,
            about: "judge a variant whose minimum is zero instances by its zones alone",
        },
    ],
    iam_actions: &[
        "application-autoscaling:DescribeScalableTargets",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeSubnets",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeInferenceComponent",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeTrainingPlan",
        "sagemaker:ListEndpoints",
        "sagemaker:ListInferenceComponents",
        "sagemaker:ListTags",
    ],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["CP-10", "SA-13", "SC-36", "SC-5"],
            provenance: Provenance::SecurityHub("SageMaker.4"),
        },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.14"],
            provenance: Provenance::Prowler("sagemaker_endpoint_config_prod_variant_instances"),
        },
    ],
    remediation: Remediation {
        text: "Too few instances: set at least two with UpdateEndpointWeightsAndCapacities, and raise MinCapacity of the variant's \
               scalable target (or MinInstanceCount of managed instance scaling). Too few zones: create a model whose VpcConfig has \
               subnets in different Availability Zones and an endpoint configuration with it, then call UpdateEndpoint.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-best-practices.html",
    },
};

impl Rule for MultiAz {
    const META: Metadata = META;
    type Facts = Deployment;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let min_availability_zones = given.number("minAvailabilityZones", 1..=6)?.unwrap_or(2);
        Ok(Params {
            min_availability_zones,
            // Two instances are never in three zones.
            min_instances: given.number("minInstances", 1..=1000)?.unwrap_or(min_availability_zones.max(2)),
            require_vpc_config: given.flag("requireVpcConfig", false)?,
            include_shadow_variants: given.flag("includeShadowVariants", false)?,
            judge_async: given.one_of("asyncResult", false, &[("NOT_APPLICABLE", false), ("NON_COMPLIANT", true)])?,
            min_free_ips_per_subnet: given.number("minFreeIpsPerSubnet", 0..=65_536)?.unwrap_or(1),
            allow_scale_to_zero: given.flag("allowScaleToZero", false)?,
        })
    }

    fn decide(deployment: &Deployment, params: &Params, _: Context<'_>) -> Verdict {
        if let Some(verdict) = EndpointStatus::gate(&deployment.status) {
            return verdict;
        }
        if deployment.variants.iter().all(|variant| variant.endpoint.shadow) {
            return Verdict::undecided("DescribeEndpoint gave no ProductionVariants");
        }
        let mut variants = judged(&deployment.variants, params);
        variants.retain(|variant| variant.endpoint.hosting != Fact::Known(Hosting::Serverless));
        if variants.is_empty() {
            return Verdict::not_applicable("serverless: AWS chooses the zones");
        }
        if deployment.asynchronous && !params.judge_async {
            for variant in &variants {
                match &variant.autoscaled_minimum {
                    Fact::Known(0) => {
                        return Verdict::not_applicable("the endpoint is asynchronous and may scale to zero");
                    }
                    Fact::Known(_) | Fact::Absent => {}
                    // Whatever else is wrong with it, it may be none of this rule's business.
                    Fact::Unread(reason) => return Verdict::undecided(reason),
                }
            }
        }
        let answers = variants.iter().map(|variant| judge(variant, params)).collect::<Vec<_>>();
        let failures: Vec<_> = answers.iter().filter_map(Answer::failure).collect();
        let unknown: Vec<_> = answers.iter().filter_map(Answer::unknown).collect();
        if !failures.is_empty() {
            Verdict::non_compliant(failures.join("; "))
        } else if !unknown.is_empty() {
            Verdict::undecided(unknown.join("; "))
        } else {
            Verdict::COMPLIANT
        }
    }
}

/// What can be said to a question about a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Enough,
    /// Certainly not, and why.
    TooFew(String),
    /// Nobody can tell, and why.
    Unknown(String),
}

impl Answer {
    fn failure(&self) -> Option<&str> {
        if let Self::TooFew(reason) = self { Some(reason) } else { None }
    }

    fn unknown(&self) -> Option<&str> {
        if let Self::Unknown(reason) = self { Some(reason) } else { None }
    }
}

/// The variants that count, serverless ones included.
fn judged<'a>(variants: &'a [Variant], params: &Params) -> Vec<&'a Variant> {
    let is_idle = |variant: &&Variant| matches!(variant.endpoint.weight, Fact::Known(weight) if weight <= 0.0);
    let production = || variants.iter().filter(|variant| !variant.endpoint.shadow);
    let all_idle = production().all(|variant| is_idle(&variant));
    let production = production().filter(|variant| all_idle || !is_idle(variant));
    let shadow = variants.iter().filter(|variant| variant.endpoint.shadow && !is_idle(variant));
    production.chain(shadow.filter(|_| params.include_shadow_variants)).collect()
}

/// Both questions about one variant. A failure in one also tells why the other could not be answered.
fn judge(variant: &Variant, params: &Params) -> Answer {
    let reservation = zones::reserved(&variant.reserved, params);
    // Of zones that are too few anyway, or not known, it does not matter which the subnets are in.
    let reserved = match (&variant.reserved, &reservation) {
        (Fact::Known(zones), Answer::Enough) => Some(zones.as_slice()),
        _ => None,
    };
    let mut answers = vec![instances(variant, params), reservation];
    if variant.placements.is_empty() && params.require_vpc_config {
        answers.push(Answer::TooFew("no VpcConfig".to_owned()));
    }
    for placement in &variant.placements {
        let of = match &placement.model {
            Some(model) if variant.placements.len() > 1 => format!("model {model}: "),
            _ => String::new(),
        };
        answers.push(match zones::reached(placement, reserved, params) {
            Answer::Enough => Answer::Enough,
            Answer::TooFew(reason) => Answer::TooFew(format!("{of}{reason}")),
            Answer::Unknown(reason) => Answer::Unknown(format!("{of}{reason}")),
        });
    }
    let failures: Vec<_> = answers.iter().filter_map(Answer::failure).collect();
    let unknown: Vec<_> = answers.iter().filter_map(Answer::unknown).collect();
    let name = &variant.endpoint.name;
    if !failures.is_empty() {
        Answer::TooFew(format!("variant {name}: {}", [failures, unknown].concat().join("; ")))
    } else if !unknown.is_empty() {
        Answer::Unknown(format!("variant {name}: {}", unknown.join("; ")))
    } else {
        Answer::Enough
    }
}

/// Whether the variant has enough instances, now and after scaling in.
fn instances(variant: &Variant, params: &Params) -> Answer {
    let minimums = [
        ("autoscaling may leave ", &variant.autoscaled_minimum),
        ("managed instance scaling may leave ", &variant.endpoint.managed_minimum),
    ];
    let unread = minimums.iter().find_map(|(_, minimum)| match minimum {
        Fact::Unread(reason) => Some(Answer::Unknown(reason.clone())),
        Fact::Known(_) | Fact::Absent => None,
    });
    if params.allow_scale_to_zero {
        if minimums.iter().any(|(_, minimum)| **minimum == Fact::Known(0)) {
            return Answer::Enough;
        }
        // It may be zero.
        if let Some(unread) = unread {
            return unread;
        }
    }
    let few = |how: &str, count: u32| {
        let (plural, min) = (if count == 1 { "" } else { "s" }, params.min_instances);
        (count < min).then(|| Answer::TooFew(format!("{how}{count} instance{plural} (min {min})")))
    };
    let now = match &variant.endpoint.hosting {
        Fact::Known(Hosting::Instances(count)) => few("", *count),
        Fact::Known(Hosting::Serverless) | Fact::Absent | Fact::Unread(_) => None,
    };
    let later = || {
        minimums.iter().find_map(|(how, minimum)| match minimum {
            Fact::Known(count) => few(how, *count),
            Fact::Absent | Fact::Unread(_) => None,
        })
    };
    now.or_else(later).or(unread).unwrap_or_else(|| match &variant.endpoint.hosting {
        Fact::Known(_) => Answer::Enough,
        // What the configuration asked for at first says nothing about now.
        Fact::Absent => {
            Answer::Unknown("neither CurrentInstanceCount nor a serverless configuration was given".to_owned())
        }
        Fact::Unread(reason) => Answer::Unknown(reason.clone()),
    })
}

#[cfg(test)]
mod tests {
    use ec2::{Subnet, SubnetState, Zone, ZoneKind};

    use super::*;

    const PARAMS: Params = Params {
        min_availability_zones: 2,
        min_instances: 2,
        require_vpc_config: false,
        include_shadow_variants: false,
        judge_async: false,
        min_free_ips_per_subnet: 1,
        allow_scale_to_zero: false,
    };

    fn unread() -> String {
        "ec2:DescribeSubnets failed: UnauthorizedOperation".to_owned()
    }

    /// An available subnet with room in an Availability Zone, or in a zone of another kind.
    fn subnet(zone: &str) -> Subnet {
        let kind = match zone {
            "use1-lax1-az1" => ZoneKind::LocalZone,
            "use1-wl1-bos-wlz1" => ZoneKind::WavelengthZone,
            _ => ZoneKind::AvailabilityZone,
        };
        Subnet {
            state: Fact::Known(SubnetState::Available),
            zone: Some(Zone { id: zone.to_owned(), kind: Fact::Known(kind) }),
            on_outpost: false,
            free_addresses: Fact::Known(200),
        }
    }

    /// Subnets `subnet-a`, `subnet-b` and so on, in that order.
    fn placed(subnets: impl IntoIterator<Item = Fact<Subnet>>) -> Placement {
        let ids = ('a'..).map(|letter| format!("subnet-{letter}"));
        Placement { model: Some("m".to_owned()), subnets: Fact::Known(ids.zip(subnets).collect()) }
    }

    fn in_zones(zones: &[&str]) -> Placement {
        placed(zones.iter().map(|zone| Fact::Known(subnet(zone))))
    }

    fn no_vpc() -> Placement {
        Placement { model: Some("m".to_owned()), subnets: Fact::Absent }
    }

    fn unplaced(reason: &str) -> Placement {
        Placement { model: None, subnets: Fact::Unread(reason.to_owned()) }
    }

    /// Variant `v1` with two instances in two zones, changed.
    fn variant(change: impl FnOnce(&mut Variant)) -> Variant {
        let mut variant = Variant {
            endpoint: sagemaker::Variant {
                name: "v1".to_owned(),
                shadow: false,
                weight: Fact::Known(1.0),
                hosting: Fact::Known(Hosting::Instances(2)),
                managed_minimum: Fact::Absent,
                managed_maximum: Fact::Absent,
                reservation: Fact::Absent,
            },
            autoscaled_minimum: Fact::Absent,
            reserved: Fact::Absent,
            placements: vec![in_zones(&["use1-az1", "use1-az4"])],
        };
        change(&mut variant);
        variant
    }

    fn has(count: u32) -> Variant {
        variant(|variant| variant.endpoint.hosting = Fact::Known(Hosting::Instances(count)))
    }

    fn stands(placement: Placement) -> Variant {
        variant(|variant| variant.placements = vec![placement])
    }

    fn autoscaled(minimum: Fact<u32>) -> Variant {
        variant(|variant| variant.autoscaled_minimum = minimum)
    }

    fn managed(minimum: Fact<u32>) -> Variant {
        variant(|variant| variant.endpoint.managed_minimum = minimum)
    }

    fn serverless() -> Variant {
        variant(|variant| {
            variant.endpoint.hosting = Fact::Known(Hosting::Serverless);
            variant.placements = Vec::new();
        })
    }

    fn named(name: &str, weight: Fact<f32>, mut variant: Variant) -> Variant {
        (variant.endpoint.name, variant.endpoint.weight) = (name.to_owned(), weight);
        variant
    }

    fn shadow(mut variant: Variant) -> Variant {
        variant.endpoint.shadow = true;
        named("shadow", Fact::Known(1.0), variant)
    }

    fn serving(variants: Vec<Variant>) -> Deployment {
        let status = Fact::Known(EndpointStatus::Serving);
        Deployment { status, asynchronous: false, variants, details: Vec::new() }
    }

    /// What becomes of an endpoint, and why.
    fn told(deployment: &Deployment, params: &Params) -> String {
        MultiAz::decide(deployment, params, Context::default()).to_string()
    }

    fn table<const N: usize>(params: Params, rows: [(Vec<Variant>, &str); N]) {
        for (variants, expected) in rows {
            let deployment = serving(variants);
            assert_eq!(told(&deployment, &params), expected, "{deployment:#?}");
        }
    }

    #[test]
    fn the_verdict_table() {
        table(
            PARAMS,
            [
                (vec![], "undecided DescribeEndpoint gave no ProductionVariants"),
                (vec![has(2)], "COMPLIANT"),
                (vec![has(0)], "NON_COMPLIANT variant v1: 0 instances (min 2)"),
                (vec![has(1)], "NON_COMPLIANT variant v1: 1 instance (min 2)"),
                (vec![serverless()], "NOT_APPLICABLE serverless: AWS chooses the zones"),
                (vec![serverless(), has(2)], "COMPLIANT"),
                (vec![serverless(), has(1)], "NON_COMPLIANT variant v1: 1 instance (min 2)"),
                (
                    vec![variant(|variant| variant.endpoint.hosting = Fact::Absent)],
                    "undecided variant v1: neither CurrentInstanceCount nor a serverless configuration was given",
                ),
                (
                    vec![variant(|variant| variant.endpoint.hosting = Fact::Unread("?".to_owned()))],
                    "undecided variant v1: ?",
                ),
                // A minimum says how many there will be, even if nobody says how many there are.
                (
                    vec![variant(|variant| {
                        (variant.endpoint.hosting, variant.autoscaled_minimum) = (Fact::Absent, Fact::Known(1));
                    })],
                    "NON_COMPLIANT variant v1: autoscaling may leave 1 instance (min 2)",
                ),
                (vec![autoscaled(Fact::Known(2))], "COMPLIANT"),
                (
                    vec![autoscaled(Fact::Known(1))],
                    "NON_COMPLIANT variant v1: autoscaling may leave 1 instance (min 2)",
                ),
                (
                    vec![autoscaled(Fact::Known(0))],
                    "NON_COMPLIANT variant v1: autoscaling may leave 0 instances (min 2)",
                ),
                (vec![autoscaled(Fact::Unread("denied".to_owned()))], "undecided variant v1: denied"),
                (vec![managed(Fact::Known(2))], "COMPLIANT"),
                (
                    vec![managed(Fact::Known(1))],
                    "NON_COMPLIANT variant v1: managed instance scaling may leave 1 instance (min 2)",
                ),
                (
                    vec![managed(Fact::Known(0))],
                    "NON_COMPLIANT variant v1: managed instance scaling may leave 0 instances (min 2)",
                ),
                (vec![managed(Fact::Unread("odd".to_owned()))], "undecided variant v1: odd"),
                // What is certain beats what is not known.
                (
                    vec![variant(|variant| {
                        variant.autoscaled_minimum = Fact::Unread("denied".to_owned());
                        variant.endpoint.hosting = Fact::Known(Hosting::Instances(1));
                    })],
                    "NON_COMPLIANT variant v1: 1 instance (min 2)",
                ),
                (
                    vec![variant(|variant| {
                        variant.autoscaled_minimum = Fact::Unread("denied".to_owned());
                        variant.endpoint.managed_minimum = Fact::Known(1);
                    })],
                    "NON_COMPLIANT variant v1: managed instance scaling may leave 1 instance (min 2)",
                ),
                (
                    vec![variant(|variant| {
                        variant.endpoint.hosting = Fact::Known(Hosting::Instances(1));
                        variant.placements = vec![unplaced("model m no longer exists")];
                    })],
                    "NON_COMPLIANT variant v1: 1 instance (min 2); model m no longer exists",
                ),
                (vec![stands(unplaced("model m no longer exists"))], "undecided variant v1: model m no longer exists"),
                // One bad variant is enough; one that cannot be read is not hidden by one that passes.
                (
                    vec![has(2), named("v2", Fact::Known(0.1), has(1)), named("v3", Fact::Known(1.0), has(1))],
                    "NON_COMPLIANT variant v2: 1 instance (min 2); variant v3: 1 instance (min 2)",
                ),
                (vec![has(2), named("v2", Fact::Known(1.0), stands(unplaced("odd")))], "undecided variant v2: odd"),
                (
                    vec![stands(unplaced("odd")), named("v2", Fact::Known(1.0), has(1))],
                    "NON_COMPLIANT variant v2: 1 instance (min 2)",
                ),
            ],
        );
    }

    #[test]
    fn reserved_capacity_is_in_its_own_zones_only() {
        let zone = |id: &str, kind: Fact<ZoneKind>| Zone { id: id.to_owned(), kind };
        let az = |id: &str| zone(id, Fact::Known(ZoneKind::AvailabilityZone));
        let local = || zone("use1-dfw2-az1", Fact::Known(ZoneKind::LocalZone));
        let bound = |zones: Vec<Zone>| variant(|variant| variant.reserved = Fact::Known(zones));
        let no_vpc = |zones: Vec<Zone>| Variant { placements: vec![no_vpc()], ..bound(zones) };
        let fails = |words: &str| format!("NON_COMPLIANT variant v1: {words}");
        let in_one = fails("its ML capacity reservation is in use1-az1 (min 2 zones)");
        let and_local = fails("its ML capacity reservation is in use1-az1,use1-dfw2-az1 (min 2 zones)");
        let no_kind = "undecided variant v1: DescribeAvailabilityZones gave no ZoneType of use1-az4".to_owned();
        for (variant, expected) in [
            (bound(vec![az("use1-az1"), az("use1-az4")]), "COMPLIANT".to_owned()),
            (bound(vec![az("use1-az1")]), in_one.clone()),
            (bound(vec![az("use1-az1"), local()]), and_local.clone()),
            (bound(Vec::new()), fails("its ML capacity reservation has no capacity")),
            (bound(vec![az("use1-az1"), zone("use1-az4", Fact::Absent)]), no_kind.clone()),
            (
                bound(vec![az("use1-az1"), zone("use1-az4", Fact::Unread(unread()))]),
                format!("undecided variant v1: {}", unread()),
            ),
            // One is one, of whatever kind.
            (bound(vec![zone("use1-az1", Fact::Absent)]), in_one.clone()),
            (
                bound(vec![az("use1-az1"), az("use1-az6")]),
                fails("subnet subnet-a in use1-az1; subnet-b is in use1-az4, where its ML capacity reservation is not"),
            ),
            (no_vpc(vec![az("use1-az1"), az("use1-az6")]), "COMPLIANT".to_owned()),
            (no_vpc(vec![az("use1-az1")]), in_one),
            (no_vpc(vec![az("use1-az1"), local()]), and_local),
            (no_vpc(vec![az("use1-az1"), zone("use1-az4", Fact::Absent)]), no_kind),
            // Nothing is hosted yet, but the instances are there.
            (
                Variant { placements: Vec::new(), ..bound(vec![az("use1-az1")]) },
                fails("its ML capacity reservation is in use1-az1 (min 2 zones)"),
            ),
            (
                variant(|variant| variant.reserved = Fact::Unread("denied".to_owned())),
                "undecided variant v1: denied".to_owned(),
            ),
        ] {
            assert_eq!(told(&serving(vec![variant.clone()]), &PARAMS), expected, "{variant:#?}");
        }
        let one = Params { min_availability_zones: 1, ..PARAMS };
        assert_eq!(told(&serving(vec![bound(vec![az("use1-az1")])]), &one), "COMPLIANT");
    }

    #[test]
    fn the_status_says_whether_there_is_something_to_judge() {
        for (status, expected) in [
            (Fact::Known(EndpointStatus::Serving), "NON_COMPLIANT variant v1: 1 instance (min 2)"),
            (Fact::Known(EndpointStatus::Mixed), "NON_COMPLIANT variant v1: 1 instance (min 2)"),
            (Fact::Known(EndpointStatus::Creating), "NOT_APPLICABLE the endpoint is being created"),
            (Fact::Known(EndpointStatus::Deleting), "NOT_APPLICABLE the endpoint is being deleted"),
            (Fact::Known(EndpointStatus::Failed), "NOT_APPLICABLE the endpoint failed"),
            (Fact::Known(EndpointStatus::OutOfService), "NOT_APPLICABLE the endpoint is out of service"),
            (Fact::Absent, "undecided DescribeEndpoint gave no EndpointStatus"),
            (Fact::Unread("EndpointStatus is `Odd`".to_owned()), "undecided EndpointStatus is `Odd`"),
        ] {
            assert_eq!(told(&Deployment { status, ..serving(vec![has(1)]) }, &PARAMS), expected);
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn subnets_are_counted_by_zone_and_only_if_they_can_take_an_instance() {
        let known = |change: fn(&mut Subnet)| {
            let mut subnet = subnet("use1-az1");
            change(&mut subnet);
            Fact::Known(subnet)
        };
        let (good, good_too) = (|| Fact::Known(subnet("use1-az4")), || Fact::Known(subnet("use1-az6")));
        let rows: [(Vec<Fact<Subnet>>, &str); 31] = [
            (vec![known(|_| ()), good()], "COMPLIANT"),
            (vec![known(|_| ())], "NON_COMPLIANT variant v1: subnet subnet-a in use1-az1"),
            (vec![good(), good()], "NON_COMPLIANT variant v1: subnets subnet-a,subnet-b all in use1-az4"),
            (
                vec![good(); 6],
                "NON_COMPLIANT variant v1: subnets subnet-a,subnet-b,subnet-c,subnet-d and 2 more all in use1-az4",
            ),
            (vec![good(), good(), good_too()], "COMPLIANT"),
            // Gone.
            (
                vec![good(), Fact::Absent],
                "NON_COMPLIANT variant v1: subnet subnet-a in use1-az4; subnet-b does not exist",
            ),
            (
                vec![Fact::Absent, Fact::Absent],
                "NON_COMPLIANT variant v1: no usable subnet; subnet-a does not exist; subnet-b does not exist",
            ),
            (vec![good(), Fact::Absent, good_too()], "COMPLIANT"),
            // In zones of other kinds.
            (
                vec![good(), Fact::Known(subnet("use1-lax1-az1"))],
                "NON_COMPLIANT variant v1: subnet subnet-a in use1-az4; subnet-b is in Local Zone use1-lax1-az1",
            ),
            (
                vec![Fact::Known(subnet("use1-wl1-bos-wlz1")), good()],
                "NON_COMPLIANT variant v1: subnet subnet-b in use1-az4; subnet-a is in Wavelength Zone use1-wl1-bos-wlz1",
            ),
            (
                vec![good(), known(|subnet| subnet.on_outpost = true)],
                "NON_COMPLIANT variant v1: subnet subnet-a in use1-az4; subnet-b is on an Outpost",
            ),
            // Not able.
            (
                vec![good(), known(|subnet| subnet.state = Fact::Known(SubnetState::Pending))],
                "NON_COMPLIANT variant v1: subnet subnet-a in use1-az4; subnet-b is not available",
            ),
            (
                vec![good(), known(|subnet| subnet.state = Fact::Known(SubnetState::Unusable))],
                "NON_COMPLIANT variant v1: subnet subnet-a in use1-az4; subnet-b is not available",
            ),
            (
                vec![good(), known(|subnet| subnet.free_addresses = Fact::Known(0))],
                "NON_COMPLIANT variant v1: subnet subnet-a in use1-az4; subnet-b has 0 free addresses (min 1)",
            ),
            (vec![good(), known(|subnet| subnet.free_addresses = Fact::Known(1))], "COMPLIANT"),
            // Not known, and it matters.
            (
                vec![good(), Fact::Unread(unread())],
                "undecided variant v1: ec2:DescribeSubnets failed: UnauthorizedOperation",
            ),
            (
                vec![good(), known(|subnet| subnet.state = Fact::Absent)],
                "undecided variant v1: DescribeSubnets gave no State of subnet-b",
            ),
            (vec![good(), known(|subnet| subnet.state = Fact::Unread("odd".to_owned()))], "undecided variant v1: odd"),
            (
                vec![good(), known(|subnet| subnet.zone = None)],
                "undecided variant v1: DescribeSubnets gave no AvailabilityZoneId of subnet-b",
            ),
            (
                vec![good(), known(|subnet| subnet.free_addresses = Fact::Absent)],
                "undecided variant v1: DescribeSubnets gave no AvailableIpAddressCount of subnet-b",
            ),
            (
                vec![good(), kindless("use1-az1", Fact::Unread(unread()))],
                &format!("undecided variant v1: {}", unread()),
            ),
            (
                vec![good(), kindless("use1-az1", Fact::Absent)],
                "undecided variant v1: DescribeAvailabilityZones gave no ZoneType of use1-az1",
            ),
            // Not known, but only one of them settles it.
            (
                vec![good(), kindless("use1-az4", Fact::Absent), Fact::Unread(unread())],
                &format!("undecided variant v1: {}", unread()),
            ),
            // Not known, and it does not matter: enough others, or not enough at best.
            (vec![good(), good_too(), Fact::Unread(unread())], "COMPLIANT"),
            (
                vec![good(), kindless("use1-az4", Fact::Absent)],
                "NON_COMPLIANT variant v1: subnets subnet-a,subnet-b all in use1-az4",
            ),
            (vec![Fact::Unread("odd".to_owned())], "NON_COMPLIANT variant v1: one subnet (min 2 zones)"),
            (
                vec![Fact::Unread("odd".to_owned()), Fact::Absent],
                "NON_COMPLIANT variant v1: one subnet (min 2 zones); subnet-b does not exist",
            ),
            (vec![Fact::Unread("odd".to_owned()), Fact::Unread("odd".to_owned())], "undecided variant v1: odd"),
            // What rules a subnet out does so whatever else is not known.
            (
                vec![good(), known(|subnet| (subnet.zone, subnet.free_addresses) = (None, Fact::Known(0)))],
                "NON_COMPLIANT variant v1: subnet subnet-a in use1-az4; subnet-b has 0 free addresses (min 1)",
            ),
            (
                vec![good(), known(|subnet| (subnet.zone, subnet.on_outpost) = (None, true))],
                "NON_COMPLIANT variant v1: subnet subnet-a in use1-az4; subnet-b is on an Outpost",
            ),
            (vec![], "NON_COMPLIANT variant v1: no usable subnet"),
        ];
        for (subnets, expected) in rows {
            let deployment = serving(vec![stands(placed(subnets))]);
            assert_eq!(told(&deployment, &PARAMS), expected, "{deployment:#?}");
        }
    }

    fn kindless(zone: &str, kind: Fact<ZoneKind>) -> Fact<Subnet> {
        Fact::Known(Subnet { zone: Some(Zone { id: zone.to_owned(), kind }), ..subnet(zone) })
    }

    #[test]
    fn weights_say_which_variants_count() {
        let weak = |name, weight| named(name, weight, has(1));
        table(
            PARAMS,
            [
                // Alone it gets every request, whatever its weight.
                (vec![weak("v1", Fact::Known(0.0))], "NON_COMPLIANT variant v1: 1 instance (min 2)"),
                (vec![has(2), weak("idle", Fact::Known(0.0))], "COMPLIANT"),
                (vec![has(2), weak("absent", Fact::Absent)], "NON_COMPLIANT variant absent: 1 instance (min 2)"),
                (
                    vec![has(2), weak("odd", Fact::Unread("odd".to_owned()))],
                    "NON_COMPLIANT variant odd: 1 instance (min 2)",
                ),
                (
                    vec![weak("a", Fact::Known(0.0)), named("b", Fact::Known(0.0), has(2))],
                    "NON_COMPLIANT variant a: 1 instance (min 2)",
                ),
                (
                    vec![serverless(), weak("idle", Fact::Known(0.0))],
                    "NOT_APPLICABLE serverless: AWS chooses the zones",
                ),
                (vec![has(2), shadow(has(1))], "COMPLIANT"),
                (vec![shadow(has(2))], "undecided DescribeEndpoint gave no ProductionVariants"),
            ],
        );
        let params = Params { include_shadow_variants: true, ..PARAMS };
        table(
            params,
            [
                (vec![has(2), shadow(has(1))], "NON_COMPLIANT variant shadow: 1 instance (min 2)"),
                (vec![has(2), shadow(has(2))], "COMPLIANT"),
                (vec![shadow(has(2))], "undecided DescribeEndpoint gave no ProductionVariants"),
                (vec![has(2), named("idle", Fact::Known(0.0), shadow(has(1)))], "COMPLIANT"),
            ],
        );
    }

    #[test]
    fn without_a_vpc_the_instances_decide_unless_one_is_required() {
        let nothing_hosted = || variant(|variant| variant.placements = Vec::new());
        table(PARAMS, [(vec![stands(no_vpc())], "COMPLIANT"), (vec![nothing_hosted()], "COMPLIANT")]);
        let params = Params { require_vpc_config: true, ..PARAMS };
        table(
            params,
            [
                (vec![stands(no_vpc())], "NON_COMPLIANT variant v1: no VpcConfig"),
                (vec![nothing_hosted()], "NON_COMPLIANT variant v1: no VpcConfig"),
                (vec![has(2)], "COMPLIANT"),
                (vec![serverless()], "NOT_APPLICABLE serverless: AWS chooses the zones"),
            ],
        );
    }

    #[test]
    fn each_model_of_a_variant_needs_enough_zones_of_its_own() {
        let other = |placement| Placement { model: Some("n".to_owned()), ..placement };
        let both = |one: Placement, two| vec![variant(|variant| variant.placements = vec![one, other(two)])];
        let good = || in_zones(&["use1-az1", "use1-az4"]);
        table(
            PARAMS,
            [
                (both(good(), good()), "COMPLIANT"),
                (both(good(), no_vpc()), "COMPLIANT"),
                (
                    // Together they reach two zones; each is lost with one.
                    both(in_zones(&["use1-az1"]), in_zones(&["use1-az4"])),
                    "NON_COMPLIANT variant v1: model m: subnet subnet-a in use1-az1; model n: subnet subnet-a in use1-az4",
                ),
                (
                    both(good(), unplaced("model n no longer exists")),
                    "undecided variant v1: model n: model n no longer exists",
                ),
            ],
        );
    }

    #[test]
    fn an_asynchronous_endpoint_may_scale_to_zero() {
        let unread = || Fact::Unread("denied".to_owned());
        let rows = [
            (autoscaled(Fact::Known(0)), false, "NOT_APPLICABLE the endpoint is asynchronous and may scale to zero"),
            (autoscaled(Fact::Known(0)), true, "NON_COMPLIANT variant v1: autoscaling may leave 0 instances (min 2)"),
            (autoscaled(Fact::Known(1)), false, "NON_COMPLIANT variant v1: autoscaling may leave 1 instance (min 2)"),
            (autoscaled(Fact::Known(2)), false, "COMPLIANT"),
            (has(1), false, "NON_COMPLIANT variant v1: 1 instance (min 2)"),
            (has(0), false, "NON_COMPLIANT variant v1: 0 instances (min 2)"),
            // Too few instances may be its right.
            (
                variant(|v| {
                    (v.autoscaled_minimum, v.endpoint.hosting) = (unread(), Fact::Known(Hosting::Instances(1)));
                }),
                false,
                "undecided denied",
            ),
            (
                variant(|v| {
                    (v.autoscaled_minimum, v.endpoint.hosting) = (unread(), Fact::Known(Hosting::Instances(1)));
                }),
                true,
                "NON_COMPLIANT variant v1: 1 instance (min 2)",
            ),
            (serverless(), false, "NOT_APPLICABLE serverless: AWS chooses the zones"),
        ];
        for (variant, judge_async, expected) in rows {
            let deployment = Deployment { asynchronous: true, ..serving(vec![variant]) };
            assert_eq!(told(&deployment, &Params { judge_async, ..PARAMS }), expected, "{deployment:#?}");
        }
    }

    #[test]
    fn scaling_to_zero_can_be_allowed() {
        let unread = || Fact::Unread("denied".to_owned());
        let one = |mut variant: Variant| {
            variant.endpoint.hosting = Fact::Known(Hosting::Instances(1));
            variant
        };
        table(
            Params { allow_scale_to_zero: true, ..PARAMS },
            [
                (vec![managed(Fact::Known(0))], "COMPLIANT"),
                (vec![one(managed(Fact::Known(0)))], "COMPLIANT"),
                (vec![autoscaled(Fact::Known(0))], "COMPLIANT"),
                (
                    vec![variant(|variant| {
                        variant.endpoint.managed_minimum = Fact::Known(0);
                        variant.placements = vec![in_zones(&["use1-az1"])];
                    })],
                    "NON_COMPLIANT variant v1: subnet subnet-a in use1-az1",
                ),
                (
                    vec![managed(Fact::Known(1))],
                    "NON_COMPLIANT variant v1: managed instance scaling may leave 1 instance (min 2)",
                ),
                (vec![has(1)], "NON_COMPLIANT variant v1: 1 instance (min 2)"),
                (vec![one(autoscaled(unread()))], "undecided variant v1: denied"),
                (vec![one(managed(unread()))], "undecided variant v1: denied"),
            ],
        );
    }

    #[test]
    fn the_minimums_are_parameters() {
        let three = Params { min_availability_zones: 3, min_instances: 3, ..PARAMS };
        let third = || variant(|v| v.placements = vec![in_zones(&["use1-az1", "use1-az4", "use1-az6"])]);
        let with = |count, mut variant: Variant| {
            variant.endpoint.hosting = Fact::Known(Hosting::Instances(count));
            variant
        };
        table(
            three,
            [
                (vec![with(3, third())], "COMPLIANT"),
                (vec![with(2, third())], "NON_COMPLIANT variant v1: 2 instances (min 3)"),
                (
                    vec![with(3, stands(in_zones(&["use1-az1"])))],
                    "NON_COMPLIANT variant v1: subnet subnet-a in use1-az1 (min 3 zones)",
                ),
                (
                    vec![with(3, stands(placed([Fact::Known(subnet("use1-az1")), Fact::Unread(unread())])))],
                    "NON_COMPLIANT variant v1: subnets in 2 zones at best (min 3 zones)",
                ),
                (vec![has(3)], "NON_COMPLIANT variant v1: subnets in use1-az1,use1-az4 (min 3 zones)"),
            ],
        );
        let one = Params { min_availability_zones: 1, min_instances: 1, ..PARAMS };
        table(
            one,
            [
                (vec![with(1, stands(in_zones(&["use1-az1"])))], "COMPLIANT"),
                (vec![has(0)], "NON_COMPLIANT variant v1: 0 instances (min 1)"),
            ],
        );
        let full = || {
            placed([
                Fact::Known(Subnet { free_addresses: Fact::Known(0), ..subnet("use1-az1") }),
                Fact::Known(Subnet { free_addresses: Fact::Absent, ..subnet("use1-az4") }),
            ])
        };
        table(Params { min_free_ips_per_subnet: 0, ..PARAMS }, [(vec![stands(full())], "COMPLIANT")]);
    }

    #[test]
    fn parameters_are_read_with_their_defaults() {
        let read = |pairs: &[(&str, &str)]| {
            let mut given =
                Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            let params = MultiAz::params(&mut given).map_err(|error| error.to_string())?;
            given.finish().map_err(|error| error.to_string())?;
            Ok::<_, String>(params)
        };
        assert_eq!(read(&[]), Ok(PARAMS));
        for parameter in META.parameters {
            assert_eq!(read(&[(parameter.name, parameter.default)]), Ok(PARAMS), "{}", parameter.name);
        }
        assert_eq!(
            read(&[
                ("minAvailabilityZones", "3"),
                ("requireVpcConfig", "true"),
                ("includeShadowVariants", "true"),
                ("asyncResult", "NON_COMPLIANT"),
                ("minFreeIpsPerSubnet", "0"),
                ("allowScaleToZero", "true"),
            ]),
            Ok(Params {
                min_availability_zones: 3,
                min_instances: 3,
                require_vpc_config: true,
                include_shadow_variants: true,
                judge_async: true,
                min_free_ips_per_subnet: 0,
                allow_scale_to_zero: true,
            })
        );
        assert_eq!(read(&[("minAvailabilityZones", "3"), ("minInstances", "2")]).unwrap().min_instances, 2);
        for (name, value, allowed) in [
            ("minAvailabilityZones", "0", "a whole number from 1 to 6"),
            ("minAvailabilityZones", "7", "a whole number from 1 to 6"),
            ("minInstances", "two", "a whole number from 1 to 1000"),
            ("minFreeIpsPerSubnet", "-1", "a whole number from 0 to 65536"),
            ("asyncResult", "COMPLIANT", "`NOT_APPLICABLE` or `NON_COMPLIANT`"),
        ] {
            let expected = format!("parameter `{name}` is `{value}`: allowed is {allowed}");
            assert_eq!(read(&[(name, value)]), Err(expected));
        }
    }
}
