//! Amazon EC2: networks and what is in them, and volumes.

use std::collections::BTreeMap;

use serde_json::json;

use super::discovered;
use crate::{Error, Fault, FrontDoor, Place, When, events::Item};

/// Creates a VPC, puts it into Config's inventory, and returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_vpc(door: &FrontDoor, place: &Place) -> Result<String, Error> {
    let answer = ec2(door, place, "CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await?;
    let vpc = between(&answer, "<vpcId>", "<").map(str::to_owned).ok_or(Error::Account(answer))?;
    Ok(vpc_item(door, place, &vpc).id)
}

/// A VPC as Config's item names it; it is in Config's inventory from now on.
#[must_use]
pub fn vpc_item(door: &FrontDoor, place: &Place, vpc: &str) -> Item {
    discovered_ec2(door, place, "AWS::EC2::VPC", "vpc", vpc.to_owned())
}

/// Creates a subnet in a zone, by the zone's name, and returns its id; `number` tells it from the others of the VPC.
///
/// # Errors
/// moto does not take it.
pub async fn create_subnet(
    door: &FrontDoor,
    place: &Place,
    vpc: &str,
    zone: &str,
    number: usize,
) -> Result<String, Error> {
    let block = format!("10.0.{number}.0/24");
    let input = [("VpcId", vpc), ("CidrBlock", &block), ("AvailabilityZone", zone)];
    let answer = ec2(door, place, "CreateSubnet", &input).await?;
    between(&answer, "<subnetId>", "<").map(str::to_owned).ok_or(Error::Account(answer))
}

/// Id of a subnet of the default VPC, which an account has from the beginning.
///
/// # Errors
/// moto has none.
pub async fn default_subnet(door: &FrontDoor, place: &Place) -> Result<String, Error> {
    let zone = format!("{}a", place.region);
    let filters = [
        ("Filter.1.Name", "default-for-az"),
        ("Filter.1.Value.1", "true"),
        ("Filter.2.Name", "availability-zone"),
        ("Filter.2.Value.1", &zone),
    ];
    let answer = ec2(door, place, "DescribeSubnets", &filters).await?;
    between(&answer, "<subnetId>", "<").map(str::to_owned).ok_or(Error::Account(answer))
}

/// Creates a log group of CloudWatch Logs.
///
/// # Errors
/// moto does not take it.
pub async fn create_log_group(door: &FrontDoor, place: &Place, name: &str) -> Result<(), Error> {
    let answer = door.call(place, "logs", "Logs_20140328.CreateLogGroup", &json!({"logGroupName": name})).await;
    answer.map(drop).map_err(Error::Account)
}

/// Creates a flow log of a `VPC` or `Subnet` for all traffic at 60 seconds, to log group `vpc-flow-logs` unless `settings`, those of
/// `CreateFlowLogs`, say otherwise; returns its id.
///
/// # Errors
/// moto does not take it.
pub async fn create_flow_log(
    door: &FrontDoor,
    place: &Place,
    resource_type: &str,
    of: &str,
    settings: &[(&str, &str)],
) -> Result<String, Error> {
    let role = place.role("flow-logs");
    let mut input = BTreeMap::from([
        ("ResourceType", resource_type),
        ("ResourceId.1", of),
        ("TrafficType", "ALL"),
        ("MaxAggregationInterval", "60"),
        ("LogGroupName", "vpc-flow-logs"),
        ("DeliverLogsPermissionArn", &role),
    ]);
    input.extend(settings.iter().copied());
    let answer = ec2(door, place, "CreateFlowLogs", &input.into_iter().collect::<Vec<_>>()).await?;
    let id = between(&answer, "<flowLogIdSet>", "</flowLogIdSet>").and_then(|set| between(set, "<item>", "<"));
    id.map(str::to_owned).ok_or(Error::Account(answer))
}

