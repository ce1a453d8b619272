use std::collections::BTreeSet;

use aws::SdkConfig;
use futures::{StreamExt, join, stream};
use rule::{Fact, Facts, Footprint, Listed, PageTokens, Read, Resource, SoFar, Source, Tenants, Timestamp};

use crate::{
    Domain, DomainStatus, Domains, EndpointConfig, EndpointConfigs, Job, JobKind, JobQuery, JobStatus, Jobs, Model,
    ModelQuery, Models, Notebook, NotebookStatus, Notebooks, Setting, Usage,
};

/// Where SageMaker stands in an account's network: notebook instances, domains, models, endpoint configurations and jobs that run.
///
/// All of them are listed and described. A transform job has no network of its own but its model's, and security groups of single
/// user profiles of a domain are not read.
#[derive(Clone, Debug)]
pub struct Standing {
    notebooks: Notebooks,
    domains: Domains,
    models: Models,
    endpoint_configs: EndpointConfigs,
    jobs: Jobs,
}

/// The jobs with network interfaces of their own.
const KINDS: [JobKind; 5] =
    [JobKind::Training, JobKind::Processing, JobKind::Tuning, JobKind::AutoMl, JobKind::Labeling];

/// What one kind of resource stands in.
#[derive(Default)]
struct Found {
    places: Vec<(Resource, Place)>,
    troubles: Vec<String>,
}

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
            walk(&self.notebooks, &(), of_notebook),
            walk(&self.domains, &(), of_domain),
            walk(&self.models, &of_models, of_model),
            walk(&self.endpoint_configs, &Usage::Any, of_endpoint_config),
            walk(&self.jobs, &running, of_job),
        );
        let mut footprint = Footprint::default();
        let kinds = [
            ("notebook instance", notebooks),
            ("domain", domains),
            ("model", models),
            ("endpoint configuration", endpoint_configs),
            ("job", jobs),
        ];
        for (kind, Found { places, troubles }) in kinds {
            for (resource, Place { subnets, security_groups }) in &places {
                footprint.add(kind, resource, subnets, security_groups);
            }
            footprint.troubles.extend(troubles.into_iter().map(|reason| format!("where a {kind} stands: {reason}")));
        }
        footprint
    }
}

/// Where all resources of a kind stand. What cannot be read keeps nobody from the others.
async fn walk<S: Source>(
    source: &S,
    query: &<S::Facts as Facts>::Query,
    place: fn(&S::Facts) -> Result<Place, String>,
) -> Found {
    /// Resources that are read at a time.
    const AT_A_TIME: usize = 16;
    let mut found = Found::default();
    let mut tokens = PageTokens::new("the list of resources");
    let mut token = None;
    loop {
        let page = match source.list(query, token).await {
            Ok(page) => page,
            Err(reason) => {
                found.troubles.push(reason);
                return found;
            }
        };
        found.troubles.extend(page.unreadable);
        let read = stream::iter(page.items).map(async |Listed { resource, facts }| match facts {
            Some(facts) => Read::Here { resource, facts },
            None => source.get(&resource, query).await,
        });
        for read in read.buffered(AT_A_TIME).collect::<Vec<_>>().await {
            match read {
                Read::Here { resource, facts } => match place(&facts) {
                    Ok(place) => found.places.push((resource, place)),
                    Err(reason) => found.troubles.push(format!("{}: {reason}", resource.label())),
                },
                Read::Gone => {}
                Read::Unread(reason) => found.troubles.push(reason),
            }
        }
        match tokens.check(page.next) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => return found,
            Err(reason) => {
                found.troubles.push(reason);
                return found;
            }
        }
    }
}

/// With subnets come security groups: the API asks for both, or SageMaker takes the VPC's default group and names it.
fn both(subnets: &[String], security_groups: &[String]) -> Result<Place, String> {
    if !subnets.is_empty() && security_groups.is_empty() {
        return Err("it has subnets, and its security groups were not sent".to_owned());
    }
    Ok(Place::new(subnets, security_groups))
}

fn of_notebook(notebook: &Notebook) -> Result<Place, String> {
    if notebook.status == Fact::Known(NotebookStatus::Deleting) {
        return Ok(Place::default());
    }
    match &notebook.subnet {
        Fact::Known(subnet) => both(std::slice::from_ref(subnet), &notebook.security_groups),
        Fact::Absent => Ok(Place::default()),
        Fact::Unread(reason) => Err(reason.clone()),
    }
}

/// A domain without security groups of its own is nothing unusual: its user profiles may have theirs.
fn of_domain(domain: &Domain) -> Result<Place, String> {
    if domain.status == Fact::Known(DomainStatus::Deleting) {
        return Ok(Place::default());
    }
    match &domain.subnets {
        Fact::Known(subnets) => Ok(Place::new(subnets, &domain.security_groups)),
        Fact::Absent => Ok(Place::new(&[], &domain.security_groups)),
        Fact::Unread(reason) => Err(reason.clone()),
    }
}

fn of_model(model: &Model) -> Result<Place, String> {
    of_vpc_config(&model.subnets, &model.security_groups)
}

fn of_endpoint_config(config: &EndpointConfig) -> Result<Place, String> {
    of_vpc_config(&config.subnets, &config.security_groups)
}

fn of_vpc_config(subnets: &Fact<Vec<String>>, security_groups: &[String]) -> Result<Place, String> {
    match subnets {
        Fact::Known(subnets) => both(subnets, security_groups),
        Fact::Absent => Ok(Place::default()),
        Fact::Unread(reason) => Err(reason.clone()),
    }
}

fn of_job(job: &Job) -> Result<Place, String> {
    if let Fact::Known(JobStatus::Over | JobStatus::Deleting) = job.status {
        return Ok(Place::default());
    }
    let parts = match &job.parts {
        Fact::Known(parts) => parts,
        Fact::Absent => return Ok(Place::default()),
        Fact::Unread(reason) => return Err(reason.clone()),
    };
    let mut all = Place::default();
    for part in parts {
        match &part.subnets {
            Setting::Is(subnets) => {
                let Place { subnets, security_groups } = both(subnets, &part.security_groups)?;
                all.subnets.extend(subnets);
                all.security_groups.extend(security_groups);
            }
            Setting::Absent | Setting::Moot(_) => {}
            Setting::Unread(reason) => return Err(reason.clone()),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
