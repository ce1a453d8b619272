use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

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
    /// The connection is closed in the middle of the answer's body.
    CutOff,
    /// The answer stops in the middle of its body, and the connection stays.
    Stalled,
    /// The answer is neither JSON nor XML.
    Garbled,
    /// Nothing comes for this long; then the answer.
    Silent(Duration),
    /// This answer comes instead.
    Instead(Answer),
    /// The true answer comes, changed.
    Patched(Patch),
}

/// Changes the text of an answer.
type Patch = Arc<dyn Fn(String) -> String + Send + Sync>;

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
            Self::Stalled => f.write_str("Stalled"),
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
    after: u32,
    times: u32,
}

impl When {
    /// Every call of this operation.
    #[must_use]
    pub fn calls(operation: &str) -> Self {
        Self { operation: operation.to_owned(), mentions: None, after: 0, times: u32::MAX }
    }

    /// Only those whose body has this text.
    #[must_use]
    pub fn mentioning(mut self, text: &str) -> Self {
        self.mentions = Some(text.to_owned());
        self
    }

    /// Not the first so many of them.
    #[must_use]
    pub const fn after(mut self, calls: u32) -> Self {
        self.after = calls;
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
pub(crate) struct Faults(Vec<SetUp>);

#[derive(Debug)]
struct SetUp {
    place: Place,
    when: When,
    fault: Fault,
    /// It came with the copy, and stays as long as that.
    copied: bool,
}

impl Faults {
    pub(crate) fn add(&mut self, place: &Place, when: When, fault: Fault) {
        self.0.push(SetUp { place: place.clone(), when, fault, copied: false });
    }

    pub(crate) fn clear(&mut self, place: &Place) {
        self.0.retain(|set_up| set_up.place != *place || set_up.copied);
    }

    pub(crate) fn forget(&mut self, place: &Place) {
        self.0.retain(|set_up| set_up.place != *place);
    }

    pub(crate) fn copy(&mut self, place: &Place, copy: &Place) {
        let of_place = self.0.iter().filter(|set_up| set_up.place == *place);
        let copied = of_place.map(|SetUp { when, fault, .. }| SetUp {
            place: copy.clone(),
            when: when.clone(),
            fault: fault.clone(),
            copied: true,
        });
        let copied: Vec<_> = copied.collect();
        self.0.extend(copied);
    }

    /// What strikes this call, which counts as struck.
    pub(crate) fn strike(&mut self, call: &Call) -> Struck {
        let body = String::from_utf8_lossy(&call.body);
        let mut struck = Struck::default();
        for SetUp { place, when, fault, .. } in &mut self.0 {
            let meant = *place == call.place
                && when.operation == call.operation
                && when.mentions.as_ref().is_none_or(|text| body.contains(text.as_str()));
            if !meant || when.times == 0 {
                continue;
            }
            if when.after > 0 {
                when.after -= 1;
                continue;
            }
            match fault {
                Fault::Patched(patch) => struck.patches.push(Arc::clone(patch)),
                Fault::Instead(answer) if struck.instead.is_none() => struck.instead = Some(answer.clone()),
                fault if !matches!(fault, Fault::Instead(_)) && struck.failure.is_none() => {
                    struck.failure = Some(fault.clone());
                }
                _ => continue,
            }
            when.times -= 1;
        }
        struck
    }
}

/// What strikes a call: the first failure, the first other answer, and every patch of it.
#[derive(Default)]
pub(crate) struct Struck {
    pub(crate) failure: Option<Fault>,
    pub(crate) instead: Option<Answer>,
    pub(crate) patches: Vec<Patch>,
}

/// How many requests a second a place allows: a token bucket that holds as many as a second brings.
#[derive(Debug)]
pub(crate) struct Quota {
    per_second: f64,
    tokens: f64,
    filled_at: Instant,
}

impl Quota {
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = per_second.into();
        Self { per_second, tokens: per_second, filled_at: Instant::now() }
    }

    /// Whether one more request is within it.
    pub(crate) fn allows(&mut self) -> bool {
        let now = Instant::now();
        let filled = now.duration_since(self.filled_at).as_secs_f64() * self.per_second;
        (self.tokens, self.filled_at) = ((self.tokens + filled).min(self.per_second), now);
        let allowed = self.tokens >= 1.0;
        self.tokens -= if allowed { 1.0 } else { 0.0 };
        allowed
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
    // Some speak REST, where a denial is a 403; the JSON protocol's is a 400.
    let status = if ["codeartifact", "securityhub"].contains(&call.service.as_str()) { 403 } else { 400 };
    Answer::error(status, "AccessDeniedException", &message)
}

/// How AWS throttles, in the protocol of the service.
pub(crate) fn throttled(call: &Call) -> Answer {
    match call.service.as_str() {
        "securityhub" => Answer::error(429, "TooManyRequestsException", "Too Many Requests"),
        "codeartifact" => Answer::error(429, "ThrottlingException", "Rate exceeded"),
        // Amazon EC2 API Reference, "Request throttling".
        "ec2" => Answer::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."),
        _ => Answer::error(400, "ThrottlingException", "Rate exceeded"),
    }
}
