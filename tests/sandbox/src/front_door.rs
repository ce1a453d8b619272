//! The one address that stands for all of AWS. It answers what moto cannot, forwards everything else, writes down every call,
//! and lets go wrong what a test wants to go wrong.

use std::{
    collections::{BTreeSet, HashMap},
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{Response, StatusCode, Uri, request::Parts},
};
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    Answer, Call, Fault, Place, When,
    block_public_access::BlockPublicAccess,
    cbor,
    cloudwatch::CloudWatch,
    codeartifact::CodeArtifact,
    config_service::ConfigService,
    faults::{Faults, Quota, denied, throttled},
    inference_components::InferenceComponents,
    organizations,
    sagemaker_endpoints::SageMakerEndpoints,
    sagemaker_jobs::{self, SageMakerJobs},
    security_hub::SecurityHub,
};

/// What the sandbox keeps of one place.
#[derive(Clone, Debug, Default)]
pub struct PlaceState {
    /// AWS Config.
    pub config: ConfigService,
    /// Security Hub.
    pub security_hub: SecurityHub,
    /// CloudWatch's alarms.
    pub cloudwatch: CloudWatch,
    /// CodeArtifact's domains.
    pub codeartifact: CodeArtifact,
    /// What moto does not keep of SageMaker's jobs.
    pub sagemaker_jobs: SageMakerJobs,
    /// VPC Block Public Access.
    pub block_public_access: BlockPublicAccess,
    /// SageMaker's inference components.
    pub inference_components: InferenceComponents,
    /// What moto does not keep of SageMaker's endpoints.
    pub(crate) sagemaker_endpoints: SageMakerEndpoints,
    /// Every call so far, failed ones included, as IAM actions.
    pub calls: Vec<String>,
}

/// The front door. Cheap to clone; all clones are the same door.
#[derive(Clone, Debug)]
pub struct FrontDoor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: SocketAddr,
    moto: SocketAddr,
    http: Client<HttpConnector, Full<Bytes>>,
    places: Mutex<HashMap<Place, PlaceState>>,
    faults: Mutex<Faults>,
    scenes: Mutex<HashMap<Place, Scene>>,
    quotas: Mutex<HashMap<Place, Quota>>,
    copies: Mutex<HashMap<Place, Arc<Remembered>>>,
    roles: Mutex<HashMap<String, BTreeSet<String>>>,
    started: mpsc::UnboundedSender<(Place, String)>,
}

/// Answers the calls that it knows.
type Actor = dyn Fn(&Call) -> Option<Answer> + Send + Sync;

/// What was answered in copies of a place, by service, operation and body.
type Remembered = Mutex<HashMap<(String, String, Bytes), Response<Bytes>>>;

/// A place that is played instead of moto's.
#[derive(Clone)]
struct Scene {
    latency: Duration,
    answer: Arc<Actor>,
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scene({:?})", self.latency)
    }
}

impl FrontDoor {
    /// Opens the door on a free port of the loopback interface, in front of the moto server at `moto`. The receiver gets the
    /// rules that somebody wants to be evaluated now (`StartConfigRulesEvaluation`).
    ///
    /// # Errors
    /// No port can be had.
    pub async fn open(moto: SocketAddr) -> io::Result<(Self, mpsc::UnboundedReceiver<(Place, String)>)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (started, asked) = mpsc::unbounded_channel();
        let door = Self {
            inner: Arc::new(Inner {
                address: listener.local_addr()?,
                moto,
                http: Client::builder(TokioExecutor::new()).build_http(),
                places: Mutex::default(),
                faults: Mutex::default(),
                scenes: Mutex::default(),
                quotas: Mutex::default(),
                copies: Mutex::default(),
                roles: Mutex::default(),
                started,
            }),
        };
        let app = Router::new().fallback(serve).with_state(door.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok((door, asked))
    }

