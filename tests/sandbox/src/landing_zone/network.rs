//! VPCs and subnets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{NEIGHBOUR, SHARED_SUBNET, SUBNETS, VPCS};
use crate::{
    Error, Fault, FrontDoor, Place, When,
    account::{
        create_flow_log, create_log_group, create_subnet, create_vpc, ec2, local_zone, rewrite_item, vpc_config,
    },
};

/// A VPC.
pub(super) struct Vpc {
    pub(super) name: &'static str,
    pub(super) logs: Logs,
}

/// What a VPC logs of its traffic.
pub(super) enum Logs {
    All,
    /// What security groups and network ACLs refuse.
    Refused,
    /// All of one subnet, and nothing of another.
    OneSubnetOfTwo,
    /// What its owner, another account, has it log.
    TheOwners,
}

/// A subnet of the platform's VPC.
pub(super) struct Subnet {
    pub(super) name: &'static str,
    /// Letter of the zone's name.
    pub(super) zone: &'static str,
    pub(super) fate: Fate,
}

/// What becomes of a subnet once there are models in it.
pub(super) enum Fate {
    Stays,
    Deleted,
    /// It has always been in a Local Zone.
    LocalZone,
}

/// A subnet of another account.
pub(super) struct SharedSubnet {
    pub(super) subnet: &'static str,
    pub(super) vpc: &'static str,
    pub(super) owner: &'static str,
}

/// Ids by name.
pub(super) struct Network {
    vpcs: BTreeMap<&'static str, String>,
    subnets: BTreeMap<&'static str, String>,
}

impl Network {
    /// Id of one of [`VPCS`].
    pub(super) fn vpc(&self, name: &str) -> &String {
        &self.vpcs[name]
    }

    /// Id of one of [`SUBNETS`].
    pub(super) fn subnet(&self, name: &str) -> &String {
        &self.subnets[name]
    }

    /// `VpcConfig` of these subnets.
    pub(super) fn vpc_config(&self, subnets: &[&str]) -> Value {
        vpc_config(&subnets.iter().map(|name| self.subnet(name).as_str()).collect::<Vec<_>>())
    }

    /// `VpcConfig` as the platform's blueprint has it.
    pub(super) fn private(&self) -> Value {
        self.vpc_config(&["private-1", "private-2"])
    }
}

pub(super) async fn create_vpcs(door: &FrontDoor, place: &Place) -> Result<Network, Error> {
    create_log_group(door, place, "vpc-flow-logs").await?;
    let mut vpcs = BTreeMap::new();
    for Vpc { name, .. } in VPCS {
        vpcs.insert(name, create_vpc(door, place).await?);
    }
    for Vpc { name, logs } in VPCS {
        let vpc = &vpcs[name];
        match logs {
            Logs::All => drop(create_flow_log(door, place, "VPC", vpc, &[]).await?),
            Logs::Refused => drop(create_flow_log(door, place, "VPC", vpc, &[("TrafficType", "REJECT")]).await?),
            Logs::OneSubnetOfTwo => {
                let zone = format!("{}a", place.region);
                let logged = create_subnet(door, place, vpc, &zone, 0).await?;
                create_flow_log(door, place, "Subnet", &logged, &[]).await?;
                create_subnet(door, place, vpc, &zone, 1).await?;
            }
            Logs::TheOwners => {
                // moto's VPCs are all the caller's own.
                let owner = |account: &str| format!("<ownerId>{account}</ownerId>");
                let owners = [owner(&place.account), owner(NEIGHBOUR)];
                door.fault(place, When::calls("DescribeVpcs"), rewrite_item(vpc, [&owners[0], &owners[1]]));
            }
        }
    }
    Ok(Network { vpcs, subnets: BTreeMap::new() })
}

pub(super) async fn create_subnets(door: &FrontDoor, place: &Place, network: &mut Network) -> Result<(), Error> {
    for (number, Subnet { name, zone, .. }) in SUBNETS.into_iter().enumerate() {
        let zone = format!("{}{zone}", place.region);
        let subnet = create_subnet(door, place, network.vpc("platform"), &zone, number).await?;
        network.subnets.insert(name, subnet);
    }
    Ok(())
}

/// Once there are models that name them.
pub(super) async fn subnets_meet_their_fate(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    for Subnet { name, fate, .. } in SUBNETS {
        let subnet = network.subnet(name);
        match fate {
            Fate::Stays => {}
            Fate::Deleted => drop(ec2(door, place, "DeleteSubnet", &[("SubnetId", subnet)]).await?),
            Fate::LocalZone => local_zone(door, place, subnet),
        }
    }
    Ok(())
}

/// Network interfaces, without which a VPC is not in use: in the lab, and in one of the platform's private subnets.
pub(super) async fn use_vpcs(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    let bench = create_subnet(door, place, network.vpc("lab"), &format!("{}a", place.region), 0).await?;
    for subnet in [&bench, network.subnet("private-1")] {
        ec2(door, place, "CreateNetworkInterface", &[("SubnetId", subnet)]).await?;
    }
    Ok(())
}

/// Lets the account see [`SHARED_SUBNET`]. moto shares nothing, so the front door says it for it.
pub(super) fn share_subnet(door: &FrontDoor, place: &Place) {
    let SharedSubnet { subnet, vpc, owner } = SHARED_SUBNET;
    let item = format!(
        "<item><subnetId>{subnet}</subnetId><state>available</state><vpcId>{vpc}</vpcId><ownerId>{owner}</ownerId>\
         <cidrBlock>10.9.0.0/24</cidrBlock><availableIpAddressCount>200</availableIpAddressCount>\
         <availabilityZone>{0}a</availabilityZone><availabilityZoneId>use1-az6</availabilityZoneId></item></subnetSet>",
        place.region
    );
    let shared = Fault::rewrite(move |text| text.replace("</subnetSet>", &item));
    door.fault(place, When::calls("DescribeSubnets"), shared);
}
