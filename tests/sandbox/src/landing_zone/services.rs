//! Ways to AWS's services, and the security groups in front of them.
//!
//! * `clinic` is the newest VPC, made from the platform's latest blueprint: interface endpoints of SageMaker in both of its zones, a gateway
//!   of S3 in its route table, a flow log, and a security group that lets HTTPS through and nothing else.
//! * `platform` is older. Somebody tried an endpoint of SageMaker's API there, in one subnet, and left it.
//! * Two security groups of `platform` were made by hand for a proof of concept: one is as EC2 makes it, open to the whole internet on its
//!   way out; the other was opened to "everybody with the address", over IPv6, and lets out
//!   what is for S3, by a prefix list that nobody allowed.

use serde_json::{Value, json};

use super::network::Network;
use crate::{
    Error, FrontDoor, Place,
    account::{
        ALL, EGRESS, INGRESS, between, close_security_group, create_flow_log, create_interface_endpoint,
        create_model_with, create_security_group, create_subnet, create_vpc, ec2, open_security_group,
    },
};

const HTTPS: [(&str, &str); 3] = [("IpProtocol", "tcp"), ("FromPort", "443"), ("ToPort", "443")];

pub(super) async fn create(door: &FrontDoor, place: &Place, network: &Network) -> Result<(), Error> {
    let clinic = create_vpc(door, place).await?;
    for attribute in ["EnableDnsSupport.Value", "EnableDnsHostnames.Value"] {
        ec2(door, place, "ModifyVpcAttribute", &[("VpcId", &clinic), (attribute, "true")]).await?;
    }
    create_flow_log(door, place, "VPC", &clinic, &[]).await?;
    let mut subnets = Vec::new();
    for (number, zone) in ["a", "b"].into_iter().enumerate() {
        let zone = format!("{}{zone}", place.region);
        subnets.push(create_subnet(door, place, &clinic, &zone, number).await?);
    }
    let subnets: Vec<_> = subnets.iter().map(String::as_str).collect();
    for service in ["sagemaker.api", "sagemaker.runtime"] {
        create_interface_endpoint(door, place, &clinic, service, &subnets, true).await?;
    }
    let of_clinic = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", clinic.as_str())];
    let tables = ec2(door, place, "DescribeRouteTables", &of_clinic).await?;
    let table = between(&tables, "<routeTableId>", "<").ok_or_else(|| Error::Account(tables.clone()))?;
    let s3 = format!("com.amazonaws.{}.s3", place.region);
    let gateway =
        [("VpcId", &*clinic), ("ServiceName", &*s3), ("VpcEndpointType", "Gateway"), ("RouteTableId.1", table)];
    ec2(door, place, "CreateVpcEndpoint", &gateway).await?;
    let group = create_security_group(door, place, &clinic, "https").await?;
    close_security_group(door, place, &group).await?;
    for (action, traffic, peer) in [
        (INGRESS, &HTTPS[..], "10.0.0.0/16"),
        (INGRESS, &ALL, &*group),
        (EGRESS, &HTTPS, "10.0.0.0/16"),
        (EGRESS, &ALL, &*group),
    ] {
        open_security_group(door, place, &group, action, traffic, peer).await?;
    }
    create_model_with(door, place, "readmission", isolated(&subnets, &[&group])).await?;

    let platform = network.vpc("platform");
    let private = ["private-1", "private-2"].map(|name| network.subnet(name).as_str());
    create_interface_endpoint(door, place, platform, "sagemaker.api", &private[..1], true).await?;
    let fresh = create_security_group(door, place, platform, "poc").await?;
    let six = create_security_group(door, place, platform, "poc-ipv6").await?;
    close_security_group(door, place, &six).await?;
    let lists = ec2(door, place, "DescribeManagedPrefixLists", &[]).await?;
    let s3 = lists.split("<item>").find(|item| item.contains(&format!(">{s3}<")));
    let s3 = s3.and_then(|item| between(item, "<prefixListId>", "<")).ok_or_else(|| Error::Account(lists.clone()))?;
    open_security_group(door, place, &six, INGRESS, &HTTPS, "::/0").await?;
    open_security_group(door, place, &six, EGRESS, &HTTPS, s3).await?;
    create_model_with(door, place, "proof-of-concept", isolated(&private, &[&fresh, &six])).await?;
    Ok(())
}

/// Settings of a model that is isolated, in these subnets and with these security groups.
fn isolated(subnets: &[&str], groups: &[&str]) -> Value {
    json!({"VpcConfig": {"Subnets": subnets, "SecurityGroupIds": groups}, "EnableNetworkIsolation": true})
}
