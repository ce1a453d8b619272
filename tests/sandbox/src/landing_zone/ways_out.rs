//! Ways out of VPCs.
//!
//! The platform's VPC has no gateway into the internet. Its main route table sends what is not for the VPC to the data centre, by a
//! transit gateway, and what is for S3 through a gateway endpoint: as the platform's blueprint makes it. `private-3` has a table of its
//! own since its team works with a partner: the partner's network is behind the data centre and a private NAT gateway, which is as it should
//! be; for the partner's website the team set up a proxy, and where that sends traffic on to nobody can see from here.
//!
//! The default VPC has an internet gateway and a route to it, as AWS makes default VPCs (moto's have neither), and its subnets give
//! everybody a public address. VPC Block Public Access is on, as the blueprint has it, and somebody excluded this VPC from it, so that
//! the vendor's tutorial would work.

use super::network::Network;
use crate::{
    Error, FrontDoor, Place,
    account::{
        create_gateway_endpoint, create_internet_gateway, create_prefix_list, create_route, create_route_table,
        created, default_subnet, main_route_table, vpc_of,
    },
};

pub(super) async fn create(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    let platform = network.vpc("platform");
    let main = main_route_table(door, place, platform).await?;
    let hub = created(door, place, "CreateTransitGateway", &[], "transitGatewayId").await?;
    create_route(door, place, &main, "0.0.0.0/0", ["TransitGatewayId", &hub]).await?;
    create_gateway_endpoint(door, place, platform, "s3", &main).await?;

    let nat = [("SubnetId", network.subnet("private-1").as_str()), ("ConnectivityType", "private")];
    let nat = created(door, place, "CreateNatGateway", &nat, "natGatewayId").await?;
    let partner = create_prefix_list(door, place, &["198.51.100.0/24"]).await?;
    let own = create_route_table(door, place, platform, network.subnet("private-3")).await?;
    create_route(door, place, &own, &partner, ["NatGatewayId", &nat]).await?;
    let proxy = [("SubnetId", network.subnet("private-1").as_str())];
    let proxy = created(door, place, "CreateNetworkInterface", &proxy, "networkInterfaceId").await?;
    create_route(door, place, &own, "203.0.113.0/24", ["NetworkInterfaceId", &proxy]).await?;

    let default = vpc_of(door, place, &default_subnet(door, place).await?).await?;
    let gateway = create_internet_gateway(door, place, &default).await?;
    let main = main_route_table(door, place, &default).await?;
    create_route(door, place, &main, "0.0.0.0/0", ["GatewayId", &gateway]).await?;
    door.with(place, |state| {
        state.block_public_access.set("block-bidirectional", "update-complete");
        state.block_public_access.exclude(place, ["vpc", &default], "allow-egress", "create-complete");
    });
    Ok(())
}
