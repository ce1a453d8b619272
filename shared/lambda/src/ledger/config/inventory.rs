use std::collections::{HashMap, HashSet};

use rule::Resource;

use super::{Api, id_mark};

/// Types that rules report on which wait for no change of them, and which Config records all the same (AWS Config Developer Guide,
/// "Supported Resource Types").
pub(crate) const RECORDED: [&str; 8] = [
    "AWS::CodeArtifact::Domain",
    "AWS::SageMaker::DataQualityJobDefinition",
    "AWS::SageMaker::Domain",
    "AWS::SageMaker::ModelBiasJobDefinition",
    "AWS::SageMaker::ModelExplainabilityJobDefinition",
    "AWS::SageMaker::ModelQualityJobDefinition",
    "AWS::SageMaker::MonitoringSchedule",
    "AWS::SageMaker::NotebookInstance",
];

/// Ids that Config's inventory gives to resources of the types that it records.
#[derive(Default)]
pub(crate) struct Inventory {
    /// Marks of the ids.
    ids: HashSet<u64>,
    /// Ids that tell nothing of the resource's name, by mark of that name: ids of Config's own kind, or ARNs in lower case.
    by_name: HashMap<u64, Box<str>>,
}

impl Inventory {
    /// Reads Config's inventory of these types.
    ///
    /// # Errors
    /// Why it could not be read.
    pub(crate) async fn load(api: &impl Api, resource_types: &[&str]) -> Result<Self, String> {
        let mut inventory = Self::default();
        for resource_type in resource_types {
            let ask = async |token| api.discovered(resource_type, token).await;
            aws::each_page("config:ListDiscoveredResources", ask, |resources| {
                for resource in resources {
                    inventory.ids.insert(id_mark(&resource.resource_type, &resource.id));
                    // An id that ends with the name as it is given is the name or an ARN, and is found as it is.
                    if let Some(name) = resource.name.filter(|name| !resource.id.ends_with(name.as_str())) {
                        inventory.by_name.insert(id_mark(&resource.resource_type, &name), resource.id.into());
                    }
                }
            })
            .await?;
        }
        Ok(inventory)
    }

    /// Names a listed resource as Config does: by its ARN, its name or an id of Config's own, whichever the inventory has.
    /// A resource that is not in it keeps its primary identifier.
    pub(crate) fn name(&self, mut resource: Resource) -> Resource {
        let known = |id: &&String| self.ids.contains(&id_mark(&resource.resource_type, id));
        let id = [Some(&resource.id), resource.arn.as_ref(), resource.name.as_ref()].into_iter().flatten().find(known);
        // A name stands for one resource only where its ARN is made of it: domains may have the same name.
        let is_in_arn = |name: &&String| {
            let arn = resource.arn.as_deref().unwrap_or_default();
            arn.to_lowercase().ends_with(&format!("/{}", name.to_lowercase()))
        };
        let name = || resource.name.as_ref().filter(is_in_arn);
        let own = || name().and_then(|name| self.by_name.get(&id_mark(&resource.resource_type, name)));
        if let Some(id) = id.cloned().or_else(|| own().map(ToString::to_string)) {
            resource.id = id;
        }
        resource
    }
}
