use lambda_runtime::Diagnostic;
use rule::ParameterError;

/// Why an invocation ended in an error. Its kind is the `errorType` that Lambda, alarms and dashboards see, so the names
/// are part of the public interface.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The event is not one that AWS Config sends. Nothing was reported.
    #[error("invalid event: {0}")]
    InvalidEvent(String),
    /// A rule parameter has no meaning or a value that is not allowed. Nothing was reported.
    #[error("invalid parameter: {0}")]
    InvalidParameter(#[from] ParameterError),
    /// An environment variable of the function has a value that is not allowed. Nothing was reported.
    #[error("invalid setting: {0}")]
    InvalidSetting(String),
    /// The run went through, but something was left unread or unsaid. Everything else was reported.
    #[error("{}", sentences(.0))]
    Incomplete(Vec<Problem>),
}

/// Something that a run left unread or unsaid. The first kind here that happened names the error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Problem {
    /// Verdicts that AWS Config did not take.
    #[error("{count} of the evaluations could not be recorded in AWS Config: {reason}")]
    EvaluationsNotRecorded {
        /// How many.
        count: usize,
        /// What Config said of the first.
        reason: String,
    },
    /// Config's names for the resources could not be read.
    #[error("AWS Config's inventory could not be read, so no resource could be named and nothing was reported: {0}")]
    InventoryUnread(String),
    /// The list of resources did not come to its end.
    #[error("the resources could not all be listed, so nothing was retired: {0}")]
    ListIncomplete(String),
    /// The function's time ran out.
    #[error(
        "the time was up before everything was {0}; what was decided by then is recorded, and the next run goes on"
    )]
    OutOfTime(&'static str),
    /// The function's time ran out before both ledgers had answered.
    #[error(
        "the time was up before AWS Config and Security Hub had answered; what they took is recorded, and the next run tells the rest"
    )]
    CutShort,
    /// Resources that could not be judged.
    #[error("{count} resources could not be judged and keep their last result; the first is {first}: {reason}")]
    ResourcesUndecided {
        /// How many.
        count: usize,
        /// What to call the first of them.
        first: String,
        /// Why it could not be judged.
        reason: String,
    },
    /// What AWS Config or its inventory holds could not be read, so results of vanished resources stay.
    #[error("what AWS Config holds could not be read, so results of vanished resources stay: {0}")]
    ResultsUnread(String),
    /// Security Hub did not take what it should have.
    #[error("Security Hub is behind: {0}")]
    FindingsNotRecorded(String),
}

impl Error {
    /// The stable `errorType`.
    fn kind(&self) -> &'static str {
        match self {
            Self::InvalidEvent(_) => "InvalidEvent",
            Self::InvalidParameter(_) => "InvalidParameter",
            Self::InvalidSetting(_) => "InvalidSetting",
            Self::Incomplete(problems) => match problems.iter().min() {
                Some(Problem::EvaluationsNotRecorded { .. }) => "EvaluationsNotRecorded",
                Some(Problem::InventoryUnread(_)) => "InventoryUnread",
                Some(Problem::ListIncomplete(_)) => "ListIncomplete",
                Some(Problem::OutOfTime(_) | Problem::CutShort) => "OutOfTime",
                Some(Problem::ResourcesUndecided { .. }) => "ResourcesUndecided",
                Some(Problem::ResultsUnread(_)) => "ResultsUnread",
                Some(Problem::FindingsNotRecorded(_)) => "FindingsNotRecorded",
                None => "Incomplete",
            },
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.kind().to_owned(), error_message: error.to_string() }
    }
}

fn sentences(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
