use std::collections::HashMap;

use aws_sdk_ec2::{Client, types};
use tokio::sync::OnceCell;

/// All route tables that the account sees: one list, read once, when somebody asks.
#[derive(Clone, Debug)]
pub(crate) struct RouteTables {
    client: Client,
    all: OnceCell<Result<All, String>>,
}

/// The route table that holds for a subnet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Effective<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// Whether it holds as the main table of the VPC, because the subnet is associated with none.
    pub(crate) is_main: bool,
    /// Its routes, each of which is there once.
    pub(crate) routes: &'a [types::Route],
}

pub(crate) const ROUTE_TABLES: &str = "ec2:DescribeRouteTables";

/// Id of a table, or why nobody can tell which it is.
type Claim = Result<String, String>;

/// What the list holds.
#[derive(Clone, Debug, Default)]
struct All {
    /// Routes by table.
    routes: HashMap<String, Vec<types::Route>>,
    /// The table of each subnet that is associated with one.
    by_subnet: HashMap<String, Claim>,
    /// The main table of each VPC.
    main: HashMap<String, Claim>,
    /// VPCs in which an association does not say what it is of: it may be of any of their subnets.
    doubts: HashMap<String, String>,
}

impl RouteTables {
    /// The route tables that this client sees.
    pub(crate) fn new(client: Client) -> Self {
        Self { client, all: OnceCell::new() }
    }

    /// The table that holds for a subnet of a VPC: the one that it is associated with, else the main one of that VPC.
    ///
    /// # Errors
    /// Why nobody can tell, in words for a reader.
    pub(crate) async fn of(&self, subnet: &str, vpc: &str) -> Result<Effective<'_>, String> {
        let all = self.all.get_or_init(|| self.read()).await;
        all.as_ref().map_err(Clone::clone)?.of(subnet, vpc)
    }

    async fn read(&self) -> Result<All, String> {
        let mut all = All::default();
        let ask = async |token| {
            // 100 is the most that the API takes.
            let page = self.client.describe_route_tables().max_results(100).set_next_token(token).send().await;
            let page = page.map_err(|error| aws::reason(ROUTE_TABLES, &error))?;
            let named = |table: &types::RouteTable| {
                Some((aws::given(table.route_table_id())?, aws::given(table.vpc_id())?, table.clone()))
            };
            let tables = page.route_tables().iter().map(named).collect::<Option<Vec<_>>>();
            let tables = tables.ok_or_else(|| format!("{ROUTE_TABLES} listed a table without its id or its VPC"))?;
            Ok((tables, page.next_token().map(str::to_owned)))
        };
        aws::each_page(ROUTE_TABLES, ask, |page| {
            for (id, vpc, table) in page {
                all.take(id, &vpc, table);
            }
        })
        .await?;
        Ok(all)
    }
}

impl All {
    fn take(&mut self, id: String, vpc: &str, table: types::RouteTable) {
        for association in table.associations() {
            let Some(claim) = claim(association, &id) else { continue };
            let (is_main, subnet) = (association.main() == Some(true), aws::given(association.subnet_id()));
            if is_main {
                put(&mut self.main, vpc, &claim);
            }
            if let Some(subnet) = &subnet {
                put(&mut self.by_subnet, subnet, &claim);
            }
            // The association of a gateway or of a pool of addresses, which says where traffic goes that comes in.
            let is_of_gateway =
                aws::given(association.gateway_id()).is_some() || aws::given(association.public_ipv4_pool()).is_some();
            if !is_main && subnet.is_none() && !is_of_gateway {
                let reason = format!("{ROUTE_TABLES} gave an association of {id} that does not say what it is of");
                self.doubts.entry(vpc.to_owned()).or_insert(reason);
            }
        }
        self.routes.insert(id, table.routes.unwrap_or_default());
    }

    fn of(&self, subnet: &str, vpc: &str) -> Result<Effective<'_>, String> {
        let (claim, is_main) = match (self.by_subnet.get(subnet), self.doubts.get(vpc)) {
            (Some(own), _) => (own, false),
            (None, Some(reason)) => return Err(reason.clone()),
            (None, None) => match self.main.get(vpc) {
                Some(main) => (main, true),
                None => return Err(format!("{ROUTE_TABLES} shows no table of {subnet} and no main table of {vpc}")),
            },
        };
        let id = claim.as_ref().map_err(Clone::clone)?;
        let routes = self.routes.get(id).map(Vec::as_slice).unwrap_or_default();
        // There is always a local one.
        if routes.is_empty() {
            return Err(format!("{ROUTE_TABLES} gave no routes of {id}"));
        }
        Ok(Effective { id, is_main, routes })
    }
}

/// The table of an association, unless that does not hold.
fn claim(association: &types::RouteTableAssociation, table: &str) -> Option<Claim> {
    use types::RouteTableAssociationStateCode as State;
    match association.association_state().and_then(types::RouteTableAssociationState::state) {
        Some(State::Associated) => Some(Ok(table.to_owned())),
        Some(State::Disassociated | State::Failed) => None,
        // Nobody can tell which table holds in this moment.
        Some(state @ (State::Associating | State::Disassociating)) => {
            Some(Err(format!("its route table is changing: {table} is {state}")))
        }
        Some(state) => Some(Err(aws::unknown("AssociationState", state.as_str()))),
        None => Some(Err(format!("{ROUTE_TABLES} gave no AssociationState of {table}"))),
    }
}

