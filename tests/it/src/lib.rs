//! What the integration tests share: the list of all rules, and an account of its own for every test.

// Everything here runs in tests, where a panic is the way to fail.
#![allow(clippy::expect_used, clippy::missing_errors_doc, clippy::missing_panics_doc, clippy::unwrap_used)]

mod registry;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

pub use registry::registry;
use rule::{Metadata, ParameterError, Parameters, Rule, Timestamp, Trigger};
use sandbox::{
    Fault, FrontDoor, Function, Moto, Place, Python, When, account,
    config_service::ConfigRule,
    events::{self, Item},
    functions, landing_zone,
};
use serde_json::Value;

/// A rule as the tests know it.
#[derive(Clone, Copy)]
pub struct Registered {
    /// What it says of itself.
    pub meta: Metadata,
    /// Reads parameters as the rule does.
    pub read: fn(&mut Parameters) -> Result<(), ParameterError>,
}

fn registered<R: Rule>() -> Registered {
    Registered { meta: R::META, read: |given| R::params(given).map(drop) }
}

/// What every rule says of itself.
#[must_use]
pub fn rules() -> Vec<Metadata> {
    registry().into_iter().map(|rule| rule.meta).collect()
}

/// What a rule calls, as IAM actions in order. The front door lets its function call nothing else, and its role in the template allows
/// the same.
#[must_use]
pub fn role(meta: &Metadata) -> Vec<String> {
    // Rules about jobs keep in the account's own result how far they came.
    let of_jobs = meta.name.starts_with("sagemaker-job-");
    // Types that AWS Config records and that a rule may report on without waiting for a change of them.
    let is_recorded = meta.resource_types.iter().any(|of| RECORDED.contains(of));
    let reporting = [
        Some("config:GetComplianceDetailsByConfigRule"),
        of_jobs.then_some("config:GetComplianceDetailsByResource"),
        // What AWS Config does not record is in no inventory; of job definitions and schedules it records some.
        (of_jobs || is_recorded || meta.triggers.contains(&Trigger::Change))
            .then_some("config:ListDiscoveredResources"),
        Some("config:PutEvaluations"),
        Some("securityhub:BatchImportFindings"),
        Some("securityhub:GetFindings"),
    ];
    let mut actions: Vec<_> =
        meta.iam_actions.iter().copied().chain(reporting.into_iter().flatten()).map(str::to_owned).collect();
    actions.sort();
    actions
}

/// See [`role`].
const RECORDED: [&str; 3] = ["AWS::CodeArtifact::Domain", "AWS::SageMaker::Domain", "AWS::SageMaker::NotebookInstance"];

/// What all tests of the process use: moto behind one front door, and the built functions.
pub struct Shared {
    /// The front door.
    pub door: FrontDoor,
    /// The Python environment.
    pub python: Python,
    /// A file with one certificate. What a function trusts it reads when it starts, and here it talks to nobody who would show one.
    pub certificate: PathBuf,
    /// Programs of the functions, by name.
    pub programs: BTreeMap<String, PathBuf>,
    /// It ends with the process.
    _moto: Moto,
}

/// Sets everything up on first use. It lives on threads of its own, since each test's runtime ends with the test.
#[must_use]
pub fn shared() -> &'static Shared {
    static SHARED: LazyLock<Shared> = LazyLock::new(|| {
        let runtime = Box::leak(Box::new(tokio::runtime::Runtime::new().expect("a runtime")));
        let start = || {
            runtime.block_on(async {
                let programs = functions::build(&[], |_| ()).expect("the functions build");
                let target = functions::target().expect("tests run from the target folder");
                let python = Python::set_up(&target, |_| ()).expect("Python is set up");
                let moto = Moto::start(&python).await.expect("moto starts");
                let (door, _) = FrontDoor::open(moto.address()).await.expect("the front door opens");
                for meta in rules() {
                    door.role(meta.name, role(&meta));
                }
                let certificate = target.join("certificate.pem");
                let all = std::fs::read_to_string(certificates(&python)).expect("Python has certificates");
                let first = all.split_inclusive("-----END CERTIFICATE-----").next().expect("at least one");
                std::fs::write(&certificate, first).expect("the target folder can be written");
                Shared { door, python, certificate, programs, _moto: moto }
            })
        };
        std::thread::scope(|scope| scope.spawn(start).join().expect("the sandbox starts"))
    });
    &SHARED
}

/// The certificates that Python's packages bring.
fn certificates(python: &Python) -> PathBuf {
    let mut found = std::fs::read_dir(python.programs().join("../lib")).expect("Python has a library").flatten();
    let folder = found.find(|entry| entry.file_name().to_string_lossy().starts_with("python")).expect("of a version");
    folder.path().join("site-packages/certifi/cacert.pem")
}

