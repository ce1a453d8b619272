use ec2::{Exclusion, Gateway, VpcState};

use super::*;

const OWN: Context<'static> = Context { at: rule::Timestamp::from_millis(0), account: "111122223333" };

fn decide(vpc: &GatewayVpc) -> Verdict {
    NoInternetGateway::decide(vpc, &Params { vpcs: Vec::new() }, OWN)
}

fn vpc(gateways: Vec<Gateway>, block: Fact<PublicAccessBlock>) -> GatewayVpc {
    GatewayVpc {
        state: Fact::Known(VpcState::Available),
        owner: Fact::Known(OWN.account.to_owned()),
        gateways,
        unread_gateways: None,
        block,
        tags: Vec::new(),
        details: Vec::new(),
    }
}

fn gateway(id: &str, is_attached: Fact<bool>) -> Gateway {
    Gateway { id: id.to_owned(), is_attached }
}

fn attached(id: &str) -> Gateway {
    gateway(id, Fact::Known(true))
}

fn block(mode: BlockMode, exclusions: Vec<Exclusion>) -> Fact<PublicAccessBlock> {
    let is_asked = mode == BlockMode::Bidirectional;
    Fact::Known(PublicAccessBlock {
        mode: Fact::Known(mode),
        is_settled: Fact::Known(true),
        exclusions: if is_asked { Fact::Known(exclusions) } else { Fact::Absent },
    })
}

fn excluded(of: &str, is_in_force: Fact<bool>) -> Exclusion {
    Exclusion { id: format!("exclude-{of}"), of: of.to_owned(), is_in_force }
}

fn denied() -> String {
    "ec2:DescribeInternetGateways failed: UnauthorizedOperation".to_owned()
}

fn unknown() -> String {
    "State is `odd`, which this release does not know".to_owned()
}

fn unread<T>() -> Fact<T> {
    Fact::Unread(unknown())
}

fn fails(why: &str) -> Verdict {
    Verdict::non_compliant(format!("igw-1 is attached, and {why}; detach and delete the gateway"))
}

const OFF: &str = "VPC Block Public Access is off";

