//! Facts and Sources of Amazon EC2: the only place where its SDK's types appear.

mod placement;
mod subnets;
mod volumes;
mod vpcs;

pub use placement::{AllowedPlaces, LookUp, Placed, PlacedQuery, WithVpcs};
pub use subnets::{Subnet, SubnetState, Subnets, Zone, ZoneKind};
pub use volumes::{Volume, VolumeState, Volumes};
pub use vpcs::{Delivery, FlowLog, LoggedSubnet, Traffic, Vpc, VpcQuery, VpcState, Vpcs};

use aws_sdk_ec2::types;
use rule::Tags;

fn tags(tags: &[types::Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect()
}