/// A copy of an account in an organization that has something of everything. It is for reading: what would be created in it, all copies
/// had.
pub async fn everything(region: &str) -> Place {
    static FILLED: tokio::sync::Mutex<BTreeMap<String, Place>> = tokio::sync::Mutex::const_new(BTreeMap::new());
    let (mut filled, door) = (FILLED.lock().await, &shared().door);
    if !filled.contains_key(region) {
        let place = Place::new("987654321098", region);
        landing_zone::fill(door, &place).await.expect("moto creates it");
        account::organization(door, &place).await.expect("moto creates it");
        let root = account::root(door, &place).await.expect("moto names it");
        landing_zone::guardrails::guard(door, &place, &root).await.expect("moto creates it");
        // Copies of a copy share what was answered in any of them.
        filled.insert(region.to_owned(), door.copy(&place));
    }
    door.copy(&filled[region])
}

/// An account of a test's own, with one rule deployed in it.
pub struct Account {
    /// Where it is.
    pub place: Place,
    /// The rule in AWS Config.
    pub rule: ConfigRule,
    /// The function, once something was sent to it.
    pub function: Function,
    program: String,
    variables: Vec<(&'static str, String)>,
    events: u32,
}

impl Account {
    /// An empty account with `rule` in it.
    pub async fn new(rule: &str) -> Self {
        Self::with(rule, "", &[]).await
    }

