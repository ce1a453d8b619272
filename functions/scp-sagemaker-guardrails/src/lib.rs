//! # scp-sagemaker-guardrails
//!
//! ## What it checks
//! Whether service control policies of AWS Organizations deny, in every member account, the requests to SageMaker that leave out what
//! the platform's guardrails ask for. It runs in the organization's management account or in a delegated administrator account and reads
//! the organization as it is now: `ListRoots`, the units and accounts below (`ListOrganizationalUnitsForParent`,
//! `ListAccountsForParent`), what is attached to each (`ListPoliciesForTarget`) and each policy (`DescribePolicy`). A denial that is
//! attached anywhere between the root and the account denies; and what one level does not allow at all is denied as well.
//!
//! The guardrails, the keys that they are about, and the actions that have to be denied when a request leaves the key out:
//!
//! * `volume-kms` (`sagemaker:VolumeKmsKeyArn`): `CreateTrainingJob`, `CreateHyperParameterTuningJob`, `CreateProcessingJob`,
//!   `CreateTransformJob`, `CreateAutoMLJob`, `CreateAutoMLJobV2`, the four job definitions (`CreateDataQualityJobDefinition`,
//!   `CreateModelQualityJobDefinition`, `CreateModelBiasJobDefinition`, `CreateModelExplainabilityJobDefinition`),
//!   `CreateEndpointConfig`, `CreateNotebookInstance`, `CreateDomain`.
//! * `output-kms` (`sagemaker:OutputKmsKeyArn`): the same jobs and job definitions, and `CreateLabelingJob`.
//! * `inter-container-encryption` (`sagemaker:InterContainerTrafficEncryption`, left out or `false`): the same jobs and job definitions
//!   but for transform jobs.
//! * `network-isolation` (`sagemaker:NetworkIsolation`, left out or `false`): training, tuning and processing jobs, the job definitions,
//!   `CreateModel`.
//! * `vpc` (`sagemaker:VpcSubnets` and `sagemaker:VpcSecurityGroupIds`, both left out): training, tuning, processing and `AutoML` jobs, the
//!   job definitions, `CreateModel`, `CreateNotebookInstance`, `CreateCluster`.
//! * `direct-internet-access` (`sagemaker:DirectInternetAccess`, left out or `Enabled`): `CreateNotebookInstance`.
//! * `app-network-access-type` (`sagemaker:AppNetworkAccessType`, left out or `PublicInternetOnly`): `CreateDomain`; and `UpdateDomain`
//!   with `PublicInternetOnly`.
//! * `root-access` (`sagemaker:RootAccess`, left out or `Enabled`): `CreateNotebookInstance`; and `UpdateNotebookInstance` with `Enabled`.
//!
//! `sagemaker:VolumeKmsKey` and `sagemaker:OutputKmsKey` are older names of the two keys, which AWS has deprecated. A denial that names them
//! counts as well: a request without a key has it under neither name. What AWS still fills in under the old names is not documented, so a
//! policy with them may deny requests with a key too.
//!
//! Policies are judged as IAM documents them, whoever asks, in whatever Region, for whatever resource of the action's type: patterns in
//! `Action`, `NotAction`, `Resource` and `NotResource`; every operator on texts, ARNs and truth values, with `IfExists` and the set
//! operators; keys that all have to match, values of which one has to, and statements that deny together what none denies alone. So
//! `Bool` denies a request with the value `false` and not one without the key, whatever SageMaker may put in its place: `BoolIfExists`
//! denies both, and so does a second statement with `Null`. Keys with lists of values, such as `sagemaker:InstanceTypes`, need
//! `ForAnyValue` or `ForAllValues`: what is compared with them otherwise is undecided. Service-linked roles are reached by no such policy,
//! so it makes no difference whether one lets them out.
//!
//! A denial with a way around it is none. A condition that lets out a role (`aws:PrincipalArn`, as for emergencies), a Region, a service
//! that calls (`aws:ViaAWSService`) or anything else that is not part of a guardrail leaves the account open, and the annotation names
//! the key. Whoever wants such a way leaves it to a role in an account that is exempt, or leaves the guardrail out of `guardrails`. There
//! is one exception: the key of a volume may be left out for instance types with local storage, since SageMaker takes none for them.
//!
//! Reported on is the account that the rule runs in, once for the whole organization, since AWS Config keeps results about its own
//! account only; the annotation names the accounts that are open. `exemptResourceIds` and `exemptionTag` exempt that one account, and so all.
//!
//! Not evaluated: the management account, which no service control policy reaches; accounts that nobody can use (suspended, closed,
//! or not yet activated); which key, subnet or group a request names. Nor requests that may be right without the key, so that nobody can deny them:
//! `CreateMonitoringSchedule` and `UpdateMonitoringSchedule` (a schedule that names a job definition says nothing itself), volumes of
//! `CreateLabelingJob` (only automated labeling has one), network and isolation of `CreateEndpointConfig` (the model says them), the
//! network of `CreateDomain` beside its access type, `UpdateCluster`; nor `CreateJob`, whose document is different for each category of
//! jobs, so that a key may have no place in it. The rules about the resources themselves see those.
//!
//! ## Why it matters
//! The other rules see a resource that is not as it should be when it is there; a service control policy keeps it from being made, and
//! no administrator of the account can take it back. An account that was moved to another unit, a policy that names one action
//! and not the next (`UpdateDomain` beside `CreateDomain`), or one condition too many leaves the platform open without any error.
//!
//! ## Verdicts
//! * `COMPLIANT`: in every member account in use, all requests of all guardrails are denied. If that shuts out jobs on instance types
//!   with local storage, which take no key for their volumes, it says so.
//! * `NON_COMPLIANT`: in an account, a request that a guardrail is about is not denied.
//! * `NON_COMPLIANT`: service control policies are not enabled on the root, so that none is enforced; or the organization has
//!   consolidated billing only, which has no such policies.
//! * `NON_COMPLIANT`: the account is in no organization.
//! * `NOT_APPLICABLE`: the organization has no account in use beside the management account.
//! * Undecided, reported to Security Hub only, and an error of the function: whether a request is denied rests on a policy or a
//!   condition that could not be read or that is not understood (numbers, dates, addresses, policy variables, patterns of instance types
//!   that none is known for), and no account is open for certain; or the organization could not be read, as in a member account that may
//!   not. A denied call says nothing about the policies.
//!
//! ## How to fix
//! Attach service control policies to the root or to the unit above the accounts. For a key that may not be left out, deny with
//! `"Null": {"sagemaker:VolumeKmsKeyArn": "true"}`; for a truth value with `"BoolIfExists": {"sagemaker:NetworkIsolation": "false"}`; for a word
//! with `"StringNotEquals": {"sagemaker:AppNetworkAccessType": "VpcOnly"}`, which also matches a request without the key, on `CreateDomain`,
//! and with `"StringEquals": {"sagemaker:AppNetworkAccessType": "PublicInternetOnly"}` on `UpdateDomain`, which may leave it out. Let instance types with local storage out of `volume-kms` with
//! `"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": ["ml.g5.*", ...]}` beside the `Null`, in a statement for training, tuning, processing
//! and transform jobs, job definitions and endpoint configurations only: `AutoML` jobs and domains name no types, and notebook instances are
//! not let out.
//!
//! To run it elsewhere than in the management account, register an account as delegated administrator of a service, or attach a
//! resource-based delegation policy to the organization (`organizations:PutResourcePolicy`) that allows the account what the rule calls.
//!
//! ## References
//! * AWS Organizations User Guide, "Service control policies (SCPs)", "SCP evaluation", "SCP syntax", "Resource-based policy examples for
//!   AWS Organizations"; IAM User Guide, "IAM JSON policy elements: Condition operators", "Multivalued context keys".
//! * Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker".
//! * Neither AWS Config nor Security Hub has such a control. Prowler's `organizations_scp_check_deny_regions` looks for denied Regions.

