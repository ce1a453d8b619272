//! The landing zone: the account of `cargo sandbox`, as its platform team meant it, and why it has drifted.
//!
//! Read it from top to bottom, as a tour: network, keys and volumes, notebooks, Studio, models, endpoints, jobs, monitoring, catalog,
//! packages, recorder, organization. The platform team has a blueprint, in which everything is right. `..BLUEPRINT` is what the blueprint makes,
//! but for what stands before it; what that is and how it came so, the comment above says. `docs/sandbox.md` shows what the rules say of
//! it all.
//!
//! The files in `landing_zone/` put each table into the account, those in `account/` have the single calls. A rule whose drift is a
//! story of its own tells it in a file there, and is called in one line: at the end of [`fill`] what is in the account, at the end of
//! [`organize`] what is in its organization.

mod endpoints;
pub mod guardrails;
mod jobs;
mod keys;
mod network;
mod notebooks;
mod packages;
mod services;
mod studio;
mod ways_out;

use serde_json::{Value, json};

use crate::{
    Error, FrontDoor, Place,
    account::{self, attach_policy, create_member, create_unit, move_account, record},
};
use endpoints::{Alarm, Capture, Components, Endpoint, NetworkOf, Scaling, Serverless, Unused, Version};
use jobs::{Definition, Job, LabelingJob, Schedule};
use keys::{Key, Volume};
use network::{Fate, Logs, SharedSubnet, Subnet, Vpc};
use notebooks::Notebook;
use packages::{LetsIn, PackageDomain, Repository};
use studio::Domain;

pub use notebooks::repair;

// # Network
//
// Beside these tables there are stories that are told where they are made. `ways_out.rs`: where the VPCs' routes lead, the proxy of
// `private-3`, and the internet gateway of the default VPC, for which somebody made an exception from VPC Block Public Access. `services.rs`:
// the newest VPC, `clinic`, which has all endpoints, the lonely one of `platform`, and two security groups that were opened by hand.

/// VPCs, beside `clinic` and the default one, which nobody logs.
const VPCS: [Vpc; 4] = [
    // All traffic is logged, as the blueprint has it.
    Vpc { name: "platform", logs: Logs::All },
    // Logs what is refused, and nothing that gets out.
    Vpc { name: "lab", logs: Logs::Refused },
    // One of its two subnets is logged: the one that was there when its company was bought.
    Vpc { name: "acquired", logs: Logs::OneSubnetOfTwo },
    // Another account's, which is the one that can log it.
    Vpc { name: "shared", logs: Logs::TheOwners },
];

/// Subnets of the platform's VPC, by the letter of their zone.
const SUBNETS: [Subnet; 5] = [
    Subnet { name: "private-1", zone: "a", fate: Fate::Stays },
    Subnet { name: "private-2", zone: "b", fate: Fate::Stays },
    // In the zone of private-1, so the two of them are no more available than one.
    Subnet { name: "private-3", zone: "a", fate: Fate::Stays },
    // Deleted, although a model still names it.
    Subnet { name: "retired", zone: "c", fate: Fate::Deleted },
    // In a Local Zone near the stores.
    Subnet { name: "edge", zone: "c", fate: Fate::LocalZone },
];

/// A subnet that another account shares with this one, which can use it and not change it.
const SHARED_SUBNET: SharedSubnet =
    SharedSubnet { subnet: "subnet-0d1e2f3a4b5c6d7e8", vpc: "vpc-0a1b2c3d4e5f6a7b8", owner: NEIGHBOUR };

/// The account that shares it, and the VPC `shared`.
const NEIGHBOUR: &str = "444455556666";

// # Keys and volumes

/// The platform's own key.
const PLATFORM_KEY: &str = "alias/ml-platform";

/// The key of a pilot that is over. It is scheduled for deletion, and not everybody has noticed.
const PILOT_KEY: &str = "alias/ml-pilot";

/// AWS's key for SageMaker, whose policy nobody here decides about.
const AWS_KEY: &str = "alias/aws/sagemaker";

/// Nobody chose a key.
const NO_KEY: &str = "";

/// KMS keys, by their alias.
const KEYS: [Key; 2] =
    [Key { alias: PLATFORM_KEY, is_being_deleted: false }, Key { alias: PILOT_KEY, is_being_deleted: true }];