    /// An empty account with `rule` in it, with rule parameters (a JSON object) and variables of the function.
    pub async fn with(rule: &str, parameters: &str, variables: &[(&'static str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let place = Place::new(&format!("{:012}", 100_000_000 + NEXT.fetch_add(1, Ordering::Relaxed)), "eu-west-1");
        Self::at(place, rule, parameters, variables).await
    }

    /// The same for an account that there is already, such as a member of an organization.
    pub async fn at(place: Place, rule: &str, parameters: &str, variables: &[(&'static str, &str)]) -> Self {
        let shared = shared();
        let mut environment = functions::environment(rule, &place, &shared.door);
        environment.push(("MAX_REQUESTS_PER_SECOND", "0".to_owned()));
        environment.push(("AWS_LAMBDA_LOG_LEVEL", "DEBUG".to_owned()));
        environment.push(("SSL_CERT_FILE", shared.certificate.display().to_string()));
        environment.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Self {
            function: Function::start(&shared.programs[rule], &environment).await.expect("the function starts"),
            rule: account::deploy(&shared.door, &place, rule, parameters),
            place,
            program: rule.to_owned(),
            variables: environment,
            events: 0,
        }
    }

    /// One more process of the same function.
    pub async fn environment(&self) -> Function {
        Function::start(&shared().programs[&self.program], &self.variables).await.expect("the function starts")
    }

    /// Puts a new process in the place of the function's, as Lambda does when one has ended.
    pub async fn restart(&mut self) {
        self.function = self.environment().await;
    }

    /// Sets a variable of the function, which is deployed anew with it.
    pub async fn set(&mut self, variable: &'static str, value: &str) {
        self.variables.push((variable, value.to_owned()));
        self.restart().await;
    }

    /// Creates a notebook instance.
    pub async fn notebook(&self, name: &str, settings: Value) -> Item {
        account::create_notebook(&shared().door, &self.place, name, settings).await.expect("moto creates it")
    }

    /// Creates notebook instances that have direct internet access or not.
    pub async fn notebooks(&self, notebooks: &[(&str, &str)]) {
        for (name, access) in notebooks {
            self.notebook(name, serde_json::json!({"DirectInternetAccess": access})).await;
        }
    }

    /// Creates an endpoint that hosts inference components, `(name, model)`, on two instances, with models that there are.
    pub async fn components(&self, endpoint: &str, components: &[(&str, &str)]) {
        account::create_components(&shared().door, &self.place, endpoint, components).await.expect("moto creates it");
    }

    /// Lets something go wrong.
    pub fn fault(&self, when: When, fault: Fault) {
        shared().door.fault(&self.place, when, fault);
    }

    /// Lets everything go right again.
    pub fn no_faults(&self) {
        shared().door.no_faults(&self.place);
    }

    /// Looks at or changes what the account holds.
    pub fn state<T>(&self, act: impl FnOnce(&mut sandbox::PlaceState) -> T) -> T {
        shared().door.with(&self.place, act)
    }

    /// AWS Config invokes the rule on its schedule.
    pub async fn scheduled(&mut self) -> Result<Value, sandbox::Failure> {
        let (token, at) = self.next_event();
        self.invoke(&events::scheduled(&self.rule, &self.place, &token, &at)).await
    }

    /// AWS Config invokes the rule on its schedule, at this time.
    pub async fn scheduled_at(&mut self, at: Timestamp) -> Result<Value, sandbox::Failure> {
        self.scheduled_within(at, Duration::from_mins(1)).await
    }

    /// The same for a function that has only so much time.
    pub async fn scheduled_within(&mut self, at: Timestamp, timeout: Duration) -> Result<Value, sandbox::Failure> {
        let (token, _) = self.next_event();
        let event = events::scheduled(&self.rule, &self.place, &token, &at.to_string());
        self.function.invoke(event.to_string(), timeout).await
    }

    /// AWS Config invokes the rule on a change of `item`, which has this status.
    pub async fn change(&mut self, item: &Item, status: &str) -> Result<Value, sandbox::Failure> {
        let event = self.change_event(item, status);
        self.invoke(&event).await
    }

    /// The event of a change, for tests that change it.
    pub fn change_event(&mut self, item: &Item, status: &str) -> Value {
        let (token, at) = self.next_event();
        events::change(&self.rule, &self.place, &token, item, status, &at)
    }

    /// Sends an event, whatever it is.
    pub async fn invoke(&mut self, event: &Value) -> Result<Value, sandbox::Failure> {
        self.function.invoke(event.to_string(), Duration::from_mins(1)).await
    }

    /// Sends an event, and kills the process while it waits for the answer to this call of `action`, the first being 1.
    pub async fn killed_at(&mut self, event: &Value, action: &str, call: u32) -> Result<Value, sandbox::Failure> {
        let (_, operation) = action.split_once(':').expect("IAM names a service first");
        self.fault(When::calls(operation).after(call - 1), Fault::Silent(Duration::from_mins(5)));
        let (place, process) = (self.place.clone(), self.function.process().expect("it runs").to_string());
        let so_far = || shared().door.with(&place, |state| state.calls.iter().filter(|of| *of == action).count());
        let wanted = so_far() + call as usize;
        let killing = async {
            while so_far() < wanted {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let killed = tokio::process::Command::new("kill").args(["-9", &process]).status().await;
            assert!(killed.expect("there is a kill").success());
            std::future::pending().await
        };
        tokio::select! {
            result = self.invoke(event) => result,
            never = killing => never,
        }
    }

    /// A new result token, and the time.
    pub fn next_event(&mut self) -> (String, String) {
        self.events += 1;
        let token = format!("token-{}", self.events);
        self.state(|state| state.config.issue_token(&token, &self.rule.name));
        (token, sandbox::now().to_string())
    }

    /// What AWS Config holds: compliance by the last part of the resource's id.
    #[must_use]
    pub fn results(&self) -> BTreeMap<String, String> {
        let name = |id: &str| id.rsplit('/').next().unwrap().to_owned();
        self.state(|state| {
            let results = state.config.results().iter();
            results.map(|((_, _, id), kept)| (name(id), kept.compliance.clone())).collect()
        })
    }

    /// The annotation that AWS Config holds for a resource.
    #[must_use]
    pub fn annotation(&self, name: &str) -> String {
        self.state(|state| {
            let mut results = state.config.results().iter();
            let kept = results.find(|((_, _, id), _)| id.ends_with(name)).map(|(_, kept)| kept.annotation.clone());
            kept.flatten().unwrap_or_default()
        })
    }

    /// What Security Hub holds: status, with `archived` behind it where that is so, by the last part of the resource's ARN.
    #[must_use]
    pub fn findings(&self) -> BTreeMap<String, String> {
        let text = |finding: &Value, path: &str| finding.pointer(path).and_then(Value::as_str).unwrap().to_owned();
        self.state(|state| {
            let findings = state.security_hub.findings().iter().map(|finding| {
                let archived = if text(finding, "/RecordState") == "ARCHIVED" { " archived" } else { "" };
                let resource = text(finding, "/Resources/0/Id").rsplit('/').next().unwrap().to_owned();
                (resource, format!("{}{archived}", text(finding, "/Compliance/Status")))
            });
            findings.collect()
        })
    }

    /// What is kept of a resource: its verdict and why. What could not be decided has none, so that is read from its finding.
    #[must_use]
    pub fn kept(&self, name: &str) -> String {
        let kept = self.state(|state| {
            let mut results = state.config.results().iter();
            let about = results.find(|((_, _, id), _)| id.rsplit('/').next() == Some(name));
            about.map(|(_, kept)| format!("{} {}", kept.compliance, kept.annotation.as_deref().unwrap_or_default()))
        });
        if let Some(kept) = kept {
            return kept.trim().to_owned();
        }
        let finding = self.finding(name);
        assert_eq!(finding["Compliance"]["Status"], "NOT_AVAILABLE", "{name}");
        let description = finding["Description"].as_str().unwrap();
        let (_, words) = description.split_once(": could not be judged: ").expect("it says so");
        format!("undecided {words}")
    }

    /// The finding about a resource.
    #[must_use]
    pub fn finding(&self, name: &str) -> Value {
        let about = |finding: &&Value| finding["Resources"][0]["Id"].as_str().unwrap().ends_with(name);
        self.state(|state| state.security_hub.findings().iter().find(about).cloned().expect("there is one"))
    }

    /// The calls so far, as IAM actions, and forgets them.
    #[must_use]
    pub fn take_calls(&self) -> Vec<String> {
        self.state(|state| std::mem::take(&mut state.calls))
    }

    /// The operations of a service among the calls so far, of which all are forgotten.
    #[must_use]
    pub fn take_calls_of(&self, service: &str) -> Vec<String> {
        let of_service = |call: String| Some(call.strip_prefix(service)?.strip_prefix(':')?.to_owned());
        self.take_calls().into_iter().filter_map(of_service).collect()
    }
}

/// Names and values as [`Account::results`] and [`Account::findings`] give them.
#[must_use]
pub fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
