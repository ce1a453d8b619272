//! The workspace's functions: built as they are, run as Lambda runs them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{self, State},
    http::{Response, StatusCode},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::Child,
    sync::{mpsc, oneshot, watch},
};

use crate::{Error, FrontDoor, Place};

/// The workspace's root folder.
#[must_use]
pub fn root() -> &'static Path {
    static ROOT: std::sync::LazyLock<PathBuf> = std::sync::LazyLock::new(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().nth(2).unwrap_or(here).to_owned()
    });
    &ROOT
}

/// Cargo's target folder: the one that this program was built into.
///
/// # Errors
/// This program does not stand in one.
pub fn target() -> Result<PathBuf, Error> {
    let program = std::env::current_exe()?;
    // `target/debug/sandbox`, and `target/debug/deps/it-...` for a test.
    let profile = program.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let target = profile.and_then(Path::parent);
    target.map(Path::to_owned).ok_or_else(|| Error::Build(format!("{} is in no target folder", program.display())))
}

/// Builds functions with Cargo, those named or all, and returns their programs by name. `line` gets what Cargo says.
///
/// # Errors
/// Cargo cannot be run, or the build fails.
pub fn build(only: &[String], line: impl FnMut(&str)) -> Result<BTreeMap<String, PathBuf>, Error> {
    let wanted = only.iter().flat_map(|name| ["--bin", name]);
    let wanted: Vec<_> = if only.is_empty() { vec!["--bins"] } else { wanted.collect() };
    cargo_build(&wanted, line)
}

/// Builds what `arguments` name with Cargo, and returns the programs of functions and examples by name. `line` gets what Cargo says.
///
/// # Errors
/// Cargo cannot be run, or the build fails.
pub fn cargo_build(arguments: &[&str], mut line: impl FnMut(&str)) -> Result<BTreeMap<String, PathBuf>, Error> {
    use std::io::{BufRead, BufReader};
    // The same selection as `cargo test --workspace`: another would resolve other features and build the SDKs again.
    let mut cargo = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".to_owned()))
        .args(["build", "--workspace", "--message-format=json-render-diagnostics"])
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Error::Build(format!("cargo cannot be run: {error}")))?;
    let stdout = cargo.stdout.take();
    let artifacts = std::thread::spawn(move || {
        let lines = stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines().map_while(Result::ok));
        lines.filter_map(|line| program(&serde_json::from_str(&line).ok()?)).collect::<BTreeMap<_, _>>()
    });
    let mut said = String::new();
    for text in cargo.stderr.take().into_iter().flat_map(|stderr| BufReader::new(stderr).lines().map_while(Result::ok))
    {
        line(text.trim());
        said.push_str(&text);
        said.push('\n');
    }
    let programs = artifacts.join().unwrap_or_default();
    if !cargo.wait()?.success() {
        return Err(Error::Build(said));
    }
    Ok(programs)
}

/// Name and path of a program that one of Cargo's messages tells of, if it is a function's or an example.
fn program(message: &Value) -> Option<(String, PathBuf)> {
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let path = message["executable"].as_str()?;
    let target = &message["target"];
    let wanted = manifest.starts_with(root().join("functions")) || target["kind"][0] == "example";
    wanted.then(|| Some((target["name"].as_str()?.to_owned(), path.into())))?
}

#[expect(clippy::disallowed_methods, reason = "Cargo says here which Cargo runs")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The variables that Lambda sets for a function in `place`, and those that point its SDK at the front door.
#[must_use]
pub fn environment(name: &str, place: &Place, door: &FrontDoor) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ACCESS_KEY_ID", place.access_key()),
        ("AWS_SECRET_ACCESS_KEY", "sandbox".to_owned()),
        // Credentials of a role come with one. Here it names the role, for what that may call.
        ("AWS_SESSION_TOKEN", name.to_owned()),
        ("AWS_REGION", place.region.clone()),
        ("AWS_ENDPOINT_URL", door.url()),
        ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
    ]
}

/// A function that runs: its process under a Runtime API of its own.
#[derive(Debug)]
pub struct Function {
    jobs: mpsc::Sender<Job>,
    asked: watch::Receiver<bool>,
    log: Arc<Mutex<Vec<String>>>,
    child: Child,
}

/// An event for the function, and where its answer goes.
#[derive(Debug)]
struct Job {
    event: Bytes,
    deadline: u64,
    answer: oneshot::Sender<Result<Value, Failure>>,
}

/// How an invocation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct Failure {
    /// `errorType`.
    pub error_type: String,
    /// `errorMessage`.
    pub message: String,
}

