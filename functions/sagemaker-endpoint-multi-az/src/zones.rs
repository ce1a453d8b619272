//! Whether subnets reach enough Availability Zones.

use std::collections::{BTreeMap, BTreeSet};

use ec2::{Subnet, SubnetState, Zone, ZoneKind};
use rule::Fact;

use crate::{Answer, Params, Placement};

/// Whether the subnets of a placement are in enough zones.
pub(crate) fn reached(placement: &Placement, params: &Params) -> Answer {
    let subnets = match &placement.subnets {
        Fact::Known(subnets) => subnets,
        Fact::Absent if params.require_vpc_config => return Answer::TooFew("no VpcConfig".to_owned()),
        Fact::Absent => return Answer::Enough,
        Fact::Unread(reason) => return Answer::Unknown(reason.clone()),
    };
    let usable: Vec<_> = subnets.iter().map(|(id, subnet)| (id.as_str(), usable(id, subnet, params))).collect();
    let (mut certain, mut possible, mut unlocated) = (BTreeSet::new(), BTreeMap::<_, Vec<_>>::new(), 0);
    for (id, usable) in &usable {
        match usable {
            Usable::Yes(zone) => {
                certain.insert(*zone);
                possible.entry(*zone).or_default().push(*id);
            }
            Usable::Perhaps(Some(zone), _) => possible.entry(*zone).or_default().push(*id),
            Usable::Perhaps(None, _) => unlocated += 1,
            Usable::No(_) => {}
        }
    }
    let min = params.min_availability_zones as usize;
    let open =
        usable.iter().filter_map(|(_, usable)| if let Usable::Perhaps(_, why) = usable { Some(why) } else { None });
    let open: Vec<_> = open.map(String::as_str).collect();
    if certain.len() >= min {
        return Answer::Enough;
    }
    // At best, each subnet whose zone is not known is in a zone of its own.
    if possible.len() + unlocated >= min {
        return Answer::Unknown(open.first().copied().unwrap_or_default().to_owned());
    }
    let mut words = Vec::new();
    match possible.iter().collect::<Vec<_>>().as_slice() {
        [] if unlocated == 0 => words.push("no usable subnet".to_owned()),
        [] => {}
        [(zone, ids)] if ids.len() == 1 => words.push(format!("subnet {} in {zone}", ids[0])),
        [(zone, ids)] => words.push(format!("subnets {} all in {zone}", some_of(ids))),
        several => {
            let zones: Vec<_> = several.iter().map(|(zone, _)| **zone).collect();
            words.push(format!("subnets in {} (min {min} zones)", zones.join(",")));
        }
    }
    words.extend(
        usable.iter().filter_map(|(_, usable)| if let Usable::No(why) = usable { Some(why.clone()) } else { None }),
    );
    words.extend(open.into_iter().map(str::to_owned));
    Answer::TooFew(words.join("; "))
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

fn usable<'a>(id: &str, subnet: &'a Fact<Subnet>, params: &Params) -> Usable<'a> {
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
        Fact::Known(Zone { id: zone, kind: Fact::Known(ZoneKind::LocalZone) }) => {
            return Usable::No(format!("{id} is in Local Zone {zone}"));
        }
        Fact::Known(Zone { id: zone, kind: Fact::Known(ZoneKind::WavelengthZone) }) => {
            return Usable::No(format!("{id} is in Wavelength Zone {zone}"));
        }
        Fact::Known(_) | Fact::Absent | Fact::Unread(_) => {}
    }
    let min = params.min_free_ips_per_subnet;
    let free = if min == 0 { &Fact::Known(0) } else { &subnet.free_addresses };
    match free {
        Fact::Known(free) if *free < min => return Usable::No(format!("{id} has {free} free addresses (min {min})")),
        Fact::Known(_) | Fact::Absent | Fact::Unread(_) => {}
    }
    // Then what is not known.
    let Fact::Known(zone) = &subnet.zone else {
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
