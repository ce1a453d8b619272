use std::{
    mem,
    sync::{
        Arc, Mutex, Once, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream, config_bag::ConfigBag};
use tokio::time::Instant;

/// How long one attempt may take from the request to the end of the answer's head, and again to the end of its body.
/// The SDK's own attempt timeout would count the wait for the pace as part of it.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Longest answer, in bytes: a page of a hundred findings of 240 KB each, which is the most that Security Hub takes, is the longest that
/// AWS gives here (Security Hub quotas).
const LONGEST: usize = 24 * 1024 * 1024;

/// Slowest rate that throttling can bring about, in requests a second.
const FLOOR: f64 = 1.0;

/// A shared ceiling on requests a second, with bursts of twice that. It gives way when AWS throttles: half the rate at once,
/// then slowly up again. Also counts the requests.
#[derive(Debug)]
pub struct Pace {
    bucket: Mutex<Bucket>,
    calls: AtomicU64,
    throttled: AtomicU64,
}

impl Pace {
    /// A pace of at most `per_second` requests a second; 0 sets no ceiling.
    #[must_use]
    pub fn new(per_second: u32) -> Arc<Self> {
        Arc::new(Self {
            bucket: Mutex::new(Bucket::new(f64::from(per_second), Instant::now())),
            calls: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        })
    }

    /// Requests sent so far, retries included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// How many of them AWS throttled.
    #[must_use]
    pub fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    async fn wait(&self) {
        let wait = self.with(|bucket| bucket.take(Instant::now()));
        if !wait.is_zero() {
            let token = Token(self);
            tokio::time::sleep(wait).await;
            mem::forget(token);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    fn answered(&self, throttled: bool) {
        if throttled {
            self.throttled.fetch_add(1, Ordering::Relaxed);
            self.with(|bucket| bucket.slow_down(Instant::now()));
        } else {
            self.with(Bucket::speed_up);
        }
    }

    /// No code under the lock can panic, so a poisoned bucket is as good as any.
    fn with<T>(&self, act: impl FnOnce(&mut Bucket) -> T) -> T {
        act(&mut self.bucket.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A token that waits for its time. It goes back if nobody waits any more, so that what is dropped at a deadline does not hold up the
/// report.
struct Token<'a>(&'a Pace);

impl Drop for Token<'_> {
    fn drop(&mut self) {
        self.0.with(|bucket| bucket.tokens += 1.0);
    }
}

/// A token bucket whose rate follows AWS's throttling: additive increase, multiplicative decrease.
#[derive(Debug)]
struct Bucket {
    /// Highest rate, tokens a second; 0 is none.
    ceiling: f64,
    rate: f64,
    /// Below zero when requests already wait.
    tokens: f64,
    filled_at: Instant,
    slowed_at: Option<Instant>,
}

impl Bucket {
    fn new(ceiling: f64, now: Instant) -> Self {
        Self { ceiling, rate: ceiling, tokens: ceiling * 2.0, filled_at: now, slowed_at: None }
    }

    /// Takes a token; returns how long to wait until it is there.
    fn take(&mut self, now: Instant) -> Duration {
        if self.ceiling == 0.0 {
            return Duration::ZERO;
        }
        let filled = now.duration_since(self.filled_at).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + filled).min(self.rate * 2.0) - 1.0;
        self.filled_at = now;
        Duration::from_secs_f64((-self.tokens / self.rate).max(0.0))
    }

    /// Half the rate, and no burst left. Once a second, since requests under way are throttled together.
    fn slow_down(&mut self, now: Instant) {
        if self.slowed_at.is_some_and(|at| now.duration_since(at) < Duration::from_secs(1)) {
            return;
        }
        self.slowed_at = Some(now);
        self.rate = (self.rate / 2.0).max(FLOOR.min(self.ceiling));
        self.tokens = self.tokens.min(0.0);
    }

    /// A tenth of a request a second faster for every answer.
    fn speed_up(&mut self) {
        self.rate = (self.rate + 0.1).min(self.ceiling);
    }
}

/// `inner`, with every request, retries included, waiting for `pace`.
#[must_use]
pub fn paced(inner: SharedHttpClient, pace: Arc<Pace>) -> SharedHttpClient {
    SharedHttpClient::new(Client { inner, pace })
}

#[derive(Debug)]
struct Client {
    inner: SharedHttpClient,
    pace: Arc<Pace>,
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, pace: Arc::clone(&self.pace) })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        // The inner client sets up TLS here, only to have read the certificates before the first request: once is enough for all
        // clients of a process.
        static VALIDATED: Once = Once::new();
        let mut result = Ok(());
        VALIDATED.call_once(|| result = self.inner.validate_base_client_config(components, config));
        result
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    pace: Arc<Pace>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, pace) = (self.inner.clone(), Arc::clone(&self.pace));
        HttpConnectorFuture::new(async move {
            pace.wait().await;
            let lists = is_list(&request);
            let mut response = in_time(inner.call(request)).await??;
            let throttled = in_time(read_whole(&mut response)).await??;
            pace.answered(throttled);
            // The SDK would read an empty list, and everything that AWS Config holds would be retired.
            if lists && response.status().is_success() && response.body().bytes().is_some_and(is_object_without_list) {
                return Err(ConnectorError::io("the answer has no list".into()));
            }
            Ok(response)
        })
    }
}

/// Whether the answer always has a list, be it an empty one: the required member of most `List...` operations of SageMaker, as its other ones
/// answer in fact, and of Security Hub's `GetFindings`.
fn is_list(request: &HttpRequest) -> bool {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.starts_with("SageMaker.List") || target.is_empty() && request.uri().ends_with("/findings")
}