    /// Where it is, for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    /// Lets the role of this name call these actions and no others, in every place. Who has a role that nobody spoke of may call all.
    pub fn role(&self, name: &str, actions: impl IntoIterator<Item = String>) {
        lock(&self.inner.roles).insert(name.to_owned(), actions.into_iter().collect());
    }

    /// Looks at or changes what is kept of a place.
    pub fn with<T>(&self, place: &Place, act: impl FnOnce(&mut PlaceState) -> T) -> T {
        act(lock(&self.inner.places).entry(place.clone()).or_default())
    }

    /// Plays a place from now on: every call takes `latency`, and `answer` answers before anybody else is asked.
    pub fn play(
        &self,
        place: &Place,
        latency: Duration,
        answer: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static,
    ) {
        lock(&self.inner.scenes).insert(place.clone(), Scene { latency, answer: Arc::new(answer) });
    }

    /// Copies a place: same account, same resources, and its own AWS Config, Security Hub, faults and calls from now on. Only
    /// the access key tells a copy from the place. A copy is for reading: each answer about resources is asked for once, in whichever
    /// of the copies of copies of a place it is wanted first.
    #[must_use]
    pub fn copy(&self, place: &Place) -> Place {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let copy = Place { copy: NEXT.fetch_add(1, Ordering::Relaxed), ..place.clone() };
        let remembered = lock(&self.inner.copies).get(place).cloned().unwrap_or_default();
        lock(&self.inner.copies).insert(copy.clone(), remembered);
        let state = self.with(place, |state| state.clone());
        lock(&self.inner.places).insert(copy.clone(), state);
        lock(&self.inner.faults).copy(place, &copy);
        copy
    }

    /// Drops what is kept of a place.
    pub fn forget(&self, place: &Place) {
        lock(&self.inner.copies).remove(place);
        lock(&self.inner.places).remove(place);
        lock(&self.inner.faults).forget(place);
    }

    /// Throttles what goes beyond so many requests a second in a place, all services together, from now on.
    pub fn quota(&self, place: &Place, per_second: u32) {
        lock(&self.inner.quotas).insert(place.clone(), Quota::new(per_second));
    }

    /// Lets something go wrong in a place from now on.
    pub fn fault(&self, place: &Place, when: When, fault: Fault) {
        lock(&self.inner.faults).add(place, when, fault);
    }

    /// Lets everything in a place go right again; in a copy, what has gone wrong since it was made.
    pub fn no_faults(&self, place: &Place) {
        lock(&self.inner.faults).clear(place);
    }

    /// Lets moto draw the same ids from now on as the last time this was called, for calls that come in the same order.
    ///
    /// # Errors
    /// moto does not answer.
    pub async fn repeat_ids(&self) -> io::Result<()> {
        let request = axum::http::Request::post(format!("http://{}/moto-api/seed?a=1", self.inner.moto));
        let request = request.body(Full::default()).map_err(io::Error::other)?;
        self.inner.http.request(request).await.map(drop).map_err(io::Error::other)
    }

    /// Calls an operation of a service that speaks JSON, as a client in `place`, past faults and records.
    ///
    /// # Errors
    /// The service's answer, when it is not a success.
    pub async fn call(&self, place: &Place, service: &str, target: &str, input: &Value) -> Result<Value, String> {
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        let text = self.post(place, service, &headers, input.to_string()).await;
        let text = text.map_err(|error| format!("{target}: {error}"))?;
        // Some operations say nothing.
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(|error| format!("{target}: {error}: {text}"))
    }

    /// Calls an operation of EC2, which speaks forms and XML, as a client in `place`, past faults and records. Values of
    /// `input` are sent as they are.
    ///
    /// # Errors
    /// The service's answer, when it is not a success.
    pub async fn call_ec2(&self, place: &Place, action: &str, input: &[(&str, &str)]) -> Result<String, String> {
        let form = [("Action", action), ("Version", "2016-11-15")];
        let form: Vec<_> = form.iter().chain(input).map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.post(place, "ec2", &headers, form.join("&")).await.map_err(|error| format!("{action}: {error}"))
    }