/// EBS volumes.
const VOLUMES: [Volume; 3] = [
    // Training data, as the blueprint has it.
    Volume { is_encrypted: true, is_being_deleted: false },
    // Scratch space, made from an old image.
    Volume { is_encrypted: false, is_being_deleted: false },
    // Restored to look something up, and on its way out.
    Volume { is_encrypted: false, is_being_deleted: true },
];

// # Notebooks

/// The notebook that is repaired while you watch: [`repair`].
pub const REPAIRED: &str = "fraud-prototype";

/// Notebook instances. `CONSOLE` is what the console makes where nobody chooses: with internet and root, without a VPC or a key.
const NOTEBOOKS: [Notebook; 6] = [
    Notebook { name: "pricing-models", ..Notebook::BLUEPRINT },
    // Its team installs packages as root; its key is about to go.
    Notebook { name: "credit-risk", has_root_access: true, key: PILOT_KEY, subnet: "private-2", ..Notebook::BLUEPRINT },
    // Made by hand in the console, where somebody thought of root, and not of the internet.
    Notebook { name: "quick-experiment", has_root_access: false, ..Notebook::CONSOLE },
    // A vendor's tutorial, followed to the letter, in the VPC that was there already.
    Notebook { name: "vendor-demo", key: AWS_KEY, subnet: "default", ..Notebook::CONSOLE },
    // Made by hand, too. It is recreated in the VPC, without internet, and with a key, after the first evaluation.
    Notebook { name: REPAIRED, has_root_access: false, ..Notebook::CONSOLE },
    // On its way out, so nobody needs to mend it.
    Notebook { name: "last-years-contest", is_being_deleted: true, ..Notebook::CONSOLE },
];

// # Studio

/// Domains of SageMaker Studio.
const DOMAINS: [Domain; 3] = [
    Domain { name: "research", ..Domain::BLUEPRINT },
    // Made for a workshop, and stayed.
    Domain { name: "workshop", key: NO_KEY, is_vpc_only: false, ..Domain::BLUEPRINT },
    // The pilot is over: it is being deleted.
    Domain { name: "pilot", key: PILOT_KEY, is_vpc_only: false, is_being_deleted: true },
];

// # Models

/// Models that are versions in the model registry, each in a group of its own name, and what somebody said of them. All other models
/// were made from an image, past the registry.
const VERSIONS: [Version; 4] = [
    // Somebody looked at its metrics and approved it.
    Version { model: "credit-scoring", status: "Approved" },
    // The pipeline that trained it registered it as approved.
    Version { model: "pricing", status: "Approved" },
    // Rejected after it was deployed, when its bias was looked at.
    Version { model: "churn", status: "Rejected" },
    // Deployed before anybody looked.
    Version { model: "recommendations", status: "PendingManualApproval" },
];

/// A model that no endpoint runs. Its team shares a network with others, which another account has: [`SHARED_SUBNET`].
const SHARING_MODEL: &str = "group-scoring";

// # Endpoints

/// Endpoints on instances. Each has a model of its own name, in these subnets. `OLDER` is what the blueprint made before its last change,
/// which isolated the model's containers.
const ENDPOINTS: [Endpoint; 7] = [
    Endpoint { name: "credit-scoring", ..Endpoint::BLUEPRINT },
    // Two subnets, one zone.
    Endpoint { name: "churn", instances: &[4], subnets: &["private-1", "private-3"], ..Endpoint::OLDER },
    // Two zones, and one instance that can be in one of them. It was a prototype, and nobody chose a key.
    Endpoint { name: "fraud-detection", instances: &[1], key: NO_KEY, ..Endpoint::OLDER },
    Endpoint { name: "pricing", instances: &[3], ..Endpoint::OLDER },
    // Its challenger, weight 0.1, is a variant of one instance.
    Endpoint { name: "recommendations", instances: &[2, 1], ..Endpoint::OLDER },
    // A subnet was deleted under it.
    Endpoint { name: "claims-triage", subnets: &["private-1", "retired"], ..Endpoint::OLDER },
    // A Local Zone fails with the zone that is its parent.
    Endpoint { name: "store-forecast", subnets: &["private-1", "edge"], ..Endpoint::OLDER },
];

/// How endpoints scale, by their champion. The others do not, nor does any challenger.
const SCALED: [Scaling; 4] = [
    Scaling { endpoint: "churn", ..Scaling::BLUEPRINT },
    // May go down to one instance when nobody asks.
    Scaling { endpoint: "pricing", least: 1, ..Scaling::BLUEPRINT },
    // Suspended for a deployment, and never resumed.
    Scaling { endpoint: "recommendations", is_suspended: true, ..Scaling::BLUEPRINT },
    // Has limits, and nothing that moves it between them.
    Scaling { endpoint: "store-forecast", has_policy: false, ..Scaling::BLUEPRINT },
];

