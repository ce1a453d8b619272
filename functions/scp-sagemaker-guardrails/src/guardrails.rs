//! The guardrails: which requests service control policies have to deny, and whether they do.

use std::{collections::BTreeMap, sync::Arc};

use organizations::{
    Member, Organization,
    scp::{self, Given, Level, Outcome, Request},
};
use rule::excerpt;
use sagemaker::LocalStorage;

/// Requests that have to be denied, by what is missing in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Guardrail {
    VolumeKms,
    OutputKms,
    InterContainerEncryption,
    NetworkIsolation,
    Vpc,
    DirectInternetAccess,
    AppNetworkAccessType,
    RootAccess,
}

use Guardrail::{
    AppNetworkAccessType, DirectInternetAccess, InterContainerEncryption, NetworkIsolation, OutputKms, RootAccess,
    VolumeKms, Vpc,
};

/// All of them, by their names in `guardrails`.
pub(crate) const GUARDRAILS: [(&str, Guardrail); 8] = [
    ("volume-kms", VolumeKms),
    ("output-kms", OutputKms),
    ("inter-container-encryption", InterContainerEncryption),
    ("network-isolation", NetworkIsolation),
    ("vpc", Vpc),
    ("direct-internet-access", DirectInternetAccess),
    ("app-network-access-type", AppNetworkAccessType),
    ("root-access", RootAccess),
];

/// Of the requests of an action without a key for its volumes, which to deny by their instance types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instances {
    /// All.
    All,
    /// Those whose one instance type has no local storage: what has it takes no key.
    One,
    /// Those with instance types of which one at least has no local storage.
    Several,
}

