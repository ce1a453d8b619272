//! Gateways, and the routes to them.

use super::{ec2, network::between};
use crate::{Error, FrontDoor, Place};

/// Calls EC2 and returns what stands in the first element of this name of the answer.
///
/// # Errors
/// moto does not take it.
pub async fn created(
    door: &FrontDoor,
    place: &Place,
    action: &str,
    input: &[(&str, &str)],
    element: &str,
) -> Result<String, Error> {
    let answer = ec2(door, place, action, input).await?;
    between(&answer, &format!("<{element}>"), "<").map(str::to_owned).ok_or(Error::Account(answer))
}

/// Creates an internet gateway, attaches it to a VPC, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_internet_gateway(door: &FrontDoor, place: &Place, vpc: &str) -> Result<String, Error> {
    let gateway = created(door, place, "CreateInternetGateway", &[], "internetGatewayId").await?;
    ec2(door, place, "AttachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", vpc)]).await?;
    Ok(gateway)
}

/// Creates an egress-only internet gateway of a VPC, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_egress_only_gateway(door: &FrontDoor, place: &Place, vpc: &str) -> Result<String, Error> {
    created(door, place, "CreateEgressOnlyInternetGateway", &[("VpcId", vpc)], "egressOnlyInternetGatewayId").await
}

/// Creates a prefix list with these entries, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_prefix_list(door: &FrontDoor, place: &Place, blocks: &[&str]) -> Result<String, Error> {
    let entries: Vec<_> = (1..).map(|number: usize| format!("Entry.{number}.Cidr")).take(blocks.len()).collect();
    let mut input = vec![("PrefixListName", "addresses"), ("MaxEntries", "10"), ("AddressFamily", "IPv4")];
    input.extend(entries.iter().map(String::as_str).zip(blocks.iter().copied()));
    created(door, place, "CreateManagedPrefixList", &input, "prefixListId").await
}

/// Creates a gateway endpoint of a service, with a route to it in this table, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_gateway_endpoint(
    door: &FrontDoor,
    place: &Place,
    vpc: &str,
    service: &str,
    table: &str,
) -> Result<String, Error> {
    let service = format!("com.amazonaws.{}.{service}", place.region);
    let input =
        [("VpcId", vpc), ("ServiceName", service.as_str()), ("VpcEndpointType", "Gateway"), ("RouteTableId.1", table)];
    created(door, place, "CreateVpcEndpoint", &input, "vpcEndpointId").await
}

/// Id of the main route table of a VPC.
///
/// # Errors
/// moto has none.
pub async fn main_route_table(door: &FrontDoor, place: &Place, vpc: &str) -> Result<String, Error> {
    let filters = [
        ("Filter.1.Name", "vpc-id"),
        ("Filter.1.Value.1", vpc),
        ("Filter.2.Name", "association.main"),
        ("Filter.2.Value.1", "true"),
    ];
    created(door, place, "DescribeRouteTables", &filters, "routeTableId").await
}

/// Creates a route table of a VPC, associates a subnet with it, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_route_table(door: &FrontDoor, place: &Place, vpc: &str, subnet: &str) -> Result<String, Error> {
    let table = created(door, place, "CreateRouteTable", &[("VpcId", vpc)], "routeTableId").await?;
    ec2(door, place, "AssociateRouteTable", &[("RouteTableId", &table), ("SubnetId", subnet)]).await?;
    Ok(table)
}

/// Creates a route for a block of addresses or a prefix list, to a target, which is given with the name of its parameter.
///
/// # Errors
/// moto does not take it.
pub async fn create_route(
    door: &FrontDoor,
    place: &Place,
    table: &str,
    destination: &str,
    [parameter, target]: [&str; 2],
) -> Result<(), Error> {
    let kind = match destination {
        list if list.starts_with("pl-") => "DestinationPrefixListId",
        block if block.contains(':') => "DestinationIpv6CidrBlock",
        _ => "DestinationCidrBlock",
    };
    let input = [("RouteTableId", table), (kind, destination), (parameter, target)];
    ec2(door, place, "CreateRoute", &input).await.map(drop)
}

/// Id of the VPC that a subnet is in.
///
/// # Errors
/// moto has no such subnet.
pub async fn vpc_of(door: &FrontDoor, place: &Place, subnet: &str) -> Result<String, Error> {
    created(door, place, "DescribeSubnets", &[("SubnetId.1", subnet)], "vpcId").await
}

/// Id of the zone that a subnet is in.
///
/// # Errors
/// moto has no such subnet.
pub async fn zone_of(door: &FrontDoor, place: &Place, subnet: &str) -> Result<String, Error> {
    created(door, place, "DescribeSubnets", &[("SubnetId.1", subnet)], "availabilityZoneId").await
}
