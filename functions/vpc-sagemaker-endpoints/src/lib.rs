//! # vpc-sagemaker-endpoints
//!
//! ## What it checks
//! The VPC endpoints of every VPC in which SageMaker stands, as `DescribeVpcEndpoints` tells of them now. For each of
//! `requiredServices` (`sagemaker.api` and `sagemaker.runtime`) the VPC needs an interface endpoint that is available, with private
//! DNS on (unless `requirePrivateDns` is `false`), in at least two zones, and in every zone in which a client has a subnet. For each of
//! `requiredGateways` (`s3`; `none` where S3 is reached otherwise) it needs a gateway endpoint that is in the route table of every subnet
//! of a client. A zone is an Availability Zone of the Region: a Local Zone or Wavelength Zone is no second one, and in one in which a client
//! is no interface is asked for.
//!
//! An entry is what follows `com.amazonaws.REGION.` in the name of the service (`cn.com.amazonaws.REGION.` and the like
//! where that is what names begin with), in full: `ec2` is not `ec2messages`. An entry that begins so, or with `aws.`, is a
//! whole name, in which `REGION` stands for the Region: `aws.sagemaker.REGION.studio`. The same name with `-fips` behind it
//! will do, but not half of either: the two have different names in the DNS, of which a client uses one. Several endpoints
//! for one name count together.
//!
//! Clients are notebook instances, domains, models, endpoint configurations and jobs in progress; a VPC in which none of them has a
//! subnet that exists is judged only if `vpcIds` names it, and then two zones, and a gateway in whatever route table, are enough.
//!
//! With `centralEndpoints` set to `true`, services for which the VPC has no endpoint of its own are taken to be served from another
//! VPC, over a private hosted zone that both share. What the VPC has of its own is judged all the same.
//!
//! Reported on is the VPC, also when it is an endpoint that changed or was deleted.
//!
//! Not evaluated: clients of other accounts in a VPC that is shared with them, endpoints of SageMaker that serve by a model or a
//! configuration which was deleted since, policies and security groups of endpoints, network ACLs, the hosted zones of `centralEndpoints`, and endpoints of
//! other Regions.
//!
//! ## Why it matters
//! Without an endpoint, calls of SageMaker and of S3 leave the VPC, through a NAT gateway or not at all. One in a single zone ends with
//! that zone, and in a zone without an interface of the endpoint the name of SageMaker Runtime is not resolved to one.
//!
//! ## Verdicts
//! * `COMPLIANT`: the VPC has every endpoint it needs, where it needs it.
//! * `NON_COMPLIANT`: an endpoint is not there, cannot be used, has no private DNS, is in one zone only, or is not in a zone or a route
//!   table of a client; or private DNS is required and the VPC's `enableDnsSupport` or `enableDnsHostnames` is off. All of it is named.
//! * `NOT_APPLICABLE`: the VPC belongs to another account, which is the one that can give it endpoints; it is being created or deleted;
//!   it was deleted, or left the rule's scope; or `centralEndpoints` is `true` and it has none of the endpoints.
//! * Undecided, reported to Security Hub only, and an error of the function: it hangs on an endpoint, a zone, a route table or a setting
//!   of which something is missing from the answer, unknown to this release or could not be read, or on clients that could not.
//!
//! ## How to fix
//! Create the interface endpoints with private DNS in a subnet of every zone that clients use, two at least, and turn on
//! `enableDnsSupport` and `enableDnsHostnames` of the VPC. Create the gateway endpoint of S3 and associate it with the route tables of the
//! clients' subnets. An endpoint can be given more subnets and route tables while it is used.
//!
//! ## References
//! * Amazon SageMaker Developer Guide, "Connect to SageMaker AI within your VPC"; Amazon EC2 API, `DescribeVpcEndpoints`.
//! * AWS `PrivateLink` Guide, "Access an AWS service using an interface VPC endpoint" (zones, private DNS) and "Gateway endpoints".
//! * Security Hub controls EC2.10, EC2.55 and EC2.56, AWS Config managed rule `SERVICE_VPC_ENDPOINT_ENABLED`: whether there is an
//!   endpoint for a service, not whether it can be used, nor where.

use std::collections::BTreeSet;

