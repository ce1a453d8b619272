//! Endpoints of VPCs, and security groups.

use super::network::{between, discovered_ec2, ec2};
use crate::{Error, FrontDoor, Place};

/// What a security group lets in.
pub const INGRESS: &str = "AuthorizeSecurityGroupIngress";

/// What it lets out.
pub const EGRESS: &str = "AuthorizeSecurityGroupEgress";

/// All traffic, as `IpPermission` has it.
pub const ALL: [(&str, &str); 1] = [("IpProtocol", "-1")];

/// Creates an interface endpoint of a service in these subnets, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_interface_endpoint(
    door: &FrontDoor,
    place: &Place,
    vpc: &str,
    service: &str,
    subnets: &[&str],
    private_dns: bool,
) -> Result<String, Error> {
    let service = format!("com.amazonaws.{}.{service}", place.region);
    let members: Vec<_> = (1..).map(|number: usize| format!("SubnetId.{number}")).take(subnets.len()).collect();
    let private_dns = if private_dns { "true" } else { "false" };
    let mut input = vec![("VpcId", vpc), ("ServiceName", &service), ("VpcEndpointType", "Interface")];
    input.push(("PrivateDnsEnabled", private_dns));
    input.extend(members.iter().map(String::as_str).zip(subnets.iter().copied()));
    let answer = ec2(door, place, "CreateVpcEndpoint", &input).await?;
    between(&answer, "<vpcEndpointId>", "<").map(str::to_owned).ok_or(Error::Account(answer))
}

/// Creates a security group, which lets nothing in and everything out, puts it into Config's inventory, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_security_group(door: &FrontDoor, place: &Place, vpc: &str, name: &str) -> Result<String, Error> {
    let input = [("VpcId", vpc), ("GroupName", name), ("GroupDescription", name)];
    let answer = ec2(door, place, "CreateSecurityGroup", &input).await?;
    let group = between(&answer, "<groupId>", "<").map(str::to_owned).ok_or(Error::Account(answer))?;
    Ok(discovered_ec2(door, place, "AWS::EC2::SecurityGroup", "security-group", group).id)
}

/// Takes out of a new security group the rule that lets everything out.
///
/// # Errors
/// moto does not take it.
pub async fn close_security_group(door: &FrontDoor, place: &Place, group: &str) -> Result<(), Error> {
    let action = "RevokeSecurityGroupEgress";
    open_security_group(door, place, group, action, &ALL, "0.0.0.0/0").await
}

/// Adds a rule to a security group, by `action`. The traffic is that of `IpPermission`; on the other side is a block of addresses, a
/// group or a prefix list.
///
/// # Errors
/// moto does not take it.
pub async fn open_security_group(
    door: &FrontDoor,
    place: &Place,
    group: &str,
    action: &str,
    traffic: &[(&str, &str)],
    peer: &str,
) -> Result<(), Error> {
    let kind = match peer {
        peer if peer.starts_with("sg-") => "Groups.1.GroupId",
        peer if peer.starts_with("pl-") => "PrefixListIds.1.PrefixListId",
        peer if peer.contains(':') => "Ipv6Ranges.1.CidrIpv6",
        _ => "IpRanges.1.CidrIp",
    };
    let member = |name: &str| format!("IpPermissions.1.{name}");
    let traffic: Vec<_> = traffic.iter().map(|(name, value)| (member(name), *value)).collect();
    let kind = member(kind);
    let mut input = vec![("GroupId", group), (kind.as_str(), peer)];
    input.extend(traffic.iter().map(|(name, value)| (name.as_str(), *value)));
    ec2(door, place, action, &input).await.map(drop)
}
