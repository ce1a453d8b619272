//! Facts of Application Auto Scaling: the only place where its SDK's types appear.

use std::collections::HashMap;

use aws::SdkConfig;
use aws_sdk_applicationautoscaling::{
    Client,
    config::Builder,
    types::{PolicyType, ScalableDimension, ScalableTarget, ScalingPolicy, ServiceNamespace},
};
use rule::Fact;
use tokio::sync::OnceCell;

/// How something of an endpoint is scaled: a scalable target, and whether anything moves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaling {
    /// `MinCapacity`. One that was not sent cannot be told from 0: the SDK puts that in its place.
    pub minimum: Fact<u32>,
    /// `MaxCapacity`. One that was not sent cannot be told from 0 either.
    pub maximum: Fact<u32>,
    /// What is suspended, in words; nothing if all of it goes on.
    pub suspended: Vec<&'static str>,
    /// Whether it has a scaling policy; never absent. Scheduled actions are none.
    pub has_policy: Fact<bool>,
}

/// The scaling of SageMaker's endpoint variants and inference components: `DescribeScalableTargets` and `DescribeScalingPolicies`, all of
/// them in a list each that is read once, when somebody asks.
#[derive(Clone, Debug)]
pub struct EndpointScaling {
    client: Client,
    targets: OnceCell<Result<Targets, String>>,
    policies: OnceCell<Result<Policies, String>>,
}

/// What is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scaled {
    /// Instances of a variant.
    Instances,
    /// Copies of an inference component.
    Copies,
}

/// Scalable targets by resource id in lower case, and why some of them have none: each may be anybody's.
#[derive(Clone, Debug, Default)]
struct Targets {
    by_id: HashMap<(Scaled, String), Vec<Target>>,
    nameless: HashMap<Scaled, String>,
}

/// A scalable target without its policies.
#[derive(Clone, Debug)]
struct Target {
    minimum: Fact<u32>,
    maximum: Fact<u32>,
    suspended: Vec<&'static str>,
}

/// Whether there is a policy, by resource id in lower case, and why some of them have none: each may be anybody's.
#[derive(Clone, Debug, Default)]
struct Policies {
    by_id: HashMap<(Scaled, String), Fact<bool>>,
    nameless: HashMap<Scaled, String>,
}

impl EndpointScaling {
    /// The scalable targets in the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        // It has no FIPS endpoint in most Regions (AWS General Reference), and a client that is asked for one calls a host that there
        // is not. Where FIPS is the rule, in AWS GovCloud, the ordinary endpoint is the FIPS endpoint.
        let config = Builder::from(config).use_fips(false).build();
        Self { client: Client::from_conf(config), targets: OnceCell::new(), policies: OnceCell::new() }
    }

    /// `MinCapacity` of the variant's scalable target, in instances; absent when none is registered. A target whose scaling is
    /// suspended counts: the suspension is not meant to last.
    pub async fn minimum(&self, endpoint: &str, variant: &str) -> Fact<u32> {
        match self.targets(Scaled::Instances, &variant_id(endpoint, variant)).await {
            Ok(targets) => {
                let minimums = targets.iter().map(|target| target.minimum.clone());
                minimums.reduce(|one, other| least(&one, &other)).unwrap_or(Fact::Absent)
            }
            Err(reason) => Fact::Unread(reason),
        }
    }

    /// How the instances of a variant are scaled; nothing when no target is registered. There are several only where they were registered
    /// with names in different cases.
    ///
    /// # Errors
    /// Why the targets could not all be read, in words for a reader.
    pub async fn of_variant(&self, endpoint: &str, variant: &str) -> Result<Vec<Scaling>, String> {
        self.scaling(Scaled::Instances, &variant_id(endpoint, variant)).await
    }

    /// How the copies of an inference component are scaled, likewise.
    ///
    /// # Errors
    /// Why the targets could not all be read, in words for a reader.
    pub async fn of_component(&self, component: &str) -> Result<Vec<Scaling>, String> {
        self.scaling(Scaled::Copies, &format!("inference-component/{component}").to_lowercase()).await
    }

    async fn scaling(&self, scaled: Scaled, id: &str) -> Result<Vec<Scaling>, String> {
        let targets = self.targets(scaled, id).await?;
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let has_policy = match self.policies.get_or_init(|| self.list_policies()).await {
            Ok(policies) => match (policies.by_id.get(&(scaled, id.to_owned())), policies.nameless.get(&scaled)) {
                (Some(Fact::Known(true)), _) => Fact::Known(true),
                (_, Some(nameless)) => Fact::Unread(nameless.clone()),
                (Some(known), None) => known.clone(),
                (None, None) => Fact::Known(false),
            },
            Err(reason) => Fact::Unread(reason.clone()),
        };
        let with_policy = |Target { minimum, maximum, suspended }| Scaling {
            minimum,
            maximum,
            suspended,
            has_policy: has_policy.clone(),
        };
        Ok(targets.into_iter().map(with_policy).collect())
    }

    async fn targets(&self, scaled: Scaled, id: &str) -> Result<Vec<Target>, String> {
        let targets = self.targets.get_or_init(|| self.list_targets()).await.as_ref().map_err(Clone::clone)?;
        match targets.nameless.get(&scaled) {
            Some(nameless) => Err(nameless.clone()),
            None => Ok(targets.by_id.get(&(scaled, id.to_owned())).cloned().unwrap_or_default()),
        }
    }

    async fn list_targets(&self) -> Result<Targets, String> {
        const OPERATION: &str = "application-autoscaling:DescribeScalableTargets";
        let mut targets = Targets::default();
        let ask = async |token| {
            // Not filtered by dimension: the API takes one only together with resource ids. Pages have 50 at most.
            let list = self.client.describe_scalable_targets().service_namespace(ServiceNamespace::Sagemaker);
            let page = list.set_next_token(token).send().await.map_err(|error| aws::reason(OPERATION, &error))?;
            Ok((page.scalable_targets().to_vec(), page.next_token().map(str::to_owned)))
        };
        aws::each_page(OPERATION, ask, |page: Vec<ScalableTarget>| {
            for of in page {
                for (scaled, target) in target(&of) {
                    if let Some(id) = aws::given(Some(of.resource_id())) {
                        targets.by_id.entry((scaled, id.to_lowercase())).or_default().push(target);
                    } else {
                        let nameless = format!("{OPERATION} gave a scalable target without its ResourceId");
                        targets.nameless.insert(scaled, nameless);
                    }
                }
            }
        })
        .await?;
        Ok(targets)
    }

    async fn list_policies(&self) -> Result<Policies, String> {
        const OPERATION: &str = "application-autoscaling:DescribeScalingPolicies";
        let mut policies = Policies::default();
        let ask = async |token| {
            let list = self.client.describe_scaling_policies().service_namespace(ServiceNamespace::Sagemaker);
            let page = list.set_next_token(token).send().await.map_err(|error| aws::reason(OPERATION, &error))?;
            Ok((page.scaling_policies().to_vec(), page.next_token().map(str::to_owned)))
        };
        aws::each_page(OPERATION, ask, |page: Vec<ScalingPolicy>| {
            for of in page {
                for (scaled, counts) in policy(&of) {
                    if let Some(id) = aws::given(Some(of.resource_id())) {
                        let known = policies.by_id.entry((scaled, id.to_lowercase())).or_insert_with(|| counts.clone());
                        if counts == Fact::Known(true) {
                            *known = counts;
                        }
                    } else {
                        let nameless = format!("{OPERATION} gave a scaling policy without its ResourceId");
                        policies.nameless.insert(scaled, nameless);
                    }
                }
            }
        })
        .await?;
        Ok(policies)
    }
}

