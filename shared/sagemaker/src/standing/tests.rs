use super::*;
use crate::{Instances, JobPart, NetworkAccess, Uses};

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn place(subnets: &[&str], security_groups: &[&str]) -> Stands {
    Stands { place: Place::new(&ids(subnets), &ids(security_groups)), unknown: None }
}

/// It stands in these subnets, and nobody knows what else it has.
fn but(subnets: &[&str], unknown: &str) -> Stands {
    Stands { unknown: Some(unknown.to_owned()), ..place(subnets, &[]) }
}

const NO_GROUPS: &str = "it has subnets, and its security groups were not sent";

#[test]
fn where_a_notebook_instance_stands() {
    let of = |status, subnet, groups: &[&str]| {
        of_notebook(&Notebook {
            status,
            direct_internet_access: Fact::Absent,
            root_access: Fact::Absent,
            subnet,
            security_groups: ids(groups),
            kms_key: Fact::Absent,
            details: Vec::new(),
        })
    };
    let subnet = || Fact::Known("subnet-1".to_owned());
    for status in [NotebookStatus::Present, NotebookStatus::Failed] {
        assert_eq!(of(Fact::Known(status), subnet(), &["sg-1", "sg-1"]), place(&["subnet-1"], &["sg-1"]));
    }
    assert_eq!(of(Fact::Absent, subnet(), &["sg-1"]), place(&["subnet-1"], &["sg-1"]), "unless it is surely going");
    assert_eq!(of(Fact::Known(NotebookStatus::Deleting), subnet(), &["sg-1"]), place(&[], &[]));
    assert_eq!(of(Fact::Known(NotebookStatus::Present), Fact::Absent, &[]), place(&[], &[]));
    assert_eq!(of(Fact::Known(NotebookStatus::Present), subnet(), &[]), but(&["subnet-1"], NO_GROUPS));
    assert_eq!(of(Fact::Absent, Fact::Unread("why".to_owned()), &[]), but(&[], "why"));
}

#[test]
fn where_a_domain_stands() {
    let of = |status, subnets, groups: &[&str]| {
        of_domain(&Domain {
            status: Fact::Known(status),
            kms_key: Fact::Absent,
            network_access: Fact::Known(NetworkAccess::VpcOnly),
            subnets,
            security_groups: ids(groups),
            details: Vec::new(),
        })
    };
    let subnets = || Fact::Known(ids(&["subnet-1", "subnet-2"]));
    let both = place(&["subnet-1", "subnet-2"], &["sg-1"]);
    assert_eq!(of(DomainStatus::Present, subnets(), &["sg-1"]), both);
    assert_eq!(of(DomainStatus::Failed, subnets(), &["sg-1"]), both);
    assert_eq!(of(DomainStatus::Stuck, subnets(), &["sg-1"]), both);
    assert_eq!(of(DomainStatus::Deleting, subnets(), &["sg-1"]), place(&[], &[]));
    assert_eq!(of(DomainStatus::Present, subnets(), &[]), place(&["subnet-1", "subnet-2"], &[]));
    assert_eq!(of(DomainStatus::Present, Fact::Absent, &[]), place(&[], &[]));
    assert_eq!(of(DomainStatus::Present, Fact::Unread("why".to_owned()), &[]), but(&[], "why"));
}

#[test]
fn where_a_model_stands() {
    let of = |subnets, groups: &[&str]| {
        of_model(&Model {
            subnets,
            security_groups: ids(groups),
            isolated: false,
            containers: Vec::new(),
            uses: Uses::default(),
            created_at: None,
            details: Vec::new(),
        })
    };
    assert_eq!(of(Fact::Known(ids(&["subnet-1"])), &["sg-1"]), place(&["subnet-1"], &["sg-1"]));
    assert_eq!(of(Fact::Known(ids(&["subnet-1"])), &[]), but(&["subnet-1"], NO_GROUPS));
    assert_eq!(of(Fact::Absent, &[]), place(&[], &[]));
    assert_eq!(of(Fact::Unread("why".to_owned()), &["sg-1"]), but(&[], "why"));
}

#[test]
fn where_a_job_stands() {
    let part = |subnets, groups: &[&str]| JobPart {
        name: None,
        instances: Instances::Untold,
        volume_key: Setting::Absent,
        output_keys: Vec::new(),
        encrypts_traffic: Setting::Absent,
        isolated: Setting::Absent,
        subnets,
        security_groups: ids(groups),
    };
    let of =
        |status, parts| of_job(&Job { kind: JobKind::Tuning, status, parents: Vec::new(), parts, details: Vec::new() });
    let running = || Fact::Known(JobStatus::Running);
    let parts = |parts: &[JobPart]| Fact::Known(parts.to_vec());
    let (one, two) =
        (part(Setting::Is(ids(&["subnet-1"])), &["sg-1"]), part(Setting::Is(ids(&["subnet-2"])), &["sg-1"]));
    let both = place(&["subnet-1", "subnet-2"], &["sg-1"]);
    assert_eq!(of(running(), parts(&[one.clone(), two.clone()])), both);
    assert_eq!(of(Fact::Unread("new".to_owned()), parts(&[one.clone(), two])), both, "unless it is surely over");
    assert_eq!(of(Fact::Known(JobStatus::Over), parts(std::slice::from_ref(&one))), place(&[], &[]));
    assert_eq!(of(Fact::Known(JobStatus::Deleting), parts(&[one])), place(&[], &[]));
    for none in [Setting::Absent, Setting::Moot("none".to_owned())] {
        assert_eq!(of(running(), parts(&[part(none, &[])])), place(&[], &[]));
    }
    assert_eq!(of(running(), parts(&[part(Setting::Is(ids(&["subnet-1"])), &[])])), but(&["subnet-1"], NO_GROUPS));
    assert_eq!(of(running(), parts(&[part(Setting::Unread("why".to_owned()), &[])])), but(&[], "why"));
    let unread = part(Setting::Unread("why".to_owned()), &[]);
    let known = Stands { unknown: Some("why".to_owned()), ..place(&["subnet-1"], &["sg-1"]) };
    assert_eq!(of(running(), parts(&[part(Setting::Is(ids(&["subnet-1"])), &["sg-1"]), unread])), known);
    assert_eq!(of(running(), Fact::Absent), place(&[], &[]));
    assert_eq!(of(running(), Fact::Unread("why".to_owned())), but(&[], "why"));
}

#[test]
fn what_sagemaker_does_not_offer_in_a_region_is_nowhere() {
    let unknown = "sagemaker:ListLabelingJobs failed: UnknownOperationException: The requested operation is not supported in the \
                   called region.";
    assert!(!is_offered(unknown));
    assert!(is_offered("sagemaker:ListLabelingJobs failed: AccessDeniedException: no"));
}
