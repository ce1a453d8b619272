//! Notebook instances.

use serde_json::{Value, json};

use super::{NO_KEY, NOTEBOOKS, PLATFORM_KEY, REPAIRED, keys::with_key, network::Network, provisioned};
use crate::{
    Error, Fault, FrontDoor, Place, When,
    account::{create_notebook, default_subnet, delete_notebook, of_list, place, sagemaker},
    events::Item,
};

/// A notebook instance.
pub(super) struct Notebook {
    pub(super) name: &'static str,
    pub(super) has_internet: bool,
    pub(super) has_root_access: bool,
    pub(super) key: &'static str,
    /// Name of a subnet of the platform's VPC, or `default` for one of the default VPC.
    pub(super) subnet: &'static str,
    pub(super) is_being_deleted: bool,
}

impl Notebook {
    /// What the platform's blueprint makes.
    pub(super) const BLUEPRINT: Self = Self {
        name: "",
        has_internet: false,
        has_root_access: false,
        key: PLATFORM_KEY,
        subnet: "private-1",
        is_being_deleted: false,
    };

    /// What the console makes where nobody chooses.
    pub(super) const CONSOLE: Self =
        Self { has_internet: true, has_root_access: true, key: NO_KEY, subnet: "", ..Self::BLUEPRINT };

    fn settings(&self, place: &Place) -> Value {
        let enabled = |is_enabled| if is_enabled { "Enabled" } else { "Disabled" };
        let settings = json!({
            "DirectInternetAccess": enabled(self.has_internet), "RootAccess": enabled(self.has_root_access),
        });
        provisioned(place, self.name, with_key(settings, self.key))
    }
}

pub(super) async fn create(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    for notebook in &NOTEBOOKS {
        create_notebook(door, place, notebook.name, notebook.settings(place)).await?;
    }
    // moto's notebooks are never on their way out, so the front door says it for it.
    for Notebook { name, .. } in NOTEBOOKS.iter().filter(|notebook| notebook.is_being_deleted) {
        let described = Fault::patch(|answer| answer["NotebookInstanceStatus"] = json!("Deleting"));
        door.fault(place, When::calls("DescribeNotebookInstance").mentioning(name), described);
        let listed = Fault::patch(|answer| {
            of_list(answer, "NotebookInstances", ["NotebookInstanceName", name], |notebook| {
                notebook["NotebookInstanceStatus"] = json!("Deleting");
            });
        });
        door.fault(place, When::calls("ListNotebookInstances"), listed);
    }
    Ok(())
}

/// Recreates the notebook instances that have a subnet in it, as they have been from the start: what moto answers before there are
/// subnets decides which ids those get.
pub(super) async fn move_into_subnets(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    let default = default_subnet(door, place).await?;
    for notebook in NOTEBOOKS.iter().filter(|notebook| !notebook.subnet.is_empty()) {
        let subnet = if notebook.subnet == "default" { &default } else { network.subnet(notebook.subnet) };
        delete_notebook(door, place, notebook.name).await?;
        let mut settings = notebook.settings(place);
        settings["SubnetId"] = json!(subnet);
        settings["SecurityGroupIds"] = json!(["sg-1"]);
        create_notebook(door, place, notebook.name, settings).await?;
    }
    Ok(())
}

/// Recreates [`REPAIRED`] where another notebook is, without internet and with a key, as its findings ask; returns it as Config's item
/// names it.
///
/// # Errors
/// moto does not take it.
pub async fn repair(door: &FrontDoor) -> Result<Item, Error> {
    let other = json!({"NotebookInstanceName": NOTEBOOKS[0].name});
    let subnet = sagemaker(door, &place(), "DescribeNotebookInstance", other).await?["SubnetId"].take();
    delete_notebook(door, &place(), REPAIRED).await?;
    let mut settings = Notebook { name: REPAIRED, ..Notebook::BLUEPRINT }.settings(&place());
    settings["SubnetId"] = subnet;
    settings["SecurityGroupIds"] = json!(["sg-1"]);
    create_notebook(door, &place(), REPAIRED, settings).await
}