/// An endpoint that has no instances to lose, and shows nobody its zones. Its model is a vendor's, from a package that is in no group, so
/// nobody here could approve it.
const SERVERLESS: Serverless = Serverless { endpoint: "document-search", package: "vendor-search" };

/// An endpoint configuration that no endpoint uses yet, on instances whose local storage no key of the customer's encrypts.
const UNUSED: Unused = Unused { name: "image-search", instance: "ml.g4dn.xlarge" };

/// Endpoints that host inference components: they have no model of their own, and their models are where the endpoint is.
const COMPONENTS: [Components; 2] = [
    // Its team thought of the model's network, and not of the endpoint's, which is the one that counts.
    Components {
        endpoint: "assistant",
        component: "assistant-1",
        model: "language-model",
        network: NetworkOf::TheModel,
    },
    // As the blueprint makes it: the endpoint's configuration has the network, and the model needs none.
    Components {
        endpoint: "translator",
        component: "translator-1",
        model: "translation-model",
        network: NetworkOf::TheEndpoint,
    },
];

/// The endpoint whose instances were scarce: they are reserved where there were some, which is one zone.
const RESERVED: &str = "translator";

// # Jobs

/// Training jobs. `EXAMPLE` is a job as the examples start it: what need not be set is not set.
const TRAINING: [Job; 4] = [
    Job { name: "credit-scoring-2026-11", ..Job::BLUEPRINT },
    // Started from a notebook, as the examples do it, on two instances.
    Job { name: "churn-notebook", instances: 2, ..Job::EXAMPLE },
    // On local storage, which takes no key; and one instance has nobody to talk to.
    Job { name: "llm-finetune", instance: "ml.g5.12xlarge", volume_key: NO_KEY, ..Job::ALONE },
    // The tuning job below made it so, and is what to mend.
    Job { name: TUNED.1, output_key: PLATFORM_KEY, ..Job::EXAMPLE },
];

/// Processing jobs.
const PROCESSING: [Job; 2] = [
    Job { name: "feature-build", ..Job::BLUEPRINT },
    // Its team thought of keys, and not of the network.
    Job { name: "profile-data", is_in_vpc: false, is_isolated: false, has_encrypted_traffic: false, ..Job::BLUEPRINT },
];

/// Transform jobs. Each has a model of its own name, and is where that is: it has no network of its own.
const TRANSFORM: [Job; 2] = [
    Job { name: "nightly-scoring", ..Job::BLUEPRINT },
    // Somebody needed the numbers that day.
    Job { name: "adhoc-scoring", ..Job::EXAMPLE },
];

/// A tuning job, and a training job that it started.
const TUNED: (&str, &str) = ("price-search", "price-search-001-abc");

/// What the tuning job trains: one of its two definitions is as the blueprint makes it.
const TUNING: [Job; 2] = [
    Job { name: "trees", ..Job::ALONE },
    Job { name: "linear", is_isolated: true, output_key: PLATFORM_KEY, ..Job::EXAMPLE },
];

/// Jobs that run while you look, by the first word of their kind; all others are over.
const RUNNING: [(&str, &str); 4] = [
    ("Training", TUNED.1),
    ("Processing", "profile-data"),
    ("HyperParameterTuning", TUNED.0),
    // Somebody has yet to look at its photos.
    ("Labeling", "photos"),
];

/// A job of Autopilot, made in the console, with the one key that its form asks for first.
const AUTOML: Job = Job { name: "demand-automl", volume_key: PLATFORM_KEY, ..Job::EXAMPLE };

/// Labeling jobs, whose labels have the platform's key.
const LABELING: [LabelingJob; 2] = [
    // Its automated labeling trains a model, on volumes without a key.
    LabelingJob { name: "receipts", is_automated: true },
    // People label it, so it has no instances.
    LabelingJob { name: "photos", is_automated: false },
];

// # Monitoring

/// What endpoints capture of what they are asked and answer. The others capture nothing.
const CAPTURES: [Capture; 3] = [
    Capture { endpoint: "credit-scoring", ..Capture::BLUEPRINT },
    // What it is asked, and not what it answers.
    Capture { endpoint: "churn", modes: &["Input"], ..Capture::BLUEPRINT },
    // Switched off for a load test, and never on again.
    Capture { endpoint: "pricing", is_on: false, ..Capture::BLUEPRINT },
];

