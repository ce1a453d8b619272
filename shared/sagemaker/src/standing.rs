use std::collections::BTreeSet;

use aws::SdkConfig;
use futures::{StreamExt, join, stream};
use rule::{Fact, Facts, Footprint, Listed, PageTokens, Read, SoFar, Source, Tenants, Timestamp};

use crate::{
    Domain, DomainStatus, Domains, EndpointConfig, EndpointConfigs, Job, JobKind, JobQuery, JobStatus, Jobs, Model,
    ModelQuery, Models, Notebook, NotebookStatus, Notebooks, Setting, Usage,
};

/// Where SageMaker stands in an account's network: notebook instances, domains, models, endpoint configurations and jobs that run.
///
/// All of them are listed and described. A transform job has no network of its own but its model's, and security groups of single
/// user profiles of a domain are not read. An endpoint keeps the network of a model or configuration that was deleted under it, which
/// nothing tells any more.
#[derive(Clone, Debug)]
pub struct Standing {
    notebooks: Notebooks,
    domains: Domains,
    models: Models,
    endpoint_configs: EndpointConfigs,
    jobs: Jobs,
}

/// IAM actions of a rule that asks a [`Standing`]: those given, of the rule itself, and those that list and describe what stands.
#[macro_export]
macro_rules! actions_with_standing {
    ($($own:literal),+ $(,)?) => {
        &[
            $($own,)+
            "sagemaker:DescribeAutoMLJobV2",
            "sagemaker:DescribeDomain",
            "sagemaker:DescribeEndpointConfig",
            "sagemaker:DescribeHyperParameterTuningJob",
            "sagemaker:DescribeLabelingJob",
            "sagemaker:DescribeModel",
            "sagemaker:DescribeNotebookInstance",
            "sagemaker:DescribeProcessingJob",
            "sagemaker:DescribeTrainingJob",
            "sagemaker:ListAutoMLJobs",
            "sagemaker:ListDomains",
            "sagemaker:ListEndpointConfigs",
            "sagemaker:ListHyperParameterTuningJobs",
            "sagemaker:ListLabelingJobs",
            "sagemaker:ListModels",
            "sagemaker:ListNotebookInstances",
            "sagemaker:ListProcessingJobs",
            "sagemaker:ListTrainingJobs",
        ]
    };
}

/// The jobs with network interfaces of their own.
const KINDS: [JobKind; 5] =
    [JobKind::Training, JobKind::Processing, JobKind::Tuning, JobKind::AutoMl, JobKind::Labeling];

/// Subnets and security groups of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    subnets: BTreeSet<String>,
    security_groups: BTreeSet<String>,
}

impl Place {
    fn new(subnets: &[String], security_groups: &[String]) -> Self {
        let set = |ids: &[String]| ids.iter().filter(|id| !id.is_empty()).cloned().collect();
        Self { subnets: set(subnets), security_groups: set(security_groups) }
    }
}

impl Standing {
    /// On the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            notebooks: Notebooks::new(config),
            domains: Domains::new(config),
            models: Models::new(config),
            endpoint_configs: EndpointConfigs::new(config),
            jobs: Jobs::new(config),
        }
    }
}

impl Tenants for Standing {
    async fn footprint(&self, at: Timestamp) -> Footprint {
        // Those that run are all that is left of a window that begins now.
        let running =
            JobQuery { kinds: KINDS.to_vec(), since: at, so_far: SoFar { at, ..SoFar::default() }, models: false };
        let of_models = ModelQuery::default();
        let (notebooks, domains, models, endpoint_configs, jobs) = join!(
            walk("notebook instance", &self.notebooks, &(), of_notebook),
            walk("domain", &self.domains, &(), of_domain),
            walk("model", &self.models, &of_models, of_model),
            walk("endpoint configuration", &self.endpoint_configs, &Usage::Any, of_endpoint_config),
            walk("job", &self.jobs, &running, of_job),
        );
        let mut footprint = Footprint::default();
        for of_kind in [notebooks, domains, models, endpoint_configs, jobs] {
            footprint.extend(of_kind);
        }
        footprint
    }
}