    async fn post(
        &self,
        place: &Place,
        service: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<String, String> {
        let mut request = axum::http::Request::post("/")
            .header("host", "localhost")
            .header("authorization", authorization(place, service));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).map_err(|error| error.to_string())?.into_parts();
        let call = Call::read(&parts.method, &parts.uri, &parts.headers, body.into());
        let answer = self.truth(&parts, &call).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&body).into_owned();
        if status.is_success() { Ok(text) } else { Err(format!("HTTP status {status}: {text}")) }
    }

    /// The answer when nothing goes wrong.
    async fn truth(&self, parts: &Parts, call: &Call) -> io::Result<Response<Body>> {
        let copy = lock(&self.inner.copies).get(&call.place).cloned();
        let Some(copy) = copy.filter(|_| !["config", "securityhub"].contains(&call.service.as_str())) else {
            return self.ask(parts, call).await;
        };
        let key = (call.service.clone(), call.operation.clone(), call.body.clone());
        let known = lock(&copy).get(&key).cloned();
        if let Some(answer) = known {
            return Ok(answer.map(Body::from));
        }
        let (parts, body) = self.ask(parts, call).await?.into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(io::Error::other)?;
        let answer = Response::from_parts(parts, body);
        lock(&copy).insert(key, answer.clone());
        Ok(answer.map(Body::from))
    }

    async fn ask(&self, parts: &Parts, call: &Call) -> io::Result<Response<Body>> {
        if call.action() == "organizations:DescribeEffectivePolicy" {
            return Ok(organizations::describe_effective_policy(self, call).await.into_response());
        }
        let answer = self.with(&call.place, |state| match call.service.as_str() {
            "config" if call.operation == "StartConfigRulesEvaluation" => Some(self.start_evaluation(state, call)),
            "config" => state.config.answer(call),
            "securityhub" => state.security_hub.answer(call),
            "sagemaker" => state.inference_components.answer(call).or_else(|| state.sagemaker_jobs.answer(call)),
            "cloudwatch" => state.cloudwatch.answer(call),
            "codeartifact" => state.codeartifact.answer(call),
            "kms" => CodeArtifact::key_of_aws(call),
            "ec2" => state.block_public_access.answer(call),
            _ => None,
        });
        match answer {
            Some(answer) => Ok(answer.into_response()),
            None if call.service == "sagemaker" => sagemaker_jobs::ask_moto(self, parts, call).await,
            None => self.forward(parts, call).await,
        }
    }

    fn start_evaluation(&self, state: &PlaceState, call: &Call) -> Answer {
        let input = call.json();
        let names: Vec<_> =
            input["ConfigRuleNames"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if let Some(name) = names.iter().find(|name| !state.config.rules().any(|rule| rule.name == **name)) {
            return Answer::refuse("NoSuchConfigRuleException", &format!("The ConfigRule '{name}' is not known."));
        }
        for name in names {
            if self.inner.started.send((call.place.clone(), name.to_owned())).is_err() {
                return Answer::error(500, "InternalServiceError", "nobody evaluates rules in this sandbox any more");
            }
        }
        Answer::ok(serde_json::json!({}))
    }

    /// moto's answer.
    pub(crate) async fn forward(&self, parts: &Parts, call: &Call) -> io::Result<Response<Body>> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let uri: Uri = format!("http://{}{path}", self.inner.moto).parse().map_err(io::Error::other)?;
        let mut request = axum::http::Request::new(Full::new(call.body.clone()));
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = parts.headers.clone();
        request.headers_mut().insert("x-moto-account-id", call.place.account.parse().map_err(io::Error::other)?);
        let answer = self.inner.http.request(request).await.map_err(io::Error::other)?;
        Ok(answer.map(|body| Body::new(body.map_err(axum::Error::new))))
    }
}