/// Alarms.
const ALARMS: [Alarm; 3] = [
    Alarm { name: "credit-scoring-errors", endpoint: "credit-scoring", ..Alarm::BLUEPRINT },
    // Goes off, and nobody is told.
    Alarm { name: "churn-latency", endpoint: "churn", metric: "ModelLatency", tells_somebody: false },
    // Watches how much it is asked, and not how it does.
    Alarm { name: "pricing-traffic", endpoint: "pricing", metric: "InvocationsPerInstance", ..Alarm::BLUEPRINT },
];

/// Definitions of monitoring jobs.
const DEFINITIONS: [Definition; 4] = [
    Definition { kind: "DataQuality", job: Job { name: "fraud-data-quality", ..Job::BLUEPRINT } },
    // It fetches a package when it starts, so it is not isolated.
    Definition { kind: "ModelQuality", job: Job { name: "fraud-model-quality", is_isolated: false, ..Job::ALONE } },
    // Its team thought of keys, and not of the network.
    Definition {
        kind: "ModelBias",
        job: Job { name: "credit-bias", is_in_vpc: false, is_isolated: false, ..Job::ALONE },
    },
    // Its team thought of the network, and not of keys.
    Definition {
        kind: "ModelExplainability",
        job: Job {
            name: "credit-explainability",
            instances: 1,
            volume_key: NO_KEY,
            output_key: NO_KEY,
            ..Job::BLUEPRINT
        },
    },
];

/// Monitoring schedules.
const SCHEDULES: [Schedule; 2] = [
    // Its definition is one of those above, and says everything.
    Schedule { name: "fraud-data-quality-hourly", runs: Some(["fraud-data-quality", "fraud-detection"]) },
    // Older than definitions: it says everything itself, which is nothing.
    Schedule { name: "legacy-monitor", runs: None },
];

// # Catalog

/// How resources were provisioned, by their names: the blueprint is a product of Service Catalog. All others were made past it.
const PROVISIONED: [(&str, Provisioned); 4] = [
    ("pricing-models", Provisioned::ByServiceCatalog),
    // Its team has a CloudFormation stack.
    ("credit-risk", Provisioned::ByCloudFormation),
    ("research", Provisioned::ByServiceCatalog),
    ("credit-scoring", Provisioned::ByServiceCatalog),
];

#[derive(Clone, Copy)]
enum Provisioned {
    ByServiceCatalog,
    ByCloudFormation,
}

// # Packages

/// Domains of CodeArtifact.
const PACKAGE_DOMAINS: [PackageDomain; 5] = [
    // The platform's mirror of PyPI: one repository fetches, and the others have it upstream.
    PackageDomain {
        name: "ml-packages",
        repositories: &[
            Repository { name: "pypi-mirror", upstreams: &[], connection: "public:pypi" },
            Repository { name: "notebooks", upstreams: &["pypi-mirror"], connection: "" },
            Repository { name: "training", upstreams: &["pypi-mirror"], connection: "" },
        ],
        ..PackageDomain::BLUEPRINT
    },
    // Somebody needed a widget for a dashboard, and connected the repository that everybody has upstream.
    PackageDomain {
        name: "research-tools",
        repositories: &[
            Repository { name: "npm-store", upstreams: &[], connection: "public:npmjs" },
            Repository { name: "shared", upstreams: &["npm-store"], connection: "" },
            Repository { name: "dashboards", upstreams: &["shared"], connection: "" },
        ],
        ..PackageDomain::BLUEPRINT
    },
    // Opened for guests, for one weekend.
    PackageDomain {
        name: "hackathon",
        key: NO_KEY,
        lets_in: LetsIn::TheWorld,
        repositories: &[Repository { name: "scratch", upstreams: &[], connection: "public:pypi" }],
        ..PackageDomain::BLUEPRINT
    },
    // Came with a company, whose organization still gets in.
    PackageDomain {
        name: "acquired-models",
        lets_in: LetsIn::Organization("o-a1b2c3d4e5"),
        repositories: &[Repository { name: "models", upstreams: &[], connection: "" }],
        ..PackageDomain::BLUEPRINT
    },
    // Deleted.
    PackageDomain { name: "first-try", key: NO_KEY, is_deleted: true, ..PackageDomain::BLUEPRINT },
];

// # Recorder