/// Adds a claim. Of two that differ, none is to be believed.
fn put(claims: &mut HashMap<String, Claim>, of: &str, claim: &Claim) {
    match claims.get_mut(of) {
        None => drop(claims.insert(of.to_owned(), claim.clone())),
        Some(there @ Ok(_)) if there != claim => {
            let two = || format!("{ROUTE_TABLES} shows two tables of {of}");
            *there = Err(claim.as_ref().err().cloned().unwrap_or_else(two));
        }
        Some(Ok(_) | Err(_)) => {}
    }
}

#[cfg(test)]
mod tests {
    use types::RouteTableAssociationStateCode as State;

    use super::*;

    /// An association: `main`, the id of a subnet or a gateway, or nothing that says what it is of.
    fn association(of: &str, state: Option<State>) -> types::RouteTableAssociation {
        let state = types::RouteTableAssociationState::builder().set_state(state).build();
        let association = types::RouteTableAssociation::builder().association_state(state).main(of == "main");
        match of {
            of if of.starts_with("subnet-") => association.subnet_id(of).build(),
            of if of.starts_with("igw-") => association.gateway_id(of).build(),
            of if of.starts_with("ipv4pool-") => association.public_ipv4_pool(of).build(),
            _ => association.build(),
        }
    }

    /// A table: its id, its VPC, and its associations.
    type Table<'a> = (&'a str, &'a str, &'a [(&'a str, State)]);

    fn all(tables: &[Table<'_>]) -> All {
        let mut all = All::default();
        for (id, vpc, associations) in tables {
            let associations = associations.iter().map(|(of, state)| association(of, Some(state.clone()))).collect();
            let local = types::Route::builder().gateway_id("local").build();
            let table = types::RouteTable::builder().set_associations(Some(associations)).routes(local).build();
            all.take((*id).to_owned(), vpc, table);
        }
        all
    }

    fn of<'a>(all: &'a All, subnet: &str) -> Result<(&'a str, bool), String> {
        all.of(subnet, "vpc-1").map(|table| (table.id, table.is_main))
    }

    const ON: State = State::Associated;

    #[test]
    fn a_subnets_own_table_comes_before_the_main_one_of_its_vpc() {
        let all = all(&[
            ("rtb-other", "vpc-2", &[("main", ON)]),
            ("rtb-main", "vpc-1", &[("main", ON), ("subnet-explicit", ON)]),
            ("rtb-own", "vpc-1", &[("subnet-own", ON), ("subnet-failed", State::Failed)]),
            ("rtb-old", "vpc-1", &[("subnet-own", State::Disassociated), ("main", State::Disassociated)]),
            ("rtb-edge", "vpc-1", &[("igw-1", ON), ("ipv4pool-ec2-1", ON)]),
            ("rtb-idle", "vpc-1", &[]),
        ]);
        for (subnet, expected) in [
            ("subnet-own", ("rtb-own", false)),
            ("subnet-explicit", ("rtb-main", false)),
            ("subnet-failed", ("rtb-main", true)),
            ("subnet-any", ("rtb-main", true)),
        ] {
            assert_eq!(of(&all, subnet), Ok(expected), "{subnet}");
        }
    }

    #[test]
    fn a_table_that_nobody_can_tell_is_none() {
        let moving = "its route table is changing: rtb-1 is associating";
        for (tables, reason) in [
            (&[][..], "ec2:DescribeRouteTables shows no table of subnet-1 and no main table of vpc-1"),
            (
                &[("rtb-1", "vpc-2", &[("main", ON)][..])],
                "ec2:DescribeRouteTables shows no table of subnet-1 and no main table of vpc-1",
            ),
            (&[("rtb-1", "vpc-1", &[("subnet-1", State::Associating), ("main", ON)])], moving),
            (&[("rtb-1", "vpc-1", &[("main", State::Associating)])], moving),
            (
                &[("rtb-2", "vpc-1", &[("subnet-1", ON)]), ("rtb-1", "vpc-1", &[("subnet-1", State::Associating)])],
                moving,
            ),
            (
                &[("rtb-1", "vpc-1", &[("subnet-1", State::Associating)]), ("rtb-2", "vpc-1", &[("subnet-1", ON)])],
                moving,
            ),
            (
                &[("rtb-1", "vpc-1", &[("subnet-1", ON)]), ("rtb-2", "vpc-1", &[("subnet-1", ON)])],
                "ec2:DescribeRouteTables shows two tables of subnet-1",
            ),
            (
                &[("rtb-1", "vpc-1", &[("main", ON), ("nothing", ON)])],
                "ec2:DescribeRouteTables gave an association of rtb-1 that does not say what it is of",
            ),
            (
                &[("rtb-1", "vpc-1", &[("main", State::from("odd"))])],
                "AssociationState is `odd`, which this release does not know",
            ),
        ] {
            assert_eq!(of(&all(tables), "subnet-1"), Err(reason.to_owned()), "{tables:?}");
        }
    }

    #[test]
    fn an_association_without_a_state_and_a_table_without_routes_tell_nothing() {
        let mut all = all(&[("rtb-1", "vpc-1", &[("main", ON)])]);
        let table = types::RouteTable::builder().associations(association("subnet-1", None)).build();
        all.take("rtb-2".to_owned(), "vpc-1", table);
        let reason = "ec2:DescribeRouteTables gave no AssociationState of rtb-2".to_owned();
        assert_eq!(of(&all, "subnet-1"), Err(reason));
        let table = types::RouteTable::builder().associations(association("subnet-2", Some(ON))).build();
        all.take("rtb-3".to_owned(), "vpc-1", table);
        assert_eq!(of(&all, "subnet-2"), Err("ec2:DescribeRouteTables gave no routes of rtb-3".to_owned()));
        assert_eq!(of(&all, "subnet-3"), Ok(("rtb-1", true)));
    }
}
