use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use serde_json::{Value, json};

/// An answer of AWS, or of what stands in for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `x-amzn-errortype`, which the REST protocols name an error in.
    pub error: Option<String>,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// A success.
    #[must_use]
    pub const fn ok(body: Value) -> Self {
        Self { status: 200, error: None, body }
    }

    /// An error, named in the header and in the body, so that both of AWS's JSON protocols find it.
    #[must_use]
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"__type": code, "Code": code, "message": message, "Message": message});
        Self { status, error: Some(code.to_owned()), body }
    }

    /// A refusal of the caller's input, which is HTTP 400 everywhere.
    #[must_use]
    pub fn refuse(code: &str, message: &str) -> Self {
        Self::error(400, code, message)
    }

    /// The answer on the wire.
    #[must_use]
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.to_string()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert("content-type", axum::http::HeaderValue::from_static("application/json"));
        if let Some(value) = self.error.and_then(|code| code.parse().ok()) {
            headers.insert("x-amzn-errortype", value);
        }
        response
    }
}