mod guardrails;

use guardrails::{GUARDRAILS, Guarded, Guardrail, Judged};
use organizations::{Member, Organization, ServiceControl};
use rule::{
    Context, Deployed, Fact, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation,
    Requirements, Rule, Severity, Trigger, Values, Verdict,
};

/// The rule.
#[derive(Debug)]
pub struct ScpSagemakerGuardrails;

/// The rule's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// What has to be denied.
    guardrails: Vec<Guardrail>,
}

const META: Metadata = Metadata {
    name: "scp-sagemaker-guardrails",
    version: env!("CARGO_PKG_VERSION"),
    summary: "Service control policies should deny insecure SageMaker requests in every account",
    severity: Severity::Medium,
    resource_types: &["AWS::::Account"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::Administrator,
    parameters: &[ParameterSpec {
        name: "guardrails",
        default: "",
        values: Values::List,
        about: "the guardrails to look for, all by default: `volume-kms`, `output-kms`, `inter-container-encryption`, \
                `network-isolation`, `vpc`, `direct-internet-access`, `app-network-access-type`, `root-access`",
    }],
    iam_actions: &[
        "organizations:DescribeOrganization",
        "organizations:DescribePolicy",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListPoliciesForTarget",
        "organizations:ListRoots",
        "organizations:ListTagsForResource",
    ],
    requirements: &[
        Requirements {
            framework: "NIST.800-53.r5",
            ids: &["AC-3", "AC-4", "AC-6", "SC-7", "SC-8", "SC-28(1)"],
            provenance: Provenance::Inferred,
        },
        Requirements { framework: "ISO 27001:2022", ids: &["A.8.20", "A.8.24"], provenance: Provenance::Inferred },
    ],
    remediation: Remediation {
        text: "Attach service control policies to the root or to the unit above the named accounts that deny the named actions without \
               conditions but the guardrail's own: Null true for a key that may not be left out, as sagemaker:VolumeKmsKeyArn or \
               OutputKmsKeyArn (their names without Arn are deprecated), BoolIfExists false for a truth value. \
               Enable service control policies on the root if they are not.",
        url: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html",
    },
};

impl Rule for ScpSagemakerGuardrails {
    const META: Metadata = META;
    type Facts = ServiceControl;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let named = given.list("guardrails");
        let find = |name: &String| GUARDRAILS.iter().find(|(known, _)| known == name).map(|(_, guardrail)| *guardrail);
        let guardrails: Option<Vec<_>> = named.iter().map(find).collect();
        match guardrails {
            Some(guardrails) if guardrails.is_empty() => {
                Ok(Params { guardrails: GUARDRAILS.map(|(_, guardrail)| guardrail).to_vec() })
            }
            Some(guardrails) => Ok(Params { guardrails }),
            None => {
                let known = GUARDRAILS.map(|(name, _)| format!("`{name}`")).join(", ");
                let allowed = format!("a list of {known}");
                Err(ParameterError::Value { name: "guardrails", value: named.join(","), allowed })
            }
        }
    }

    fn decide(control: &ServiceControl, params: &Params, _: Context<'_>) -> Verdict {
        match control {
            ServiceControl::On(organization) => judge(organization, params),
            ServiceControl::NoOrganization => Verdict::non_compliant(
                "the account is in no organization, so no service control policy denies anything",
            ),
            ServiceControl::BillingOnly => Verdict::non_compliant(
                "the organization has consolidated billing only, which has no service control policies; enable all features",
            ),
            ServiceControl::Off => Verdict::non_compliant(
                "service control policies are not enabled on the organization's root, so none is enforced",
            ),
        }
    }
}

