//! # vpc-no-internet-gateway
//!
//! ## What it checks
//! Whether an internet gateway or an egress-only internet gateway is attached to a VPC that SageMaker stands in, or to one of `vpcIds`,
//! as EC2 tells it now. SageMaker stands in the VPCs of the subnets of notebook instances, domains, models, endpoint configurations and
//! jobs in progress. An attached gateway is no failure where VPC Block Public Access blocks traffic through it both ways
//! (`block-bidirectional`) and no exclusion of the VPC, or of one of its subnets, is in force. Ingress-only blocking does not help: it
//! lets traffic out. Neither does an egress-only exclusion.
//!
//! Reported on is the VPC, also when it is a gateway, the setting or an exclusion that changed.
//!
//! Not evaluated: whether a route leads to the gateway (`sagemaker-subnet-no-internet-route` asks that), carrier gateways of Wavelength
//! Zones, which that rule looks at too, and ways out through other VPCs and networks.
//!
//! ## Why it matters
//! An internet gateway is what a way to the internet is made of: with one attached, a single route, which whoever may edit a route table
//! can add, opens the subnets of a regulated environment to the internet. Without one, no route can.
//!
//! ## Verdicts
//! * `COMPLIANT`: no gateway is attached, or VPC Block Public Access blocks what is; in that case the gateways are named.
//! * `NON_COMPLIANT`: a gateway is attached, and VPC Block Public Access is off, blocks one way only, or has an exclusion that lets the
//!   VPC or one of its subnets out. An exclusion that is being created or deleted counts.
//! * `NOT_APPLICABLE`: the VPC is shared by another account, which is the one that can attach gateways to it; it is being created or
//!   deleted; it was deleted, or left the rule's scope.
//! * Undecided, reported to Security Hub only, and an error of the function: the owner or the state is missing from the answer; gateways
//!   could not be read and none is known to be attached, or it is not known whether one is; or one is attached, and VPC Block Public Access
//!   or its exclusions could not be read, are unknown to this release, or are just being changed.
//!
//! ## How to fix
//! Detach the gateway and delete it. If another VPC of the account needs one, set VPC Block Public Access to `block-bidirectional` for
//! the Region and exclude that VPC only.
//!
//! ## References
//! * Amazon VPC User Guide, "Enable internet access for a VPC using an internet gateway" and "Block public access to VPCs and subnets";
//!   Amazon EC2 API, `DescribeInternetGateways`, `DescribeEgressOnlyInternetGateways`, `DescribeVpcBlockPublicAccessOptions` and
//!   `DescribeVpcBlockPublicAccessExclusions`.
//! * Security Hub control EC2.172 asks about VPC Block Public Access alone, AWS Config managed rule
//!   `INTERNET_GATEWAY_AUTHORIZED_VPC_ONLY` about internet gateways alone.

use ec2::{BlockMode, GatewayVpc, GatewayVpcQuery, PublicAccessBlock};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, SoFar, Trigger, Values, Verdict,
};

/// The rule.
#[derive(Debug)]
pub struct NoInternetGateway;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// VPCs that are judged beside those that SageMaker stands in.
    pub vpcs: Vec<String>,
}