use ec2::{ClientSubnet, EndpointKind, EndpointState, EquippedQuery, EquippedVpc, VpcEndpoint};
use rule::{
    ChangedItem, Concerned, Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance,
    Remediation, Requirements, Resource, Rule, Severity, SoFar, Trigger, Values, Verdict,
};

/// The rule.
#[derive(Debug)]
pub struct HasEndpoints;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// Services that need an interface endpoint.
    pub services: Vec<String>,
    /// Services that need a gateway endpoint.
    pub gateways: Vec<String>,
    /// VPCs that are judged although nobody stands in them.
    pub vpcs: Vec<String>,
    /// Whether what a VPC does not have is served from another one.
    pub central: bool,
    /// Whether the services' own names have to lead to the endpoints.
    pub private_dns: bool,
}

const TYPE: &str = "AWS::EC2::VPC";

const META: Metadata = Metadata {
    name: "vpc-sagemaker-endpoints",
    version: env!("CARGO_PKG_VERSION"),
    summary: "VPCs in which SageMaker stands should have VPC endpoints for it in every zone that it uses",
    severity: Severity::Medium,
    resource_types: &[TYPE],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &["AWS::EC2::VPCEndpoint"],
    deployed: Deployed::Everywhere,
    parameters: &[
        ParameterSpec {
            name: "requiredServices",
            default: "sagemaker.api,sagemaker.runtime",
            values: Values::List,
            about: "services that need an interface endpoint: what follows `com.amazonaws.REGION.` in their names, or whole names in \
                    which `REGION` stands for the Region",
        },
        ParameterSpec {
            name: "requiredGateways",
            default: "s3",
            values: Values::List,
            about: "services that need a gateway endpoint, named in the same way; `none` if S3 is reached otherwise",
        },
        ParameterSpec {
            name: "vpcIds",
            default: "",
            values: Values::List,
            about: "VPCs that are judged although nothing of SageMaker stands in them",
        },
        ParameterSpec {
            name: "centralEndpoints",
            default: "false",
            values: Values::Flag,
            about: "take services for which a VPC has no endpoint to be served from another VPC",
        },
        ParameterSpec {
            name: "requirePrivateDns",
            default: "true",
            values: Values::Flag,
            about: "ask for private DNS of interface endpoints, and for the VPC's DNS settings that it needs",
        },
    ],
    iam_actions: sagemaker::actions_with_standing![
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
    ],
    // What Security Hub maps EC2.10 to, its control for the endpoint of EC2's own service; zones as in its sibling.
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &[
                "AC-21", "AC-3", "AC-3(7)", "AC-4", "AC-4(21)", "AC-6", "SC-7", "SC-7(3)", "SC-7(4)", "SC-7(11)",
                "SC-7(16)", "SC-7(20)", "SC-7(21)",
            ],
            provenance: Provenance::SecurityHub("EC2.10"),
        },
        Requirements {
            framework: "NIST.800-171.r2",
            ids: &["3.1.3", "3.13.1"],
            provenance: Provenance::SecurityHub("EC2.10"),
        },
        Requirements {
            framework: "ISO 27001:2022",
            ids: &["A.8.14", "A.8.20", "A.8.22"],
            provenance: Provenance::Inferred,
        },
    ],
    remediation: Remediation {
        text: "Create the missing interface endpoints with private DNS, or add subnets to those there are, so that each has a network \
               interface in every zone of a client and in two at least; turn on the VPC's DNS support and DNS hostnames. Create the \
               gateway endpoint of S3, and associate it with the route tables of the clients' subnets. Where another VPC serves this one, \
               set centralEndpoints.",
        url: "https://docs.aws.amazon.com/sagemaker/latest/dg/interface-vpc-endpoint.html",
    },
};