/// What AWS Config does not record, since somebody took it out when the bill came. Flow logs are missed; network interfaces nobody needs.
const NOT_RECORDED: [&str; 2] = ["AWS::EC2::FlowLog", "AWS::EC2::NetworkInterface"];

/// Volumes come and go, so they are recorded once a day.
const RECORDED_DAILY: [&str; 1] = ["AWS::EC2::Volume"];

/// The recorder records everything else continuously, as the blueprint makes it.
async fn create_recorder(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    let group = json!({
        "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
        "exclusionByResourceTypes": {"resourceTypes": NOT_RECORDED},
    });
    record(door, place, group, once_a_day(&RECORDED_DAILY)).await
}

/// `recordingMode`: these types once a day, and all others continuously.
fn once_a_day(types: &[&str]) -> Value {
    let daily = json!({"description": "to save money", "resourceTypes": types, "recordingFrequency": "DAILY"});
    json!({"recordingFrequency": "CONTINUOUS", "recordingModeOverrides": [daily]})
}

// # Organization
//
// What its service control policies deny, and what somebody forgot: `guardrails.rs`.

/// Puts an account into an organization whose root opts out of AI services, and returns another account of that organization, for
/// whose unit somebody opted in again. Its recorder is as the platform's blueprint makes it: what is not recorded continuously, no rule
/// asks about.
///
/// # Errors
/// moto does not take something.
pub async fn organize(door: &FrontDoor, place: &Place) -> Result<Place, Error> {
    account::organization(door, place).await?;
    let root = account::root(door, place).await?;
    let out = json!({"services": {"default": {"opt_out_policy": {"@@assign": "optOut"}}}});
    attach_policy(door, place, "opt-out", &root, &out).await?;
    let labs = create_unit(door, place, "labs", &root).await?;
    let chatbots = create_member(door, place, "chatbots").await?;
    move_account(door, place, &chatbots, &labs).await?;
    let back_in = json!({"services": {"lex": {"opt_out_policy": {"@@assign": "optIn"}}}});
    attach_policy(door, place, "lex-for-the-chatbots", &labs, &back_in).await?;
    let member = Place::new(&chatbots, &place.region);
    record(door, &member, json!({"allSupported": true}), once_a_day(&["AWS::EC2::NetworkInterface"])).await?;
    guardrails::guard(door, place, &root).await?;
    // What more drifts in the organization, one line each.
    Ok(member)
}

// # How it comes into the account

/// Puts everything into an account. moto draws ids, and the sample events in `events/` name some of them: so the order is not that of the
/// tour, and it stays.
///
/// # Errors
/// moto does not take something.
pub async fn fill(door: &FrontDoor, place: &Place) -> Result<(), Error> {
    keys::create(door, place).await?;
    notebooks::create(door, place).await?;
    studio::create(door, place).await?;
    keys::create_volumes(door, place).await?;
    let mut network = network::create_vpcs(door, place).await?;
    network::create_subnets(door, place, &mut network).await?;
    endpoints::create(door, place, &network).await?;
    network::subnets_meet_their_fate(door, place, &network).await?;
    endpoints::create_others(door, place).await?;
    jobs::create(door, place, &network).await?;
    jobs::monitor(door, place, &network).await?;
    network::use_vpcs(door, place, &network).await?;
    endpoints::create_components(door, place, &network).await?;
    network::share_subnet(door, place);
    account::create_model(door, place, SHARING_MODEL, &[SHARED_SUBNET.subnet]).await?;
    create_recorder(door, place).await?;
    notebooks::move_into_subnets(door, place, &network).await?;
    packages::create(door, place).await?;
    // What more drifts in the account, one line each: whatever is created here changes no id above.
    ways_out::create(door, place, &network).await?;
    services::create(door, place, &network).await?;
    endpoints::reserve(door, place, &network).await
}

/// Settings with the tags that tell how the resource of this name was [`PROVISIONED`].
fn provisioned(place: &Place, name: &str, mut settings: Value) -> Value {
    let tag = match PROVISIONED.iter().find(|(resource, _)| *resource == name) {
        Some((_, Provisioned::ByServiceCatalog)) => {
            json!({"Key": "aws:servicecatalog:productArn", "Value": place.arn("catalog", "product/prod-ml")})
        }
        Some((_, Provisioned::ByCloudFormation)) => {
            json!({"Key": "aws:cloudformation:stack-id", "Value": place.arn("cloudformation", &format!("stack/{name}/1"))})
        }
        None => return settings,
    };
    settings["Tags"] = json!([tag]);
    settings
}