#[test]
fn the_verdict_table() {
    let both = |exclusions| block(BlockMode::Bidirectional, exclusions);
    let (closed, open) = (|| both(Vec::new()), || block(BlockMode::Off, Vec::new()));
    let igw = || vec![attached("igw-1")];
    let blocked = Verdict::compliant_but("igw-1 is attached, and VPC Block Public Access blocks it both ways");
    let two = || vec![attached("eigw-1"), attached("igw-1")];
    let perhaps = |doubt: &str| Verdict::undecided(format!("igw-1 is attached; {doubt}"));
    let set = |change: fn(&mut PublicAccessBlock)| match closed() {
        Fact::Known(mut block) => {
            change(&mut block);
            Fact::Known(block)
        }
        other => other,
    };
    let odd = || vec![gateway("igw-1", unread())];
    for (gateways, unread_gateways, block, expected) in [
        // Gateways.
        (Vec::new(), None, Fact::Absent, Verdict::COMPLIANT),
        (Vec::new(), Some(denied()), Fact::Absent, Verdict::undecided(denied())),
        (vec![gateway("igw-1", Fact::Known(false))], None, closed(), Verdict::COMPLIANT),
        (igw(), None, open(), fails(OFF)),
        (igw(), Some(denied()), open(), fails(OFF)),
        (vec![attached("igw-1"), gateway("igw-2", unread())], None, open(), fails(OFF)),
        (
            vec![attached("eigw-1")],
            None,
            open(),
            Verdict::non_compliant(format!("eigw-1 is attached, and {OFF}; detach and delete the gateway")),
        ),
        (
            two(),
            None,
            open(),
            Verdict::non_compliant(format!("eigw-1 and igw-1 are attached, and {OFF}; detach and delete the gateway")),
        ),
        (odd(), None, open(), Verdict::undecided(format!("igw-1: {}", unknown()))),
        (odd(), Some(denied()), open(), Verdict::undecided(denied())),
        (odd(), None, closed(), Verdict::undecided(format!("igw-1: {}", unknown()))),
        (vec![gateway("igw-1", Fact::Absent)], None, open(), Verdict::undecided("igw-1 has no attachment")),
        // VPC Block Public Access.
        (igw(), None, closed(), blocked.clone()),
        (igw(), Some(denied()), closed(), blocked.clone()),
        (
            igw(),
            None,
            block(BlockMode::Ingress, Vec::new()),
            fails("VPC Block Public Access (block-ingress) lets traffic out"),
        ),
        (igw(), None, Fact::Absent, perhaps("VPC Block Public Access was not read")),
        (igw(), None, unread(), perhaps(&unknown())),
        (
            igw(),
            None,
            set(|block| block.mode = Fact::Absent),
            perhaps("DescribeVpcBlockPublicAccessOptions gave no InternetGatewayBlockMode"),
        ),
        (igw(), None, set(|block| block.mode = unread()), perhaps(&unknown())),
        (
            igw(),
            None,
            set(|block| block.is_settled = Fact::Known(false)),
            perhaps("VPC Block Public Access is being changed"),
        ),
        (
            igw(),
            None,
            set(|block| block.is_settled = Fact::Absent),
            perhaps("DescribeVpcBlockPublicAccessOptions gave no State"),
        ),
        (igw(), None, set(|block| block.is_settled = unread()), perhaps(&unknown())),
        // Its exclusions.
        (
            igw(),
            None,
            both(vec![excluded("vpc-1", Fact::Known(true))]),
            fails("exclude-vpc-1 excludes vpc-1 from VPC Block Public Access"),
        ),
        (
            igw(),
            None,
            both(vec![excluded("subnet-1", unread()), excluded("subnet-2", Fact::Known(true))]),
            fails("exclude-subnet-2 excludes subnet-2 from VPC Block Public Access"),
        ),
        (igw(), None, both(vec![excluded("vpc-1", Fact::Known(false))]), blocked),
        (igw(), None, both(vec![excluded("vpc-1", unread())]), perhaps(&format!("exclude-vpc-1: {}", unknown()))),
        (igw(), None, both(vec![excluded("vpc-1", Fact::Absent)]), perhaps("exclude-vpc-1 has no State")),
        (
            igw(),
            None,
            set(|block| block.exclusions = Fact::Absent),
            perhaps("exclusions from VPC Block Public Access were not read"),
        ),
        (igw(), None, set(|block| block.exclusions = unread()), perhaps(&unknown())),
    ] {
        let row = format!("{gateways:?}, {unread_gateways:?}, {block:?}");
        assert_eq!(decide(&GatewayVpc { unread_gateways, ..vpc(gateways, block) }), expected, "{row}");
    }
}

#[test]
fn a_vpc_is_judged_by_the_account_that_it_belongs_to_while_it_is_there() {
    let known = |owner: &str| Fact::Known(owner.to_owned());
    let shared = "shared by account 444455556666, which is the one that can attach gateways to it";
    let there = || Fact::Known(VpcState::Available);
    for (owner, state, expected) in [
        (known(OWN.account), there(), fails(OFF)),
        (known(OWN.account), Fact::Known(VpcState::Pending), Verdict::not_applicable("the VPC is being created")),
        (known(OWN.account), Fact::Known(VpcState::Deleting), Verdict::not_applicable("the VPC is being deleted")),
        (known(OWN.account), Fact::Absent, Verdict::undecided("DescribeVpcs gave no State")),
        (known(OWN.account), unread(), Verdict::undecided(unknown())),
        (known("444455556666"), there(), Verdict::not_applicable(shared)),
        (known("444455556666"), Fact::Absent, Verdict::not_applicable(shared)),
        (Fact::Absent, there(), Verdict::undecided("DescribeVpcs gave no OwnerId")),
        (unread(), there(), Verdict::undecided(unknown())),
    ] {
        let row = format!("{owner:?}, {state:?}");
        let vpc = vpc(vec![attached("igw-1")], block(BlockMode::Off, Vec::new()));
        assert_eq!(decide(&GatewayVpc { owner, state, ..vpc }), expected, "{row}");
    }
}

#[test]
fn parameters_name_vpcs() {
    let so_far = SoFar { at: rule::Timestamp::from_millis(7), ..SoFar::default() };
    for (value, vpcs) in [("", &[][..]), ("vpc-1, vpc-2", &["vpc-1", "vpc-2"])] {
        let mut given = Parameters::new([("vpcIds".to_owned(), value.to_owned())]);
        let params = NoInternetGateway::params(&mut given).unwrap();
        let vpcs = vpcs.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(NoInternetGateway::query(&params, &so_far), GatewayVpcQuery { vpcs, at: so_far.at });
        assert_eq!(given.finish(), Ok(()));
    }
}
