//! Facts and Sources of Amazon EC2: the only place where its SDK's types appear.

mod gateways;
mod placement;
mod route_tables;
mod routes;
mod scoped_subnets;
mod security_groups;
mod subnets;
mod volumes;
mod vpc_endpoints;
mod vpcs;

pub use gateways::{BlockMode, Exclusion, Gateway, GatewayVpc, GatewayVpcQuery, GatewayVpcs, PublicAccessBlock};
pub use placement::{AllowedPlaces, LookUp, Placed, PlacedQuery, WithVpcs};
pub use routes::{Route, RouteQuery, SubnetTable, Way};
pub use scoped_subnets::{ScopedSubnet, ScopedSubnetQuery, ScopedSubnets};
pub use security_groups::{GroupPlace, Opening, Peer, SecurityGroup, SecurityGroupQuery, SecurityGroups, VpcBlocks};
pub use subnets::{Subnet, SubnetState, Subnets, Zone, ZoneKind};
pub use volumes::{Volume, VolumeState, Volumes};
pub use vpc_endpoints::{
    ClientSubnet, EndpointKind, EndpointState, EquippedQuery, EquippedVpc, EquippedVpcs, VpcEndpoint,
};
pub use vpcs::{Delivery, FlowLog, LoggedSubnet, Traffic, Vpc, VpcQuery, VpcState, Vpcs, left_alone};

use aws_sdk_ec2::types;
use rule::Tags;

fn tags(tags: &[types::Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect()
}