fn judge(organization: &Organization, params: &Params) -> Verdict {
    let members: Vec<_> = organization.members.iter().filter(|of| of.is_active != Fact::Known(false)).collect();
    if members.is_empty() {
        return Verdict::not_applicable(
            "the organization has no account in use beside the management account, which no service control policy reaches",
        );
    }
    let (mut open, mut unknown, mut shut_out) = (Vec::new(), Vec::new(), Vec::new());
    for member in &members {
        let judged = Judged::new(organization, member);
        let guarded: Vec<_> = params.guardrails.iter().map(|guardrail| (*guardrail, judged.by(*guardrail))).collect();
        let is_open = guarded.iter().any(|(_, guarded)| !guarded.open.is_empty());
        let why = guarded
            .iter()
            .find_map(|(guardrail, guarded)| Some(format!("{}: {}", guardrail.name(), guarded.unknown.as_ref()?)));
        match (&member.is_active, is_open, why) {
            (Fact::Known(_), true, _) => {
                let is_bare = guarded.iter().all(|(_, guarded)| guarded.open.is_empty() || guarded.is_missing());
                open.push((is_bare, label(member), gaps(&guarded)));
            }
            (Fact::Absent, true, _) => unknown.push((label(member), "whether it is in use was not said".to_owned())),
            (Fact::Unread(reason), true, _) => unknown.push((label(member), reason.clone())),
            (_, false, Some(why)) => unknown.push((label(member), why)),
            (_, false, None) if params.guardrails.contains(&Guardrail::VolumeKms) => {
                let families = judged.families_shut_out();
                if !families.is_empty() {
                    shut_out.push((label(member), families));
                }
            }
            (_, false, None) => {}
        }
    }
    let of = |count: usize| match members.len() {
        1 => "the one member account".to_owned(),
        all => format!("{count} of {all} member accounts"),
    };
    // A gap in what is denied is told before what is not denied at all, which is easier to see.
    open.sort_by_key(|(is_bare, ..)| *is_bare);
    if let Some((_, first, gaps)) = open.first() {
        let lacks = if open.len() == 1 { "lacks" } else { "lack" };
        return Verdict::non_compliant(format!(
            "{} {lacks} guardrails: {}{gaps}",
            of(open.len()),
            names(open.iter().map(|(_, label, _)| label.as_str()), first)
        ));
    }
    if let Some((first, why)) = unknown.first() {
        let labels = names(unknown.iter().map(|(label, _)| label.as_str()), first);
        return Verdict::undecided(format!("whether {} may be open is not known: {labels}{why}", of(unknown.len())));
    }
    match shut_out.first() {
        None => Verdict::COMPLIANT,
        Some((_, families)) => {
            let shown = families.iter().take(3).map(|family| format!("ml.{family}")).collect::<Vec<_>>().join(", ");
            let more = families.len().saturating_sub(3);
            let more = if more == 0 { String::new() } else { format!(" and {more} more families") };
            Verdict::compliant_but(format!(
                "volume-kms shuts out jobs on instance types with local storage, which take no key ({shown}{more}), in {}",
                of(shut_out.len())
            ))
        }
    }
}