/// An action that guardrails are about: its name, the type of resource that it makes or changes as it stands in the ARN, its instance
/// types, and the guardrails.
type Action = (&'static str, &'static str, Instances, &'static [Guardrail]);

/// The actions that take the keys of the guardrails, as the Service Authorization Reference has them, but for those of which a request
/// without the key may be as it should be (see the rule's "Not evaluated").
const ACTIONS: [Action; 16] = [
    ("CreateTrainingJob", "training-job", Instances::Several, &JOB),
    ("CreateHyperParameterTuningJob", "hyper-parameter-tuning-job", Instances::Several, &JOB),
    // Its InstancePreferences may be several.
    ("CreateProcessingJob", "processing-job", Instances::Several, &JOB),
    ("CreateTransformJob", "transform-job", Instances::One, &[VolumeKms, OutputKms]),
    ("CreateAutoMLJob", "automl-job", Instances::All, &AUTOML),
    ("CreateAutoMLJobV2", "automl-job", Instances::All, &AUTOML),
    ("CreateLabelingJob", "labeling-job", Instances::All, &[OutputKms]),
    ("CreateDataQualityJobDefinition", "data-quality-job-definition", Instances::One, &JOB),
    ("CreateModelBiasJobDefinition", "model-bias-job-definition", Instances::One, &JOB),
    ("CreateModelExplainabilityJobDefinition", "model-explainability-job-definition", Instances::One, &JOB),
    ("CreateModelQualityJobDefinition", "model-quality-job-definition", Instances::One, &JOB),
    ("CreateModel", "model", Instances::All, &[NetworkIsolation, Vpc]),
    ("CreateEndpointConfig", "endpoint-config", Instances::Several, &[VolumeKms]),
    (
        "CreateNotebookInstance",
        "notebook-instance",
        Instances::All,
        &[VolumeKms, Vpc, DirectInternetAccess, RootAccess],
    ),
    ("CreateDomain", "domain", Instances::All, &[VolumeKms, AppNetworkAccessType]),
    ("CreateCluster", "cluster", Instances::All, &[Vpc]),
];

/// The actions that change what there is: a request that leaves the key out leaves the setting as it is.
const UPDATES: [Action; 2] = [
    ("UpdateDomain", "domain", Instances::All, &[AppNetworkAccessType]),
    ("UpdateNotebookInstance", "notebook-instance", Instances::All, &[RootAccess]),
];

const JOB: [Guardrail; 5] = [VolumeKms, OutputKms, InterContainerEncryption, NetworkIsolation, Vpc];
const AUTOML: [Guardrail; 4] = [VolumeKms, OutputKms, InterContainerEncryption, Vpc];

/// The key of a volume, by its name and by the one that it had before: "deprecated. Use `sagemaker:VolumeKmsKeyArn`".
const VOLUME_KEYS: [&str; 2] = ["sagemaker:VolumeKmsKeyArn", "sagemaker:VolumeKmsKey"];
const OUTPUT_KEYS: [&str; 2] = ["sagemaker:OutputKmsKeyArn", "sagemaker:OutputKmsKey"];
const INSTANCE_TYPES: &str = "sagemaker:InstanceTypes";

impl Guardrail {
    pub(crate) fn name(self) -> &'static str {
        GUARDRAILS.iter().find(|(_, of)| *of == self).map_or("", |(name, _)| name)
    }

    /// The keys that a request may not leave out all together, and the value that it may not have.
    const fn keys(self) -> (&'static [&'static str], Option<&'static str>) {
        match self {
            // A request has a key under both names or none. Which of them AWS still fills in is not documented.
            VolumeKms => (&VOLUME_KEYS, None),
            OutputKms => (&OUTPUT_KEYS, None),
            InterContainerEncryption => (&["sagemaker:InterContainerTrafficEncryption"], Some("false")),
            NetworkIsolation => (&["sagemaker:NetworkIsolation"], Some("false")),
            // A request has both or none, but for that of a notebook instance with a subnet, which gets the VPC's default group.
            Vpc => (&["sagemaker:VpcSubnets", "sagemaker:VpcSecurityGroupIds"], None),
            DirectInternetAccess => (&["sagemaker:DirectInternetAccess"], Some("Enabled")),
            AppNetworkAccessType => (&["sagemaker:AppNetworkAccessType"], Some("PublicInternetOnly")),
            RootAccess => (&["sagemaker:RootAccess"], Some("Enabled")),
        }
    }

    /// The keys for a reader.
    fn shown(self) -> String {
        let (keys, _) = self.keys();
        let is_current = |key: &&&str| ![VOLUME_KEYS[1], OUTPUT_KEYS[1]].contains(key);
        keys.iter().filter(is_current).copied().collect::<Vec<_>>().join(" and ")
    }
}

/// How an account stands to a guardrail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guarded {
    /// Requests that nothing denies.
    pub(crate) open: Vec<Opening>,
    /// How many kinds of requests there are to deny.
    pub(crate) all: usize,
    /// Why it cannot be told of others.
    pub(crate) unknown: Option<String>,
}

/// A request that should be denied and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    /// The action as IAM names it.
    pub(crate) action: String,
    /// What it says or leaves out, in words.
    pub(crate) how: String,
    /// What takes it out of the denials that there are.
    pub(crate) exempt: Vec<String>,
}

impl Guarded {
    /// Whether nothing at all is denied.
    pub(crate) fn is_missing(&self) -> bool {
        self.open.len() == self.all && self.open.iter().all(|opening| opening.exempt.is_empty())
    }
}

/// An account with what its policies say of instance types.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    organization: &'a Organization,
    member: &'a Member,
    /// Where it is in the organization, as `aws:PrincipalOrgPaths` has it.
    path: String,
    /// The instance types to try, of actions that take one and of those that take several.
    types: [Types; 2],
}

/// Lists of instance types of which one at least has no local storage: all that policies may tell apart.
#[derive(Debug, Default)]
struct Types {
    lists: Vec<Vec<String>>,
    /// Those with a type that policies describe and that is not known to be there.
    doubtful: Vec<Vec<String>>,
    /// What describes those.
    doubts: Vec<String>,
}

