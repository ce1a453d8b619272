//! Facts of Application Auto Scaling: the only place where its SDK's types appear.

use std::collections::HashMap;

use aws::SdkConfig;
use aws_sdk_applicationautoscaling::{
    Client,
    config::Builder,
    types::{ScalableDimension, ScalableTarget, ServiceNamespace},
};
use rule::Fact;
use tokio::sync::OnceCell;

/// Least instances by resource id in lower case, or why they could not be read.
type Minimums = Result<HashMap<String, Fact<u32>>, String>;

/// How far autoscaling may take SageMaker's endpoint variants down: `DescribeScalableTargets`, all of them in one list that is
/// read once, when somebody asks.
#[derive(Clone, Debug)]
pub struct EndpointScaling {
    client: Client,
    minimums: OnceCell<Minimums>,
}

impl EndpointScaling {
    /// The scalable targets in the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        // It has no FIPS endpoint in most Regions (AWS General Reference), and a client that is asked for one calls a host that there
        // is not. Where FIPS is the rule, in AWS GovCloud, the ordinary endpoint is the FIPS endpoint.
        let config = Builder::from(config).use_fips(false).build();
        Self { client: Client::from_conf(config), minimums: OnceCell::new() }
    }

    /// `MinCapacity` of the variant's scalable target, in instances; absent when none is registered. A target whose scaling is
    /// suspended counts: the suspension is not meant to last.
    pub async fn minimum(&self, endpoint: &str, variant: &str) -> Fact<u32> {
        match self.minimums.get_or_init(|| self.list()).await {
            Ok(minimums) => minimums.get(&resource_id(endpoint, variant)).cloned().unwrap_or(Fact::Absent),
            Err(reason) => Fact::Unread(reason.clone()),
        }
    }

    async fn list(&self) -> Minimums {
        const OPERATION: &str = "application-autoscaling:DescribeScalableTargets";
        let mut minimums = HashMap::new();
        let ask = async |token| {
            // Not filtered by dimension: the API takes one only together with resource ids. Pages have 50 at most.
            let page = self
                .client
                .describe_scalable_targets()
                .service_namespace(ServiceNamespace::Sagemaker)
                .set_next_token(token);
            let page = page.send().await.map_err(|error| aws::reason(OPERATION, &error))?;
            let of = |target: &ScalableTarget| {
                let minimum = minimum(target)?;
                let id = aws::given(Some(target.resource_id()));
                // It may be any endpoint's.
                let id = id.ok_or_else(|| format!("{OPERATION} gave a scalable target without its ResourceId"));
                Some(id.map(|id| (id.to_lowercase(), minimum)))
            };
            let minimums = page.scalable_targets().iter().filter_map(of).collect::<Result<_, _>>()?;
            Ok((minimums, page.next_token().map(str::to_owned)))
        };
        aws::each_page(OPERATION, ask, |page: Vec<_>| {
            for (id, minimum) in page {
                let least = minimums.get(&id).map_or_else(|| minimum.clone(), |other| least(&minimum, other));
                minimums.insert(id, least);
            }
        })
        .await?;
        Ok(minimums)
    }
}

/// `MinCapacity` of a target that scales instances; none of others. One that was not sent cannot be told from 0: the SDK puts
/// that in its place.
fn minimum(target: &ScalableTarget) -> Option<Fact<u32>> {
    match target.scalable_dimension() {
        ScalableDimension::SageMakerVariantDesiredInstanceCount => {
            Some(aws::counted(Some(target.min_capacity())).map_or_else(
                || Fact::Unread("the scalable target has a MinCapacity below zero".to_owned()),
                Fact::Known,
            ))
        }
        other if other.as_str() == aws::NOT_SENT => {
            Some(Fact::Unread("DescribeScalableTargets gave no ScalableDimension".to_owned()))
        }
        _ => None,
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
fn resource_id(endpoint: &str, variant: &str) -> String {
    format!("endpoint/{endpoint}/variant/{variant}").to_lowercase()
}