impl Function {
    /// Starts `program` as Lambda would, with nothing in its environment but `variables`.
    ///
    /// # Errors
    /// The program cannot be started.
    pub async fn start(program: &Path, variables: &[(&str, String)]) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (jobs, waiting) = mpsc::channel(1);
        let (ask, asked) = watch::channel(false);
        let waiting = tokio::sync::Mutex::new(waiting);
        let runtime = RuntimeApi { waiting, asked: ask, answer: Mutex::default(), function: arn(variables) };
        let runtime = Arc::new(runtime);
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(runtime);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let mut child = tokio::process::Command::new(program)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let log = Arc::new(Mutex::new(Vec::new()));
        keep(child.stdout.take(), &log);
        keep(child.stderr.take(), &log);
        Ok(Self { jobs, asked, log, child })
    }

    /// Invokes the function with an event, whatever it is, and waits for what comes of it.
    ///
    /// # Errors
    /// The function answered with an error, ended, or did not answer within `timeout`.
    pub async fn invoke(&mut self, event: impl Into<Bytes>, timeout: Duration) -> Result<Value, Failure> {
        let failed = |error_type: &str, message: String| Failure { error_type: error_type.to_owned(), message };
        let (answer, answered) = oneshot::channel();
        let now = Duration::from_millis(u64::try_from(crate::now().millis()).unwrap_or(0));
        let deadline = u64::try_from((now + timeout).as_millis()).unwrap_or(u64::MAX);
        let job = Job { event: event.into(), deadline, answer };
        let done = async {
            self.jobs.send(job).await.map_err(|_| failed("Runtime.Unavailable", String::new()))?;
            answered.await.map_err(|_| failed("Runtime.Unavailable", String::new()))?
        };
        tokio::select! {
            result = tokio::time::timeout(timeout, done) => {
                result.unwrap_or_else(|_| Err(failed("Sandbox.Timedout", format!("no answer within {timeout:?}"))))
            }
            status = self.child.wait() => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(failed("Runtime.ExitError", format!("the function ended ({status}): {}", self.log().join("\n"))))
            }
        }
    }

    /// Waits until it has asked for its first event, or has ended, which is noticed when it is invoked.
    pub async fn ready(&mut self) {
        tokio::select! {
            _ = self.asked.wait_for(|asked| *asked) => {}
            _ = self.child.wait() => {}
        }
    }

    /// Its process; none once it has ended.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it wrote so far, line by line.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Keeps every line of an output.
fn keep(output: Option<impl tokio::io::AsyncRead + Unpin + Send + 'static>, log: &Arc<Mutex<Vec<String>>>) {
    let log = Arc::clone(log);
    tokio::spawn(async move {
        let Some(output) = output else { return };
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

/// The Lambda Runtime API, for one function that gets one event at a time.
#[derive(Debug)]
struct RuntimeApi {
    waiting: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    /// Whether the function has asked for an event.
    asked: watch::Sender<bool>,
    answer: Mutex<Option<oneshot::Sender<Result<Value, Failure>>>>,
    /// The function's ARN.
    function: String,
}

/// ARN of the function that has these variables.
fn arn(variables: &[(&str, String)]) -> String {
    let given = |name: &str| variables.iter().find(|(of, _)| *of == name).map_or("", |(_, value)| value.as_str());
    let account = given("AWS_ACCESS_KEY_ID").split('-').next().unwrap_or_default();
    Place::new(account, given("AWS_REGION")).arn("lambda", &format!("function:{}", given("AWS_LAMBDA_FUNCTION_NAME")))
}

impl RuntimeApi {
    fn answer(&self, result: Result<Value, Failure>) -> StatusCode {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match answer.map(|answer| answer.send(result)) {
            Some(_) => StatusCode::ACCEPTED,
            None => StatusCode::BAD_REQUEST,
        }
    }
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> Result<Response<axum::body::Body>, StatusCode> {
    api.asked.send_replace(true);
    let job = api.waiting.lock().await.recv().await.ok_or(StatusCode::GONE)?;
    *api.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(job.answer);
    Response::builder()
        .header("lambda-runtime-aws-request-id", "11111111-2222-3333-4444-555555555555")
        .header("lambda-runtime-deadline-ms", job.deadline)
        .header("lambda-runtime-invoked-function-arn", &api.function)
        .body(job.event.into())
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn response(State(api): State<Arc<RuntimeApi>>, _: extract::Path<String>, body: Bytes) -> StatusCode {
    api.answer(Ok(serde_json::from_slice(&body).unwrap_or_default()))
}

async fn error(State(api): State<Arc<RuntimeApi>>, _: extract::Path<String>, body: Bytes) -> StatusCode {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    api.answer(Err(Failure { error_type: text("errorType"), message: text("errorMessage") }))
}