impl<'a> Judged<'a> {
    pub(crate) fn new(organization: &'a Organization, member: &'a Member) -> Self {
        let units = member.levels.iter().map(|level| level.target.as_str()).filter(|target| *target != member.id);
        let path = units.fold(organization.id.clone(), |path, unit| path + "/" + unit) + "/";
        let types = types_with_volumes(&member.levels);
        Self { organization, member, path, types }
    }

    /// How the account stands to a guardrail.
    pub(crate) fn by(&self, guardrail: Guardrail) -> Guarded {
        let mut guarded = Guarded::default();
        let (keys, wrong) = guardrail.keys();
        let creates = ACTIONS.iter().map(|action| (action, true));
        let actions = creates.chain(UPDATES.iter().map(|action| (action, false)));
        for ((action, resource, instances, of), is_new) in actions {
            if !of.contains(&guardrail) {
                continue;
            }
            let left_out = is_new.then_some(None);
            for value in left_out.into_iter().chain(wrong.map(Some)) {
                let given = || value.map_or(Given::Absent, |value: &str| Given::Values(vec![value.to_owned()]));
                let said: BTreeMap<_, _> = keys.iter().map(|key| (key.to_ascii_lowercase(), given())).collect();
                guarded.all += 1;
                let outcome = if guardrail == VolumeKms && *instances != Instances::All {
                    self.outcome_by_types(action, resource, &said, *instances)
                } else {
                    self.outcome(action, resource, said)
                };
                match outcome {
                    Outcome::Denied => {}
                    Outcome::Open(exempt) => {
                        let keys = guardrail.shown();
                        let how = match value {
                            None => format!("without {keys}"),
                            Some(value) => format!("with {keys} {value}"),
                        };
                        guarded.open.push(Opening { action: format!("sagemaker:{action}"), how, exempt });
                    }
                    Outcome::Unknown(why) => {
                        guarded.unknown.get_or_insert(why);
                    }
                }
            }
        }
        guarded
    }

    /// The families of instance types with local storage on which no job can run: it takes no key, and is denied without one.
    pub(crate) fn families_shut_out(&self) -> Vec<&'static str> {
        let is_shut_out = |family: &&str| {
            let types = || Given::OneOf(SIZES.iter().map(|size| vec![format!("ml.{family}.{size}")]).collect());
            JOBS_ON_INSTANCES.iter().any(|name| {
                let Some((action, resource, ..)) = ACTIONS.iter().find(|(action, ..)| action == name) else {
                    return false;
                };
                let denied = |key: &Given| {
                    let keys = VOLUME_KEYS.map(|name| (name.to_ascii_lowercase(), key.clone()));
                    let types = (INSTANCE_TYPES.to_ascii_lowercase(), types());
                    self.outcome(action, resource, keys.into_iter().chain([types]).collect()) == Outcome::Denied
                };
                // Which key it is does not matter: a policy may take its own only.
                denied(&Given::Absent) && !denied(&Given::Present)
            })
        };
        LocalStorage::families().iter().copied().filter(is_shut_out).collect()
    }

    /// The same of requests with instance types.
    fn outcome_by_types(
        &self,
        action: &str,
        resource: &str,
        keys: &BTreeMap<String, Given>,
        instances: Instances,
    ) -> Outcome {
        let types = &self.types[usize::from(instances == Instances::Several)];
        let with = |lists: &[Vec<String>]| {
            let types = (INSTANCE_TYPES.to_ascii_lowercase(), Given::OneOf(lists.to_vec()));
            self.outcome(action, resource, keys.clone().into_iter().chain([types]).collect())
        };
        match with(&types.lists) {
            Outcome::Denied if !types.doubtful.is_empty() && with(&types.doubtful) != Outcome::Denied => {
                let doubts = types.doubts.iter().map(|said| excerpt(said)).collect::<Vec<_>>().join(", ");
                Outcome::Unknown(format!("no instance type that is known here is {doubts}"))
            }
            outcome => outcome,
        }
    }

    fn outcome(&self, action: &str, resource: &str, mut keys: BTreeMap<String, Given>) -> Outcome {
        for of in ["aws:principalorgpaths", "aws:resourceorgpaths"] {
            keys.insert(of.to_owned(), Given::Values(vec![self.path.clone()]));
        }
        let action = &format!("sagemaker:{action}");
        let (partition, account) = (&self.organization.partition, &self.member.id);
        let request = Request { action, resource, partition, account, organization: &self.organization.id, keys };
        scp::decide(&self.member.levels, &request)
    }
}