const META: Metadata = Metadata {
    name: "vpc-no-internet-gateway",
    version: env!("CARGO_PKG_VERSION"),
    summary: "VPCs that SageMaker stands in should have no internet gateway, or block traffic through it both ways",
    severity: Severity::High,
    resource_types: &["AWS::EC2::VPC"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &[
        "AWS::EC2::EgressOnlyInternetGateway",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::VPCBlockPublicAccessExclusion",
        "AWS::EC2::VPCBlockPublicAccessOptions",
    ],
    deployed: Deployed::Everywhere,
    parameters: &[ParameterSpec {
        name: "vpcIds",
        default: "",
        values: Values::List,
        about: "VPCs that are judged beside those that SageMaker stands in",
    }],
    iam_actions: sagemaker::actions_with_standing![
        "ec2:DescribeEgressOnlyInternetGateways",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcBlockPublicAccessExclusions",
        "ec2:DescribeVpcBlockPublicAccessOptions",
        "ec2:DescribeVpcs",
    ],
    requirements: &[Requirements {
        framework: "NIST.800-53.r5",
        ids: rule::NO_PUBLIC_ACCESS,
        provenance: Provenance::Inferred,
    }],
    remediation: Remediation {
        text: "Detach the gateway from the VPC and delete it. If another VPC of the account needs one, set VPC Block Public Access to \
               block-bidirectional for the Region, and exclude that VPC only.",
        url: "https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html",
    },
};

impl Rule for NoInternetGateway {
    const META: Metadata = META;
    const SELECTIVE: bool = true;
    type Facts = GatewayVpc;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params { vpcs: given.list("vpcIds") })
    }

    fn query(params: &Params, so_far: &SoFar) -> GatewayVpcQuery {
        GatewayVpcQuery { vpcs: params.vpcs.clone(), at: so_far.at }
    }

    fn decide(vpc: &GatewayVpc, _: &Params, context: Context<'_>) -> Verdict {
        if let Some(verdict) = ec2::left_alone(&vpc.owner, &vpc.state, context.account, "attach gateways to it") {
            return verdict;
        }
        let (mut attached, mut doubt) = (Vec::new(), vpc.unread_gateways.clone());
        for gateway in &vpc.gateways {
            match &gateway.is_attached {
                Fact::Known(true) => attached.push(gateway.id.as_str()),
                Fact::Known(false) => {}
                Fact::Absent => doubt = doubt.or_else(|| Some(format!("{} has no attachment", gateway.id))),
                Fact::Unread(reason) => doubt = doubt.or_else(|| Some(format!("{}: {reason}", gateway.id))),
            }
        }
        let attached = match (attached.as_slice(), doubt) {
            ([], None) => return Verdict::COMPLIANT,
            // Blocked or not, it is not even known whether there is one.
            ([], Some(doubt)) => return Verdict::undecided(doubt),
            ([one], _) => format!("{one} is attached"),
            (several, _) => format!("{} are attached", several.join(" and ")),
        };
        match gate(&vpc.block) {
            Gate::Closed => {
                Verdict::compliant_but(format!("{attached}, and VPC Block Public Access blocks it both ways"))
            }
            Gate::Open(why) => Verdict::non_compliant(format!("{attached}, and {why}; detach and delete the gateway")),
            Gate::Perhaps(doubt) => Verdict::undecided(format!("{attached}; {doubt}")),
        }
    }
}

/// Whether VPC Block Public Access lets traffic through the gateways of a VPC.
enum Gate {
    /// It does not, neither way.
    Closed,
    /// It does, and why.
    Open(String),
    /// Nobody can tell, and why.
    Perhaps(String),
}

fn gate(block: &Fact<PublicAccessBlock>) -> Gate {
    let perhaps = |doubt: &str| Gate::Perhaps(doubt.to_owned());
    let block = match block {
        Fact::Known(block) => block,
        Fact::Absent => return perhaps("VPC Block Public Access was not read"),
        Fact::Unread(reason) => return perhaps(reason),
    };
    match &block.is_settled {
        Fact::Known(true) => {}
        Fact::Known(false) => return perhaps("VPC Block Public Access is being changed"),
        Fact::Absent => return perhaps("DescribeVpcBlockPublicAccessOptions gave no State"),
        Fact::Unread(reason) => return perhaps(reason),
    }
    match &block.mode {
        Fact::Known(BlockMode::Bidirectional) => {}
        Fact::Known(BlockMode::Off) => return Gate::Open("VPC Block Public Access is off".to_owned()),
        Fact::Known(BlockMode::Ingress) => {
            return Gate::Open("VPC Block Public Access (block-ingress) lets traffic out".to_owned());
        }
        Fact::Absent => return perhaps("DescribeVpcBlockPublicAccessOptions gave no InternetGatewayBlockMode"),
        Fact::Unread(reason) => return perhaps(reason),
    }
    let exclusions = match &block.exclusions {
        Fact::Known(exclusions) => exclusions,
        Fact::Absent => return perhaps("exclusions from VPC Block Public Access were not read"),
        Fact::Unread(reason) => return perhaps(reason),
    };
    let mut doubt = None;
    for exclusion in exclusions {
        let (id, of) = (&exclusion.id, &exclusion.of);
        match &exclusion.is_in_force {
            Fact::Known(true) => return Gate::Open(format!("{id} excludes {of} from VPC Block Public Access")),
            Fact::Known(false) => {}
            Fact::Absent => doubt = doubt.or_else(|| Some(format!("{id} has no State"))),
            Fact::Unread(reason) => doubt = doubt.or_else(|| Some(format!("{id}: {reason}"))),
        }
    }
    doubt.map_or(Gate::Closed, Gate::Perhaps)
}

#[cfg(test)]
mod tests;
