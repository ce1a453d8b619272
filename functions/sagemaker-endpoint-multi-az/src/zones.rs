//! Whether subnets reach enough Availability Zones.

use std::collections::{BTreeMap, BTreeSet};

use ec2::{Subnet, SubnetState, Zone, ZoneKind};
use rule::Fact;

use crate::{Answer, Params, Placement};

/// Whether the ML capacity reservation of a variant, if it is bound to one, is in enough zones.
pub(crate) fn reserved(zones: &Fact<Vec<Zone>>, params: &Params) -> Answer {
    let zones = match zones {
        Fact::Known(zones) => zones,
        Fact::Absent => return Answer::Enough,
        Fact::Unread(reason) => return Answer::Unknown(reason.clone()),
    };
    let (mut certain, mut open) = (0, Vec::new());
    for zone in zones {
        match &zone.kind {
            Fact::Known(ZoneKind::AvailabilityZone) => certain += 1,
            Fact::Known(ZoneKind::LocalZone | ZoneKind::WavelengthZone) => {}
            Fact::Absent => open.push(format!("DescribeAvailabilityZones gave no ZoneType of {}", zone.id)),
            Fact::Unread(reason) => open.push(reason.clone()),
        }
    }
    let min = params.min_availability_zones as usize;
    let ids: Vec<_> = zones.iter().map(|zone| zone.id.as_str()).collect();
    if certain >= min {
        Answer::Enough
    } else if certain + open.len() >= min {
        Answer::Unknown(open.join("; "))
    } else if ids.is_empty() {
        Answer::TooFew("its ML capacity reservation has no capacity".to_owned())
    } else {
        Answer::TooFew(format!("its ML capacity reservation is in {} (min {min} zones)", ids.join(",")))
    }
}

/// Whether the subnets of a placement are in enough zones, of those in which alone there are instances for it, if there are such.
pub(crate) fn reached(placement: &Placement, reserved: Option<&[Zone]>, params: &Params) -> Answer {
    let subnets = match &placement.subnets {
        Fact::Known(subnets) => subnets,
        Fact::Absent if params.require_vpc_config => return Answer::TooFew("no VpcConfig".to_owned()),
        Fact::Absent => return Answer::Enough,
        Fact::Unread(reason) => return Answer::Unknown(reason.clone()),
    };
    let usable: Vec<_> =
        subnets.iter().map(|(id, subnet)| (id.as_str(), usable(id, subnet, reserved, params))).collect();
    let certain: BTreeSet<_> = usable
        .iter()
        .filter_map(|(_, usable)| if let Usable::Yes(zone) = usable { Some(*zone) } else { None })
        .collect();
    // At best, whatever is not known is no hindrance, and each subnet whose zone is not known is in a zone of its own.
    let (mut located, mut unlocated) = (BTreeMap::<_, Vec<_>>::new(), 0);
    let (mut open, mut lost) = (BTreeSet::new(), Vec::new());
    for (id, usable) in &usable {
        match usable {
            Usable::Yes(zone) => located.entry(*zone).or_default().push(*id),
            Usable::Perhaps(Some(zone), why) => {
                located.entry(*zone).or_default().push(*id);
                // Another one in the zone may settle it.
                if !certain.contains(zone) {
                    open.insert(why.as_str());
                }
            }
            Usable::Perhaps(None, why) => {
                unlocated += 1;
                open.insert(why.as_str());
            }
            Usable::No(why) => lost.push(why.clone()),
        }
    }
    let min = params.min_availability_zones as usize;
    if certain.len() >= min {
        return Answer::Enough;
    }
    if located.len() + unlocated >= min {
        return Answer::Unknown(open.into_iter().collect::<Vec<_>>().join("; "));
    }
    let at_best = match (located.iter().collect::<Vec<_>>().as_slice(), unlocated) {
        ([], 0) => "no usable subnet".to_owned(),
        ([(zone, ids)], 0) if ids.len() == 1 => format!("subnet {} in {zone}", ids[0]),
        ([(zone, ids)], 0) => format!("subnets {} all in {zone}", some_of(ids)),
        (zones, 0) => format!("subnets in {}", zones.iter().map(|(zone, _)| **zone).collect::<Vec<_>>().join(",")),
        // One subnet whose zone is not known is in one zone nevertheless.
        ([], 1) => "one subnet".to_owned(),
        (zones, unlocated) => format!("subnets in {} zones at best", zones.len() + unlocated),
    };
    // That one zone is too few goes without saying, unless it is three that are asked for.
    let says_itself = (located.len() == 1 && unlocated == 0 && min == 2) || located.len() + unlocated == 0;
    let min = if says_itself { String::new() } else { format!(" (min {min} zones)") };
    lost.insert(0, format!("{at_best}{min}"));
    Answer::TooFew(lost.join("; "))
}