impl Rule for HasEndpoints {
    const META: Metadata = META;
    const SELECTIVE: bool = true;
    type Facts = EquippedVpc;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        Ok(Params {
            services: services("requiredServices", given, &["sagemaker.api", "sagemaker.runtime"])?,
            gateways: services("requiredGateways", given, &["s3"])?,
            vpcs: given.list("vpcIds"),
            central: given.flag("centralEndpoints", false)?,
            private_dns: given.flag("requirePrivateDns", true)?,
        })
    }

    fn query(params: &Params, so_far: &SoFar) -> EquippedQuery {
        EquippedQuery { at: so_far.at, vpcs: params.vpcs.clone(), dns: params.private_dns }
    }

    /// The VPC of an endpoint. Of a deleted one there is no configuration.
    fn concerned(endpoint: &ChangedItem) -> Concerned {
        let related = endpoint.relationships.iter().find(|[of, _]| of == TYPE).map(|[_, id]| id.as_str());
        match related.or_else(|| endpoint.configuration["vpcId"].as_str()) {
            Some(id) => {
                let (resource_type, id) = (TYPE.to_owned(), id.to_owned());
                Concerned::These(vec![Resource { resource_type, id, ..Resource::default() }])
            }
            None => Concerned::All,
        }
    }

    fn decide(vpc: &EquippedVpc, params: &Params, context: Context<'_>) -> Verdict {
        if let Some(verdict) = ec2::left_alone(&vpc.owner, &vpc.state, context.account, "give it endpoints") {
            return verdict;
        }
        let endpoints = match &vpc.endpoints {
            Fact::Known(endpoints) => endpoints,
            Fact::Absent => return Verdict::undecided("its endpoints were not read"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        };
        let interface = |service: &'_ String| (service.clone(), interface(service, endpoints, vpc, params));
        let gateway = |service: &'_ String| (service.clone(), gateway(service, endpoints, vpc));
        let interfaces: Vec<_> = params.services.iter().map(interface).collect();
        let gateways: Vec<_> = params.gateways.iter().map(gateway).collect();
        // Private DNS matters to those that are there, and to those that are to come.
        let is_elsewhere = |answer: &Answer| params.central && matches!(answer, Answer::Missing(why) if why.is_empty());
        let asks_dns = params.private_dns && interfaces.iter().any(|(_, answer)| !is_elsewhere(answer));
        let dns = if asks_dns { dns(vpc) } else { Vec::new() };

        // What is not there comes first: of many words, the last are cut.
        let (mut missing, mut faults, mut doubt) = (Vec::new(), Vec::new(), None);
        let (mut elsewhere, mut own) = (Vec::new(), false);
        let kinds = [("interface", interfaces), ("gateway", gateways)];
        for (kind, answers) in kinds {
            for (service, answer) in answers {
                own |= !is_elsewhere(&answer);
                match answer {
                    Answer::Passes => {}
                    Answer::Missing(_) if is_elsewhere(&answer) => elsewhere.push(service),
                    Answer::Missing(why) => missing.push(format!("no {kind} endpoint for {service}{why}")),
                    Answer::Fails(why) => faults.push(why),
                    Answer::Perhaps(why) => drop(doubt.get_or_insert(why)),
                }
            }
        }
        for setting in dns {
            match setting {
                Answer::Fails(why) => faults.push(why),
                Answer::Perhaps(why) => drop(doubt.get_or_insert(why)),
                Answer::Passes | Answer::Missing(_) => {}
            }
        }
        let elsewhere = elsewhere.join(", ");
        missing.extend(faults);
        match doubt {
            _ if !missing.is_empty() => Verdict::non_compliant(missing.join("; ")),
            Some(doubt) => Verdict::undecided(doubt),
            None if elsewhere.is_empty() => Verdict::COMPLIANT,
            None if own => {
                Verdict::compliant_but(format!("has no endpoint of its own for {elsewhere}: centralEndpoints is true"))
            }
            None => Verdict::not_applicable(format!(
                "has no endpoint of its own for {elsewhere}, and centralEndpoints is true: another VPC serves it"
            )),
        }
    }
}

/// Whether the VPC has what a service needs.
#[derive(Debug)]
enum Answer {
    Passes,
    /// There is no endpoint for it that could be used; says of those that cannot why, and nothing where there are none.
    Missing(String),
    /// There is one, and it is not what is needed; says why.
    Fails(String),
    /// Nobody can tell, and why.
    Perhaps(String),
}