/// Where all resources of a kind stand. What cannot be read keeps nobody from the others.
async fn walk<S: Source>(
    kind: &'static str,
    source: &S,
    query: &<S::Facts as Facts>::Query,
    stands: fn(&S::Facts) -> Stands,
) -> Footprint {
    /// Resources that are read at a time.
    const AT_A_TIME: usize = 16;
    let mut footprint = Footprint::default();
    let trouble = |reason: &str| format!("where a {kind} stands: {reason}");
    let mut tokens = PageTokens::new("the list of resources");
    let mut token = None;
    loop {
        let page = match source.list(query, token).await {
            Ok(page) => page,
            Err(reason) => {
                footprint.troubles.extend(Some(trouble(&reason)).filter(|_| is_offered(&reason)));
                return footprint;
            }
        };
        footprint.troubles.extend(page.unreadable.iter().filter(|reason| is_offered(reason)).map(|of| trouble(of)));
        let read = stream::iter(page.items).map(async |Listed { resource, facts }| match facts {
            Some(facts) => Read::Here { resource, facts },
            None => source.get(&resource, query).await,
        });
        for read in read.buffered(AT_A_TIME).collect::<Vec<_>>().await {
            match read {
                Read::Here { resource, facts } => {
                    let Stands { place: Place { subnets, security_groups }, unknown } = stands(&facts);
                    footprint.add(kind, &resource, &subnets, &security_groups);
                    let unknown = unknown.map(|reason| trouble(&format!("{}: {reason}", resource.label())));
                    footprint.troubles.extend(unknown);
                }
                Read::Gone => {}
                Read::Unread(reason) => footprint.troubles.push(trouble(&reason)),
            }
        }
        match tokens.check(page.next) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => return footprint,
            Err(reason) => {
                footprint.troubles.push(trouble(&reason));
                return footprint;
            }
        }
    }
}

/// Whether the reason why a list could not be read is another than that SageMaker has no such operation in this Region, so that there
/// can be nothing of the kind. AWS answers `UnknownOperationException` then: "The requested operation is not supported in the called
/// region."
fn is_offered(reason: &str) -> bool {
    !reason.contains("UnknownOperationException")
}

/// Where one resource stands, and what of it nobody knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Stands {
    place: Place,
    unknown: Option<String>,
}

impl Stands {
    fn nobody_knows(reason: &str) -> Self {
        Self { place: Place::default(), unknown: Some(reason.to_owned()) }
    }

    fn extend(&mut self, other: Self) {
        self.place.subnets.extend(other.place.subnets);
        self.place.security_groups.extend(other.place.security_groups);
        self.unknown = self.unknown.take().or(other.unknown);
    }
}

/// With subnets come security groups, even where the API does not ask for them: every network interface has one at least.
fn both(subnets: &[String], security_groups: &[String]) -> Stands {
    let lacks_groups = !subnets.is_empty() && security_groups.is_empty();
    let unknown = lacks_groups.then(|| "it has subnets, and its security groups were not sent".to_owned());
    Stands { place: Place::new(subnets, security_groups), unknown }
}

fn of_notebook(notebook: &Notebook) -> Stands {
    if notebook.status == Fact::Known(NotebookStatus::Deleting) {
        return Stands::default();
    }
    match &notebook.subnet {
        Fact::Known(subnet) => both(std::slice::from_ref(subnet), &notebook.security_groups),
        Fact::Absent => Stands::default(),
        Fact::Unread(reason) => Stands::nobody_knows(reason),
    }
}

/// A domain without security groups of its own is nothing unusual: its user profiles may have theirs.
fn of_domain(domain: &Domain) -> Stands {
    if domain.status == Fact::Known(DomainStatus::Deleting) {
        return Stands::default();
    }
    let (subnets, unknown) = match &domain.subnets {
        Fact::Known(subnets) => (subnets.as_slice(), None),
        Fact::Absent => (&[][..], None),
        Fact::Unread(reason) => (&[][..], Some(reason.clone())),
    };
    Stands { place: Place::new(subnets, &domain.security_groups), unknown }
}

fn of_model(model: &Model) -> Stands {
    of_vpc_config(&model.subnets, &model.security_groups)
}

fn of_endpoint_config(config: &EndpointConfig) -> Stands {
    of_vpc_config(&config.subnets, &config.security_groups)
}

fn of_vpc_config(subnets: &Fact<Vec<String>>, security_groups: &[String]) -> Stands {
    match subnets {
        Fact::Known(subnets) => both(subnets, security_groups),
        Fact::Absent => Stands::default(),
        Fact::Unread(reason) => Stands::nobody_knows(reason),
    }
}

fn of_job(job: &Job) -> Stands {
    if let Fact::Known(JobStatus::Over | JobStatus::Deleting) = job.status {
        return Stands::default();
    }
    let parts = match &job.parts {
        Fact::Known(parts) => parts,
        Fact::Absent => return Stands::default(),
        Fact::Unread(reason) => return Stands::nobody_knows(reason),
    };
    let mut all = Stands::default();
    for part in parts {
        all.extend(match &part.subnets {
            Setting::Is(subnets) => both(subnets, &part.security_groups),
            Setting::Absent | Setting::Moot(_) => Stands::default(),
            Setting::Unread(reason) => Stands::nobody_knows(reason),
        });
    }
    all
}

#[cfg(test)]
mod tests;