/// Ids in a list that leaves room for the rest of an annotation.
fn some_of(ids: &[&str]) -> String {
    const SHOWN: usize = 4;
    match ids.len().checked_sub(SHOWN) {
        None | Some(0) => ids.join(","),
        Some(more) => format!("{} and {more} more", ids[..SHOWN].join(",")),
    }
}

/// Whether a subnet can take an instance.
enum Usable<'a> {
    /// Yes; its zone.
    Yes(&'a str),
    /// Certainly not, and why.
    No(String),
    /// Something about it is not known; its zone where that is.
    Perhaps(Option<&'a str>, String),
}

fn usable<'a>(id: &str, subnet: &'a Fact<Subnet>, reserved: Option<&[Zone]>, params: &Params) -> Usable<'a> {
    let subnet = match subnet {
        Fact::Known(subnet) => subnet,
        Fact::Absent => return Usable::No(format!("{id} does not exist")),
        Fact::Unread(reason) => return Usable::Perhaps(None, reason.clone()),
    };
    // First what rules it out whatever else is not known.
    if subnet.on_outpost {
        return Usable::No(format!("{id} is on an Outpost"));
    }
    if matches!(subnet.state, Fact::Known(SubnetState::Pending | SubnetState::Unusable)) {
        return Usable::No(format!("{id} is not available"));
    }
    match &subnet.zone {
        Some(Zone { id: zone, kind: Fact::Known(ZoneKind::LocalZone) }) => {
            return Usable::No(format!("{id} is in Local Zone {zone}"));
        }
        Some(Zone { id: zone, kind: Fact::Known(ZoneKind::WavelengthZone) }) => {
            return Usable::No(format!("{id} is in Wavelength Zone {zone}"));
        }
        Some(zone) if reserved.is_some_and(|reserved| reserved.iter().all(|of| of.id != zone.id)) => {
            return Usable::No(format!("{id} is in {}, where its ML capacity reservation is not", zone.id));
        }
        Some(_) | None => {}
    }
    let min = params.min_free_ips_per_subnet;
    let free = if min == 0 { &Fact::Known(0) } else { &subnet.free_addresses };
    match free {
        Fact::Known(free) if *free < min => return Usable::No(format!("{id} has {free} free addresses (min {min})")),
        Fact::Known(_) | Fact::Absent | Fact::Unread(_) => {}
    }
    // Then what is not known.
    let Some(zone) = &subnet.zone else {
        return Usable::Perhaps(None, format!("DescribeSubnets gave no AvailabilityZoneId of {id}"));
    };
    let perhaps = |why: String| Usable::Perhaps(Some(&zone.id), why);
    match (&zone.kind, &subnet.state, free) {
        (Fact::Unread(reason), ..) | (_, Fact::Unread(reason), _) | (.., Fact::Unread(reason)) => {
            perhaps(reason.clone())
        }
        (Fact::Absent, ..) => perhaps(format!("DescribeAvailabilityZones gave no ZoneType of {}", zone.id)),
        (_, Fact::Absent, _) => perhaps(format!("DescribeSubnets gave no State of {id}")),
        (.., Fact::Absent) => perhaps(format!("DescribeSubnets gave no AvailableIpAddressCount of {id}")),
        (Fact::Known(_), Fact::Known(_), Fact::Known(_)) => Usable::Yes(&zone.id),
    }
}