async fn serve(State(door): State<FrontDoor>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 64 << 20).await else { return status(StatusCode::PAYLOAD_TOO_LARGE) };
    let speaks_cbor = cbor::is_spoken(&parts.headers);
    let body = if speaks_cbor { cbor::to_json(body) } else { body };
    let spoken = async |answer: Response<Body>| if speaks_cbor { cbor::encoded(answer).await } else { answer };
    let call = Call::read(&parts.method, &parts.uri, &parts.headers, body);
    door.with(&call.place, |state| state.calls.push(call.action()));
    if lock(&door.inner.quotas).get_mut(&call.place).is_some_and(|quota| !quota.allows()) {
        return spoken(throttled(&call).into_response()).await;
    }
    if lock(&door.inner.roles).get(&call.role).is_some_and(|allowed| !allowed.contains(&call.action())) {
        return spoken(denied(&call).into_response()).await;
    }
    let struck = lock(&door.inner.faults).strike(&call);
    let scene = lock(&door.inner.scenes).get(&call.place).cloned();
    // A timer takes a millisecond at least.
    if let Some(scene) = scene.as_ref().filter(|scene| !scene.latency.is_zero()) {
        tokio::time::sleep(scene.latency).await;
    }
    let truth = async {
        let instead = struck.instead.or_else(|| scene.as_ref().and_then(|scene| (scene.answer)(&call)));
        let answer = match instead {
            Some(answer) => answer.into_response(),
            None => door.truth(&parts, &call).await.unwrap_or_else(|_| status(StatusCode::BAD_GATEWAY)),
        };
        // An error stays what it is.
        if struck.patches.is_empty() || !answer.status().is_success() {
            return spoken(answer).await;
        }
        let (mut parts, text) = text_of(answer).await;
        parts.headers.remove("content-length");
        let text = struck.patches.iter().fold(text, |text, patch| patch(text));
        spoken(Response::from_parts(parts, Body::from(text))).await
    };
    match struck.failure {
        Some(Fault::Denied) => spoken(denied(&call).into_response()).await,
        Some(Fault::Throttled) => spoken(throttled(&call).into_response()).await,
        Some(Fault::Broken(code)) => status(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)),
        // A handler that unwinds takes its connection with it.
        Some(Fault::Reset) => std::panic::resume_unwind(Box::new("reset")),
        Some(Fault::CutOff) => broken_off(truth.await, Duration::from_millis(50)).await,
        Some(Fault::Stalled) => broken_off(truth.await, Duration::from_hours(1)).await,
        Some(Fault::Garbled) => Response::new(Body::from("<html>It works!</html>")),
        Some(Fault::Silent(time)) => {
            tokio::time::sleep(time).await;
            truth.await
        }
        None | Some(Fault::Instead(_) | Fault::Patched(_)) => truth.await,
    }
}

async fn text_of(answer: Response<Body>) -> (axum::http::response::Parts, String) {
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (parts, String::from_utf8_lossy(&body).into_owned())
}

/// Half of the answer, and the end of the connection some time later.
async fn broken_off(answer: Response<Body>, later: Duration) -> Response<Body> {
    let (mut parts, mut text) = text_of(answer).await;
    parts.headers.remove("content-length");
    text.truncate(text.floor_char_boundary(text.len() / 2));
    let end = stream::once(async move {
        // Not before the start is on its way.
        tokio::time::sleep(later).await;
        Err(io::Error::other("cut off"))
    });
    Response::from_parts(parts, Body::from_stream(stream::iter([Ok(Bytes::from(text))]).chain(end)))
}

/// What a client in `place` would sign with. Nobody checks the signature; its scope says where the call belongs.
fn authorization(place: &Place, service: &str) -> String {
    let (key, region) = (place.access_key(), &place.region);
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    )
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