/// The VPC's own settings that private DNS needs.
fn dns(vpc: &EquippedVpc) -> Vec<Answer> {
    let setting = |fact: &Fact<bool>, name: &str| match fact {
        Fact::Known(true) => Answer::Passes,
        Fact::Known(false) => {
            Answer::Fails(format!("{name} of the VPC is off, without which private DNS does not work"))
        }
        Fact::Absent => Answer::Perhaps(format!("{name} was not read")),
        Fact::Unread(reason) => Answer::Perhaps(reason.clone()),
    };
    vec![setting(&vpc.dns_support, "enableDnsSupport"), setting(&vpc.dns_hostnames, "enableDnsHostnames")]
}

/// Endpoints for one name of a service.
#[derive(Default)]
struct Candidates<'a> {
    /// Those that count.
    certain: Vec<&'a VpcEndpoint>,
    /// Those that may.
    possible: Vec<&'a VpcEndpoint>,
    /// Why nobody can tell of those.
    doubt: Option<String>,
    /// Why others do not, though they are for this service.
    not: Vec<String>,
}

impl<'a> Candidates<'a> {
    fn of(name: &str, kind: EndpointKind, endpoints: &'a [VpcEndpoint], private_dns: bool) -> Self {
        let mut candidates = Self::default();
        for endpoint in endpoints {
            match counts(endpoint, name, kind, private_dns) {
                Counts::Yes => candidates.certain.push(endpoint),
                Counts::No => {}
                Counts::Not(why) => candidates.not.push(format!("{} {why}", endpoint.id)),
                Counts::Perhaps(doubt) => {
                    candidates.possible.push(endpoint);
                    candidates.doubt.get_or_insert(format!("{}: {doubt}", endpoint.id));
                }
            }
        }
        candidates
    }

    fn are_none(&self) -> bool {
        self.certain.is_empty() && self.possible.is_empty()
    }

    fn missing(self) -> Answer {
        let why = if self.not.is_empty() { String::new() } else { format!(" ({})", self.not.join(", ")) };
        Answer::Missing(why)
    }

