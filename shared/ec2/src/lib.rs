//! Facts of Amazon EC2: the only place where its SDK's types appear.

mod subnets;

pub use subnets::{Subnet, SubnetState, Subnets, Zone, ZoneKind};
