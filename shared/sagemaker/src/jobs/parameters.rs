use rule::{Fact, ParameterError, ParameterSpec, Parameters, Values, Verdict};

use super::{Job, JobKind, JobPart, JobStatus};

/// What every rule on jobs takes: which jobs it judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobParameters {
    /// Kinds that are judged.
    pub kinds: Vec<JobKind>,
    /// Days since its creation for which a job is judged that is over.
    pub lookback_days: u32,
    /// Judge what another job started, too.
    pub report_children: bool,
}

/// The parameters of [`JobParameters`].
pub const JOB_PARAMETERS: [ParameterSpec; 3] = [
    ParameterSpec {
        name: "jobTypes",
        default: "",
        values: Values::List,
        about: "kinds of jobs to judge, all that have the setting unless given: `training`, `processing`, `transform`, `tuning`, \
                `automl`, `labeling`, `data-quality`, `model-quality`, `model-bias`, `model-explainability`, `monitoring-schedule`",
    },
    ParameterSpec {
        name: "lookbackDays",
        default: "30",
        values: Values::Number(1, 365),
        about: "for how many days after its creation a job is judged that is over, 1 to 365; what runs is always judged",
    },
    ParameterSpec {
        name: "reportChildJobs",
        default: "false",
        values: Values::Flag,
        about: "judge each job that a tuning, AutoML or labeling job or a monitoring schedule started, too; otherwise only that one",
    },
];

impl JobParameters {
    /// Takes the parameters of a rule about a setting that these kinds have.
    ///
    /// # Errors
    /// A kind that there is not or that does not have the setting, and any other value that is not allowed.
    pub fn take(given: &mut Parameters, kinds: &[JobKind]) -> Result<Self, ParameterError> {
        let [types, lookback, children] = JOB_PARAMETERS.map(|spec| spec.name);
        let mut wanted = Vec::new();
        for name in given.list(types) {
            let Some(kind) = kinds.iter().find(|kind| kind.short() == name) else {
                let allowed = kinds.iter().map(|kind| format!("`{}`", kind.short())).collect::<Vec<_>>().join(", ");
                return Err(ParameterError::Value { name: types, value: name, allowed });
            };
            if !wanted.contains(kind) {
                wanted.push(*kind);
            }
        }
        Ok(Self {
            kinds: if wanted.is_empty() { kinds.to_vec() } else { wanted },
            lookback_days: given.number(lookback, 1..=365)?.unwrap_or(30),
            report_children: given.flag(children, false)?,
        })
    }

    /// Judges a job by each of its parts, unless it is none that is judged: one part that fails is one too many.
    pub fn judge(&self, job: &Job, part: impl Fn(&JobPart) -> Verdict) -> Verdict {
        match &job.status {
            Fact::Known(JobStatus::Running | JobStatus::Over | JobStatus::Standing) => {}
            Fact::Known(JobStatus::Deleting) => return Verdict::not_applicable("the job is being deleted"),
            Fact::Absent => return Verdict::undecided("the answer has no status of the job"),
            Fact::Unread(reason) => return Verdict::undecided(reason),
        }
        // Only where the parent is judged: nobody else would say anything of this job.
        if let Some(parent) = job.parents.iter().find(|parent| self.kinds.contains(&parent.kind))
            && !self.report_children
        {
            return Verdict::not_applicable(format!("judged by what started it, {}", parent.arn));
        }
        let parts = match &job.parts {
            Fact::Known(parts) => parts,
            Fact::Absent => {
                return Verdict::not_applicable("its job definition does not exist, so it cannot start any job");
            }
            Fact::Unread(reason) => return Verdict::undecided(reason),
        };
        let verdicts = parts.iter().map(|of| named(of.name.as_deref(), part(of)));
        Verdict::gravest(verdicts)
            .unwrap_or_else(|| Verdict::undecided("DescribeHyperParameterTuningJob gave no training job definition"))
    }
}

fn named(name: Option<&str>, verdict: Verdict) -> Verdict {
    let (Some(name), Some(reason)) = (name, verdict.reason()) else { return verdict };
    let reason = format!("definition {name}: {reason}");
    match verdict {
        Verdict::Compliant(_) => Verdict::compliant_but(reason),
        Verdict::NonCompliant(_) => Verdict::non_compliant(reason),
        Verdict::NotApplicable(_) => Verdict::not_applicable(reason),
        Verdict::Undecided(_) => Verdict::undecided(reason),
    }
}

#[cfg(test)]
mod tests;