    fn all(&self) -> impl Iterator<Item = &'a VpcEndpoint> {
        self.certain.iter().chain(&self.possible).copied()
    }

    /// Ids of those that count or may.
    fn ids(&self) -> String {
        self.all().map(|endpoint| endpoint.id.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Whether an endpoint is one that is needed.
enum Counts {
    Yes,
    /// It is for something else.
    No,
    /// It is for the service, and cannot be used for it; says why.
    Not(String),
    /// Nobody can tell, and why.
    Perhaps(String),
}

fn counts(endpoint: &VpcEndpoint, name: &str, kind: EndpointKind, private_dns: bool) -> Counts {
    let mut doubt = None;
    match &endpoint.kind {
        Fact::Known(of) if *of == kind => {}
        Fact::Known(_) => return Counts::No,
        Fact::Absent => doubt = Some("DescribeVpcEndpoints gave no VpcEndpointType".to_owned()),
        Fact::Unread(reason) => doubt = Some(reason.clone()),
    }
    match &endpoint.service {
        Fact::Known(service) if service == name => {}
        Fact::Known(_) => return Counts::No,
        Fact::Absent => doubt = doubt.or_else(|| Some("DescribeVpcEndpoints gave no ServiceName".to_owned())),
        Fact::Unread(reason) => doubt = doubt.or_else(|| Some(reason.clone())),
    }
    let mut not = None;
    match &endpoint.state {
        Fact::Known(EndpointState::Available) => {}
        Fact::Known(EndpointState::Not(state)) => not = Some(format!("is {state}")),
        Fact::Absent => doubt = doubt.or_else(|| Some("DescribeVpcEndpoints gave no State".to_owned())),
        Fact::Unread(reason) => doubt = doubt.or_else(|| Some(reason.clone())),
    }
    if private_dns {
        match &endpoint.private_dns {
            Fact::Known(true) => {}
            Fact::Known(false) => not = not.or_else(|| Some("has no private DNS".to_owned())),
            Fact::Absent => doubt = doubt.or_else(|| Some("DescribeVpcEndpoints gave no PrivateDnsEnabled".to_owned())),
            Fact::Unread(reason) => doubt = doubt.or_else(|| Some(reason.clone())),
        }
    }
    match (not, doubt) {
        // Of what is not for this service, there is nothing to say here.
        (Some(_), Some(_)) if endpoint.service.known().is_none() => Counts::No,
        (Some(why), _) => Counts::Not(why),
        (None, Some(doubt)) => Counts::Perhaps(doubt),
        (None, None) => Counts::Yes,
    }
}

/// The zones in which there has to be an interface.
const LEAST_ZONES: usize = 2;

/// Whether the VPC has an interface endpoint for a service where it needs one.
fn interface(service: &str, endpoints: &[VpcEndpoint], vpc: &EquippedVpc, params: &Params) -> Answer {
    let of_name = |name: String| {
        let candidates = Candidates::of(&name, EndpointKind::Interface, endpoints, params.private_dns);
        in_every_zone(service, candidates, vpc)
    };
    best(names(service, &vpc.region, true).into_iter().map(of_name))
}

fn in_every_zone(service: &str, candidates: Candidates<'_>, vpc: &EquippedVpc) -> Answer {
    if candidates.are_none() {
        return candidates.missing();
    }
    let zones = |endpoints: &[&VpcEndpoint]| -> BTreeSet<String> {
        endpoints.iter().flat_map(|endpoint| endpoint.zones.iter().cloned()).collect()
    };
    let certain = zones(&candidates.certain);
    let possible: BTreeSet<_> = certain.union(&zones(&candidates.possible)).cloned().collect();
    let more_zones = candidates.all().find_map(|endpoint| endpoint.zones_doubt.clone());
    let (mut doubt, mut faults) = (candidates.doubt.clone().or_else(|| more_zones.clone()), Vec::new());
    // A service is there if it is in all of them, so what is lacking for certain fails it.
    let lacks = |there: bool, perhaps: bool| !there && !perhaps && more_zones.is_none();
    if lacks(certain.len() >= LEAST_ZONES, possible.len() >= LEAST_ZONES) {
        let place = possible.iter().next().map(|zone| format!(" ({zone})")).unwrap_or_default();
        faults.push(format!("in {} of {LEAST_ZONES} zones{place}", possible.len()));
    }
    let mut unserved = Vec::<(&str, &ClientSubnet)>::new();
    let mut are_served = true;
    for client in &vpc.clients {
        match &client.zone {
            Fact::Known(zone) => {
                are_served &= certain.contains(zone);
                let is_named = unserved.iter().any(|(of, _)| of == zone);
                if lacks(certain.contains(zone), possible.contains(zone)) && !is_named {
                    unserved.push((zone, client));
                }
            }
            // At the edge of the Region.
            Fact::Absent => {}
            Fact::Unread(reason) => drop(doubt.get_or_insert(reason.clone())),
        }
    }
    if !unserved.is_empty() {
        let unserved: Vec<_> = unserved.iter().map(|(zone, client)| format!("{zone} ({})", client.id)).collect();
        faults.push(format!("not in {}", unserved.join(", ")));
    }
    let passes = certain.len() >= LEAST_ZONES && are_served;
    let is_unknown = |client: &ClientSubnet| matches!(client.zone, Fact::Unread(_));
    let unknown_clients = vpc.clients.iter().any(is_unknown) || vpc.clients_doubt.is_some();
    if !faults.is_empty() {
        Answer::Fails(format!("{service} ({}) is {}", candidates.ids(), faults.join(" and ")))
    } else if passes && !unknown_clients {
        Answer::Passes
    } else {
        Answer::Perhaps(doubt.or_else(|| vpc.clients_doubt.clone()).unwrap_or_default())
    }
}

/// Whether the VPC has a gateway endpoint for a service where it needs one.
fn gateway(service: &str, endpoints: &[VpcEndpoint], vpc: &EquippedVpc) -> Answer {
    let of_name =
        |name: String| in_every_table(service, Candidates::of(&name, EndpointKind::Gateway, endpoints, false), vpc);
    best(names(service, &vpc.region, false).into_iter().map(of_name))
}

fn in_every_table(service: &str, candidates: Candidates<'_>, vpc: &EquippedVpc) -> Answer {
    if candidates.are_none() {
        return candidates.missing();
    }
    let leads = |endpoints: &[&VpcEndpoint], table: &String| {
        endpoints.iter().any(|of| of.route_tables.known().is_some_and(|tables| tables.contains(table)))
    };
    let more_tables = candidates.all().find_map(|endpoint| match &endpoint.route_tables {
        Fact::Known(_) => None,
        Fact::Absent => Some(format!("{}: DescribeVpcEndpoints gave no RouteTableIds", endpoint.id)),
        Fact::Unread(reason) => Some(reason.clone()),
    });
    let (mut doubt, mut without) = (candidates.doubt.clone(), Vec::new());
    for client in &vpc.clients {
        match &client.route_table {
            Fact::Known(table) if leads(&candidates.certain, table) => {}
            Fact::Known(table) if leads(&candidates.possible, table) || more_tables.is_some() => {
                doubt = doubt.or_else(|| more_tables.clone());
            }
            Fact::Known(table) => without.push((table, client)),
            Fact::Absent => drop(doubt.get_or_insert_with(|| format!("the route table of {} was not read", client.id))),
            Fact::Unread(reason) => drop(doubt.get_or_insert(reason.clone())),
        }
    }
    if let Some((table, client)) = without.first() {
        let more = match without.len() {
            1 => String::new(),
            count => format!(" and {} more subnets", count - 1),
        };
        let ids = candidates.ids();
        return Answer::Fails(format!("{service} ({ids}) is not in {table}, the route table of {}{more}", client.id));
    }
    // Doubts about an endpoint do not matter where another one does it all.
    let is_served =
        |client: &ClientSubnet| client.route_table.known().is_some_and(|table| leads(&candidates.certain, table));
    let passes = !candidates.certain.is_empty() && vpc.clients.iter().all(is_served);
    match &vpc.clients_doubt {
        None if passes => Answer::Passes,
        Some(reason) if passes => Answer::Perhaps(reason.clone()),
        _ => Answer::Perhaps(doubt.or_else(|| vpc.clients_doubt.clone()).unwrap_or_default()),
    }
}

/// Of the answers for the names of one service, of which one is as good as the other: one that passes, else one that may, else what is
/// wrong with one that is there, else that there is none.
fn best(answers: impl Iterator<Item = Answer>) -> Answer {
    let rank = |answer: &Answer| match answer {
        Answer::Passes => 0,
        Answer::Perhaps(_) => 1,
        Answer::Fails(_) => 2,
        Answer::Missing(why) if !why.is_empty() => 3,
        Answer::Missing(_) => 4,
    };
    // The first of those that are equally good.
    answers.min_by_key(rank).unwrap_or(Answer::Missing(String::new()))
}

/// How names of services begin: everywhere, and those of some services in China, the European Sovereign Cloud and isolated Regions
/// (`DescribeVpcEndpointServices`).
const BEGINNINGS: [&str; 7] = [
    "com.amazonaws",
    "cn.com.amazonaws",
    "eu.amazonaws",
    "gov.ic.c2s",
    "gov.ic.hci.csp",
    "gov.sgov.sc2s",
    "uk.adc-e.cloud",
];

/// The names by which AWS may call a service in a Region.
fn names(service: &str, region: &str, fips: bool) -> Vec<String> {
    let is_whole = |start: &str| service.strip_prefix(start).is_some_and(|rest| rest.starts_with('.'));
    let whole = if BEGINNINGS.into_iter().chain(["aws"]).any(is_whole) {
        vec![service.replace("REGION", region)]
    } else {
        BEGINNINGS.map(|start| format!("{start}.{region}.{service}")).into()
    };
    let fips: Vec<_> =
        whole.iter().filter(|name| fips && !name.ends_with("-fips")).map(|of| format!("{of}-fips")).collect();
    whole.into_iter().chain(fips).collect()
}

/// In the place of all gateways. Without any endpoint there would be nothing to judge, so services have no such word.
const NONE: &str = "none";

fn services(name: &'static str, given: &mut Parameters, defaults: &[&str]) -> Result<Vec<String>, ParameterError> {
    let given = given.list(name);
    if given.is_empty() {
        return Ok(defaults.iter().map(|service| (*service).to_owned()).collect());
    }
    if name == "requiredGateways" && given == [NONE] {
        return Ok(Vec::new());
    }
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let is_odd = |service: &&String| *service == NONE || !service.bytes().all(is_of_name);
    match given.iter().find(is_odd) {
        None => Ok(given),
        Some(odd) => Err(ParameterError::Value {
            name,
            value: odd.clone(),
            allowed: "names of services such as `sagemaker.api` or `aws.sagemaker.REGION.studio`".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
