use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt,
};

use crate::{Resource, Timestamp};

/// What others stand in of a network: the scope of rules that judge only what somebody uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Who has, or can have, network interfaces in a subnet, by the subnet's id.
    pub subnets: BTreeMap<String, Users>,
    /// Who gives a security group to its network interfaces, by the group's id.
    pub security_groups: BTreeMap<String, Users>,
    /// What kept that from being all there is, each with the reason.
    pub troubles: Vec<String>,
}

/// Who uses a part of a network. There may be thousands, so only one is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Users {
    /// The first by name, for example `model churn`.
    pub first: String,
    /// How many there are.
    pub count: usize,
}

impl Footprint {
    /// Takes down who stands where. `kind` is what a reader calls it, for example `model`.
    pub fn add(
        &mut self,
        kind: &str,
        resource: &Resource,
        subnets: &BTreeSet<String>,
        security_groups: &BTreeSet<String>,
    ) {
        let users = Users { first: format!("{kind} {}", resource.label()), count: 1 };
        for (ids, map) in [(subnets, &mut self.subnets), (security_groups, &mut self.security_groups)] {
            for id in ids {
                add(map, id.clone(), users.clone());
            }
        }
    }

    /// Takes over what another one has. Nobody is in both.
    pub fn extend(&mut self, other: Self) {
        for (from, map) in [(other.subnets, &mut self.subnets), (other.security_groups, &mut self.security_groups)] {
            for (id, users) in from {
                add(map, id, users);
            }
        }
        self.troubles.extend(other.troubles);
    }
}

fn add(map: &mut BTreeMap<String, Users>, id: String, more: Users) {
    match map.entry(id) {
        Entry::Occupied(mut users) => {
            let users = users.get_mut();
            users.count += more.count;
            if more.first < users.first {
                users.first = more.first;
            }
        }
        Entry::Vacant(users) => drop(users.insert(more)),
    }
}

/// `model churn`, or `model churn and 3 others`.
impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first)?;
        match self.count {
            0 | 1 => Ok(()),
            2 => f.write_str(" and 1 other"),
            count => write!(f, " and {} others", count - 1),
        }
    }
}

/// Whose footprint a rule about networks judges.
pub trait Tenants {
    /// Where they stand at this time.
    fn footprint(&self, at: Timestamp) -> impl Future<Output = Footprint>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_is_named_and_the_others_are_counted() {
        let of = |id: &str| Resource { id: id.to_owned(), ..Resource::default() };
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        let mut footprint = Footprint::default();
        footprint.add("model", &of("b"), &ids(&["subnet-1", "subnet-2"]), &ids(&["sg-1"]));
        footprint.add("model", &of("a"), &ids(&["subnet-1"]), &ids(&[]));
        footprint.add("domain", &of("z"), &ids(&["subnet-1"]), &ids(&[]));
        let mut other = Footprint { troubles: vec!["why".to_owned()], ..Footprint::default() };
        std::mem::swap(&mut footprint, &mut other);
        footprint.extend(other);
        assert_eq!(footprint.troubles, ["why"]);
        let shown: Vec<_> = footprint.subnets.iter().map(|(id, users)| format!("{id}: {users}")).collect();
        assert_eq!(shown, ["subnet-1: domain z and 2 others", "subnet-2: model b"]);
        assert_eq!(footprint.security_groups["sg-1"].to_string(), "model b");
        footprint.add("model", &of("c"), &ids(&[]), &ids(&["sg-1"]));
        assert_eq!(footprint.security_groups["sg-1"].to_string(), "model b and 1 other");
    }
}