/// What a scalable target says of what it may scale; nothing of other things than ours.
fn target(target: &ScalableTarget) -> Vec<(Scaled, Target)> {
    let suspended = target.suspended_state().map_or_else(Vec::new, |state| {
        let flags = [
            (state.dynamic_scaling_in_suspended(), "scaling in"),
            (state.dynamic_scaling_out_suspended(), "scaling out"),
            (state.scheduled_scaling_suspended(), "scheduled scaling"),
        ];
        // One that is not there is false (Application Auto Scaling API, `SuspendedState`).
        flags.into_iter().filter(|(suspended, _)| *suspended == Some(true)).map(|(_, what)| what).collect()
    });
    let capacity = |value: i32, name: &str| {
        aws::counted(Some(value))
            .map_or_else(|| Fact::Unread(format!("the scalable target has a {name} below zero")), Fact::Known)
    };
    let known = Target {
        minimum: capacity(target.min_capacity(), "MinCapacity"),
        maximum: capacity(target.max_capacity(), "MaxCapacity"),
        suspended,
    };
    if let Ok(scaled) = scaled(target.scalable_dimension()) {
        return scaled.into_iter().map(|scaled| (scaled, known.clone())).collect();
    }
    let not_sent = || Fact::Unread("DescribeScalableTargets gave no ScalableDimension".to_owned());
    let unknown = Target { minimum: not_sent(), maximum: not_sent(), suspended: Vec::new() };
    [Scaled::Instances, Scaled::Copies].map(|scaled| (scaled, unknown.clone())).to_vec()
}

/// Whether a policy is one that scales, for what it may scale.
fn policy(policy: &ScalingPolicy) -> Vec<(Scaled, Fact<bool>)> {
    let counts = match policy.policy_type() {
        PolicyType::StepScaling | PolicyType::TargetTrackingScaling => Fact::Known(true),
        other if other.as_str() == aws::NOT_SENT => {
            Fact::Unread("DescribeScalingPolicies gave no PolicyType".to_owned())
        }
        // SageMaker is not among those that AWS names for predictive scaling, and it may only forecast.
        other => Fact::Unread(aws::unknown("PolicyType", other.as_str())),
    };
    if let Ok(scaled) = scaled(policy.scalable_dimension()) {
        return scaled.into_iter().map(|scaled| (scaled, counts.clone())).collect();
    }
    let unknown = || Fact::Unread("DescribeScalingPolicies gave no ScalableDimension".to_owned());
    [Scaled::Instances, Scaled::Copies].map(|scaled| (scaled, unknown())).to_vec()
}

/// The answer has no dimension.
struct NotSent;

/// What of ours is scaled in this dimension, if anything.
fn scaled(dimension: &ScalableDimension) -> Result<Option<Scaled>, NotSent> {
    match dimension {
        ScalableDimension::SageMakerVariantDesiredInstanceCount => Ok(Some(Scaled::Instances)),
        ScalableDimension::SageMakerInferenceComponentDesiredCopyCount => Ok(Some(Scaled::Copies)),
        other if other.as_str() == aws::NOT_SENT => Err(NotSent),
        _ => Ok(None),
    }
}

/// The lesser of two, and what is not known before what is.
fn least(one: &Fact<u32>, other: &Fact<u32>) -> Fact<u32> {
    match (one, other) {
        (Fact::Known(one), Fact::Known(other)) => Fact::Known(*one.min(other)),
        (Fact::Known(_), unknown) | (unknown, _) => unknown.clone(),
    }
}

/// Names of endpoints do not differ in case alone (`CreateEndpoint`), so a target may be registered with another case.
fn variant_id(endpoint: &str, variant: &str) -> String {
    format!("endpoint/{endpoint}/variant/{variant}").to_lowercase()
}