/// Jobs that do not take a key for instance types with local storage.
const JOBS_ON_INSTANCES: [&str; 4] =
    ["CreateTrainingJob", "CreateHyperParameterTuningJob", "CreateProcessingJob", "CreateTransformJob"];

/// SageMaker's families of instance types without local storage, of November 2026.
pub(crate) const WITH_VOLUMES: [&str; 35] = [
    "c4", "c5", "c5n", "c6g", "c6gn", "c6i", "c6in", "c7g", "c7i", "c7i-flex", "c8g", "c8i", "c8i-flex", "inf1",
    "inf2", "m4", "m5", "m6g", "m6i", "m7i", "m7i-flex", "m8g", "m8i", "m8i-flex", "p2", "p3", "r5", "r6g", "r6i",
    "r7i", "r8g", "r8i", "r8i-flex", "t2", "t3",
];

/// Sizes that families have.
const SIZES: [&str; 18] = [
    "xlarge", "medium", "large", "2xlarge", "3xlarge", "4xlarge", "6xlarge", "8xlarge", "9xlarge", "10xlarge",
    "12xlarge", "16xlarge", "18xlarge", "24xlarge", "32xlarge", "36xlarge", "48xlarge", "96xlarge",
];

/// All sizes of these families, each by itself.
fn types_of(families: &[&str]) -> Vec<Vec<String>> {
    families.iter().flat_map(|family| SIZES.map(|size| vec![format!("ml.{family}.{size}")])).collect()
}

/// What to try of actions that take one instance type, and of those that take several.
fn types_with_volumes(levels: &[Arc<Level>]) -> [Types; 2] {
    let (mut with, local) = (types_of(&WITH_VOLUMES), types_of(LocalStorage::families()));
    let (mut doubtful, mut doubts) = (Vec::new(), Vec::new());
    let mentioned = scp::mentioned(levels, INSTANCE_TYPES);
    for said in mentioned {
        let family = said.strip_prefix("ml.").map_or("*", |rest| rest.split('.').next().unwrap_or_default());
        if family.contains(['*', '?', '$']) {
            let is_known = [&with, &local].into_iter().flatten().flatten().any(|one| scp::like(said, one));
            if let Some(example) = example(said).filter(|_| !is_known) {
                doubtful.push(vec![example]);
                doubts.push(said.to_owned());
            }
        // A family that is not known here is judged as one without local storage.
        } else if !LocalStorage::families().contains(&family) {
            with.push(vec![scp::example(said)]);
        }
    }
    let told_apart = |lists: Vec<Vec<String>>| scp::told_apart(levels, INSTANCE_TYPES, lists);
    let (with, local) = (told_apart(with), told_apart(local));
    // Beside each one with a volume, each other one, with a volume or without.
    let pairs = |of: &[Vec<String>]| {
        let beside = |one: &Vec<String>| with.iter().chain(&local).map(|other| [&one[..], other].concat()).collect();
        told_apart(of.iter().cloned().chain(of.iter().flat_map(|one| -> Vec<_> { beside(one) })).collect())
    };
    let several = Types { lists: pairs(&with), doubtful: pairs(&doubtful), doubts: doubts.clone() };
    [Types { lists: with, doubtful, doubts }, several]
}

/// An instance type that a pattern takes.
fn example(pattern: &str) -> Option<String> {
    let rest = scp::example(pattern.trim_start_matches('*'));
    let tried = [scp::example(pattern), format!("ml{rest}"), format!("ml.{rest}")];
    tried.into_iter().find(|one| one.starts_with("ml.") && scp::like(pattern, one))
}
