use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;

use crate::{Answer, Call, Place};

/// Something that goes wrong with a call, on purpose.
#[derive(Clone)]
pub enum Fault {
    /// IAM does not allow it.
    Denied,
    /// AWS throttles it.
    Throttled,
    /// AWS fails with this HTTP status.
    Broken(u16),
    /// The connection is closed without an answer.
    Reset,
    /// The answer ends in the middle of its body.
    CutOff,
    /// The answer is not JSON.
    Garbled,
    /// Nothing comes for this long; then the answer.
    Silent(Duration),
    /// This answer comes instead.
    Instead(Answer),
    /// The true answer comes, changed.
    Patched(Arc<dyn Fn(String) -> String + Send + Sync>),
}

impl Fault {
    /// The true answer comes, its JSON changed by `patch`.
    ///
    /// # Panics
    /// When it strikes an answer that is no JSON.
    pub fn patch(patch: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::rewrite(move |text| match serde_json::from_str(&text) {
            Ok(mut value) => {
                patch(&mut value);
                value.to_string()
            }
            // A patch that changes nothing would let a test pass for nothing.
            Err(error) => panic!("a patch of an answer that is no JSON ({error}): {text}"),
        })
    }

    /// The true answer comes, its text changed by `rewrite`.
    pub fn rewrite(rewrite: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        Self::Patched(Arc::new(rewrite))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("Denied"),
            Self::Throttled => f.write_str("Throttled"),
            Self::Broken(status) => write!(f, "Broken({status})"),
            Self::Reset => f.write_str("Reset"),
            Self::CutOff => f.write_str("CutOff"),
            Self::Garbled => f.write_str("Garbled"),
            Self::Silent(time) => write!(f, "Silent({time:?})"),
            Self::Instead(answer) => write!(f, "Instead({})", answer.status()),
            Self::Patched(_) => f.write_str("Patched"),
        }
    }
}

/// Which calls a fault strikes.
#[derive(Clone, Debug)]
pub struct When {
    operation: String,
    mentions: Option<String>,
    times: u32,
}

impl When {
    /// Every call of this operation.
    #[must_use]
    pub fn calls(operation: &str) -> Self {
        Self { operation: operation.to_owned(), mentions: None, times: u32::MAX }
    }

    /// Only those whose body has this text.
    #[must_use]
    pub fn mentioning(mut self, text: &str) -> Self {
        self.mentions = Some(text.to_owned());
        self
    }

    /// Only this many of them.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
}

/// The faults that are set up.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Place, When, Fault)>);

impl Faults {
    pub(crate) fn add(&mut self, place: &Place, when: When, fault: Fault) {
        self.0.push((place.clone(), when, fault));
    }

    pub(crate) fn clear(&mut self, place: &Place) {
        self.0.retain(|(other, ..)| other != place);
    }

    /// The first fault that strikes this call, which counts as struck.
    pub(crate) fn strike(&mut self, call: &Call) -> Option<Fault> {
        let body = String::from_utf8_lossy(&call.body);
        for (place, when, fault) in &mut self.0 {
            let meant = *place == call.place
                && when.operation == call.operation
                && when.mentions.as_ref().is_none_or(|text| body.contains(text.as_str()));
            if !meant || when.times == 0 {
                continue;
            }
            when.times -= 1;
            return Some(fault.clone());
        }
        None
    }
}

/// How AWS says that a caller may not do this, in the protocol of the service.
pub(crate) fn denied(call: &Call) -> Answer {
    if call.service == "ec2" {
        // Terraform's AWS provider and boto3's issues show this code and status.
        return Answer::ec2_error(
            403,
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. User is not authorized",
        );
    }
    let Place { account, .. } = &call.place;
    let action = call.action();
    let message = format!(
        "User: arn:aws:sts::{account}:assumed-role/rule/function is not authorized to perform: {action} because no \
         identity-based policy allows the {action} action"
    );
    // Security Hub speaks REST, where a denial is a 403; the JSON protocol's is a 400.
    let status = if call.service == "securityhub" { 403 } else { 400 };
    Answer::error(status, "AccessDeniedException", &message)
}

/// How AWS throttles, in the protocol of the service.
pub(crate) fn throttled(call: &Call) -> Answer {
    match call.service.as_str() {
        "securityhub" => Answer::error(429, "TooManyRequestsException", "Too Many Requests"),
        // Amazon EC2 API Reference, "Request throttling".
        "ec2" => Answer::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."),
        _ => Answer::error(400, "ThrottlingException", "Rate exceeded"),
    }
}