fn is_object_without_list(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{") && !body.contains(&b'[')
}

async fn in_time<T>(work: impl Future<Output = T>) -> Result<T, ConnectorError> {
    tokio::time::timeout(ATTEMPT, work).await.map_err(|elapsed| ConnectorError::timeout(elapsed.into()))
}

/// Reads the body and puts it back, so that an answer which breaks off or stands still costs an attempt and no more: the SDK would
/// not try again. Returns whether AWS throttled the request.
async fn read_whole(response: &mut HttpResponse) -> Result<bool, ConnectorError> {
    let mut body = ByteStream::new(mem::replace(response.body_mut(), SdkBody::taken()));
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece.map_err(|_| ConnectorError::io("the answer broke off".into()))?);
        if bytes.len() > LONGEST {
            return Err(ConnectorError::user("the answer is longer than any of AWS's".into()));
        }
    }
    let throttled = is_throttling(response, &bytes);
    *response.body_mut() = SdkBody::from(bytes);
    Ok(throttled)
}

fn is_throttling(response: &HttpResponse, body: &[u8]) -> bool {
    let status = response.status().as_u16();
    if status < 400 {
        return false;
    }
    let text = String::from_utf8_lossy(body);
    let header = response.headers().get("x-amzn-errortype").unwrap_or_default();
    status == 429 || THROTTLING.iter().any(|code| header.starts_with(code) || text.contains(code))
}

/// Error codes with which AWS's services throttle: the SDK's own list, of which the others are longer forms.
const THROTTLING: [&str; 8] = [
    "Throttl",
    "TooManyRequests",
    "RequestThrottled",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_burst_of_twice_the_rate_goes_at_once_and_the_rest_at_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(20.0, start);
        let waits: Vec<_> = (0..60).map(|_| bucket.take(start).as_millis()).collect();
        assert_eq!(waits[39], 0);
        assert_eq!(waits[40], 50);
        assert_eq!(waits[59], 1000);
    }

    #[test]
    fn tokens_come_back_with_time_and_no_further_than_the_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::new(20.0, start);
        for _ in 0..40 {
            bucket.take(start);
        }
        assert_eq!(bucket.take(after(start, 50)), Duration::ZERO);
        assert!(!bucket.take(after(start, 50)).is_zero());
        let waits: Vec<_> = (0..41).map(|_| bucket.take(after(start, 60_000))).collect();
        assert!(waits[39].is_zero() && !waits[40].is_zero());
    }

    #[test]
    fn throttling_halves_the_rate_once_a_second_down_to_the_floor() {
        let start = Instant::now();
        let mut bucket = Bucket::new(20.0, start);
        bucket.slow_down(start);
        bucket.slow_down(after(start, 999));
        assert!((bucket.rate - 10.0).abs() < 1e-9);
        assert!(!bucket.take(start).is_zero(), "no burst after throttling");
        for second in 1..10 {
            bucket.slow_down(after(start, second * 1000));
        }
        assert!((bucket.rate - FLOOR).abs() < 1e-9);
    }

    #[test]
    fn answers_bring_the_rate_back_to_the_ceiling_and_no_further() {
        let mut bucket = Bucket::new(20.0, Instant::now());
        bucket.slow_down(Instant::now());
        bucket.speed_up();
        assert!((bucket.rate - 10.1).abs() < 1e-9);
        for _ in 0..1000 {
            bucket.speed_up();
        }
        assert!((bucket.rate - 20.0).abs() < 1e-9);
    }

    #[tokio::test]
    async fn an_answer_is_read_whole_unless_it_is_longer_than_any() {
        for (status, body, expected) in [
            (200, "{}".to_owned(), Some(false)),
            (400, r#"{"__type":"ThrottlingException"}"#.to_owned(), Some(true)),
            (200, r#"{"__type":"ThrottlingException"}"#.to_owned(), Some(false)),
            (200, "x".repeat(LONGEST), Some(false)),
            (200, "x".repeat(LONGEST + 1), None),
        ] {
            let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.clone()));
            assert_eq!(read_whole(&mut response).await.ok(), expected, "{status} {}", body.len());
            if expected.is_some() {
                assert_eq!(response.body().bytes(), Some(body.as_bytes()));
            }
        }
    }

    #[test]
    fn some_answers_always_have_a_list() {
        for (uri, target, expected) in [
            ("https://a/", "SageMaker.ListTrainingJobs", true),
            ("https://a/", "SageMaker.DescribeTrainingJob", false),
            ("https://a/", "StarlingDoveService.ListDiscoveredResources", false),
            ("https://a/findings", "", true),
            ("https://a/findings/import", "", false),
        ] {
            let mut request = HttpRequest::empty();
            request.set_uri(uri).unwrap();
            if !target.is_empty() {
                request.headers_mut().insert("x-amz-target", target);
            }
            assert_eq!(is_list(&request), expected, "{uri} {target}");
        }
    }

    #[tokio::test]
    async fn a_request_that_is_dropped_gives_its_token_back() {
        let pace = Pace::new(1);
        for _ in 0..2 {
            pace.wait().await;
        }
        for _ in 0..5 {
            assert!(tokio::time::timeout(Duration::from_millis(1), pace.wait()).await.is_err());
        }
        let wait = pace.with(|bucket| bucket.take(Instant::now()));
        assert!(wait <= Duration::from_secs(1), "{wait:?} for the next, though nobody waits");
        assert_eq!(pace.calls(), 2);
    }

    #[test]
    fn no_ceiling_never_waits() {
        let start = Instant::now();
        let mut bucket = Bucket::new(0.0, start);
        bucket.slow_down(start);
        assert!((0..10_000).all(|_| bucket.take(start).is_zero()));
    }
}