/// Creates an EBS volume and puts it into Config's inventory under its id. `settings` are those of `CreateVolume` beside size and
/// zone.
///
/// # Errors
/// moto does not take it.
pub async fn create_volume(door: &FrontDoor, place: &Place, settings: &[(&str, &str)]) -> Result<Item, Error> {
    let zone = format!("{}a", place.region);
    let input = [&[("Size", "8"), ("AvailabilityZone", zone.as_str())], settings].concat();
    let answer = ec2(door, place, "CreateVolume", &input).await?;
    let volume = between(&answer, "<volumeId>", "<").map(str::to_owned).ok_or(Error::Account(answer))?;
    Ok(discovered_ec2(door, place, "AWS::EC2::Volume", "volume", volume))
}

/// Moves a subnet into the Local Zone in Los Angeles. moto knows no Local Zones, so the front door says it for it. One subnet a
/// place: of several faults that strike a call, the first does.
pub fn local_zone(door: &FrontDoor, place: &Place, subnet: &str) {
    let start = format!("<subnetId>{subnet}</subnetId>");
    let moved = Fault::rewrite(move |text| {
        let items = text.split_inclusive("</item>").map(|item| match between(item, "<availabilityZoneId>", "<") {
            Some(zone) if item.contains(&start) => item.replace(zone, LOCAL_ZONE),
            _ => item.to_owned(),
        });
        items.collect()
    });
    door.fault(place, When::calls("DescribeSubnets"), moved);
    let listed = Fault::rewrite(|text| {
        let item =
            format!("<item><zoneType>local-zone</zoneType><zoneId>{LOCAL_ZONE}</zoneId></item></availabilityZoneInfo>");
        text.replace("</availabilityZoneInfo>", &item)
    });
    door.fault(place, When::calls("DescribeAvailabilityZones"), listed);
}

/// Id of the Local Zone of [`local_zone`].
pub const LOCAL_ZONE: &str = "use1-lax1-az1";

/// An answer of EC2 in which, of the resource with this id, the first text is replaced by the second. Only one such fault strikes a
/// call.
///
/// # Panics
/// When the resource is in the answer and the text is not.
#[must_use]
pub fn rewrite_item(id: &str, [from, to]: [&str; 2]) -> Fault {
    let (id, from, to) = (format!("Id>{id}</"), from.to_owned(), to.to_owned());
    Fault::rewrite(move |text| {
        let rewritten = items(&text).into_iter().map(|item| {
            if !item.contains(&id) {
                return item;
            }
            assert!(item.contains(&from), "no {from} in {item}");
            item.replace(&from, &to)
        });
        rewritten.collect()
    })
}

/// An answer of EC2 in pieces: one for each resource, and what stands before, between and behind them. Items can hold items; those
/// that are not in another are the resources.
#[must_use]
pub fn items(text: &str) -> Vec<String> {
    let (mut pieces, mut piece, mut depth) = (Vec::new(), String::new(), 0);
    for part in text.split_inclusive('>') {
        if part.ends_with("<item>") {
            if depth == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
            depth += 1;
        }
        piece.push_str(part);
        if part.ends_with("</item>") {
            depth -= 1;
            if depth == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
        }
    }
    pieces.push(piece);
    pieces
}

/// Calls an operation of EC2, past faults and records.
///
/// # Errors
/// moto does not take it.
pub async fn ec2(door: &FrontDoor, place: &Place, action: &str, input: &[(&str, &str)]) -> Result<String, Error> {
    door.call_ec2(place, action, input).await.map_err(Error::Account)
}

/// What stands in `text` between the first `start` and the `end` that follows.
pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

/// The same for a resource of EC2, which has no name and whose ARN follows from its id.
pub(super) fn discovered_ec2(door: &FrontDoor, place: &Place, resource_type: &str, kind: &str, id: String) -> Item {
    let arn = place.arn("ec2", &format!("{kind}/{id}"));
    discovered(door, place, resource_type, None, id, arn)
}