fn label(member: &Member) -> String {
    match &member.name {
        Some(name) => format!("{name} ({})", member.id),
        None => member.id.clone(),
    }
}

/// The accounts, and of which one is told what follows.
fn names<'a>(labels: impl Iterator<Item = &'a str>, first: &str) -> String {
    const ROOM: usize = 3;
    let labels: Vec<_> = labels.collect();
    if labels.len() == 1 {
        return format!("{first}: ");
    }
    let more = labels.len().saturating_sub(ROOM);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}; the first: ", labels.into_iter().take(ROOM).collect::<Vec<_>>().join(", "))
}

/// What is open in an account, in words.
fn gaps(guarded: &[(Guardrail, Guarded)]) -> String {
    let (missing, part): (Vec<_>, Vec<_>) =
        guarded.iter().filter(|(_, of)| !of.open.is_empty()).partition(|(_, guarded)| guarded.is_missing());
    let mut said = Vec::new();
    for (guardrail, Guarded { open, .. }) in part {
        let first = &open[0];
        let exempt = match first.exempt.as_slice() {
            [] => String::new(),
            keys => format!(" (exempt by {})", keys.join(", ")),
        };
        let mut actions: Vec<_> = open.iter().map(|opening| opening.action.as_str()).collect();
        actions.dedup();
        let more = match actions.len() - 1 {
            0 => String::new(),
            1 => " and one more action".to_owned(),
            more => format!(" and {more} more actions"),
        };
        said.push(format!("{} leaves open {} {}{exempt}{more}", guardrail.name(), first.action, first.how));
    }
    if !missing.is_empty() {
        let missing: Vec<_> = missing.iter().map(|(guardrail, _)| guardrail.name()).collect();
        said.push(format!("nothing denies {}", missing.join(", ")));
    }
    said.join("; ")
}

#[cfg(test)]
mod tests;
