use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode},
};
use serde_json::{Value, json};

/// An answer as AWS's protocols shape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    /// `x-amzn-errortype`, which the REST protocols name an error in.
    error: Option<String>,
    content_type: &'static str,
    body: String,
}

impl Answer {
    /// A success in JSON.
    #[must_use]
    pub fn ok(body: impl Into<Value>) -> Self {
        Self { status: 200, error: None, content_type: "application/json", body: body.into().to_string() }
    }

    /// An error, named in the header and in the body, so that both of AWS's JSON protocols find it.
    #[must_use]
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"__type": code, "Code": code, "message": message, "Message": message});
        Self { status, error: Some(code.to_owned()), ..Self::ok(body) }
    }

    /// A refusal of the caller's input, which is HTTP 400 everywhere.
    #[must_use]
    pub fn refuse(code: &str, message: &str) -> Self {
        Self::error(400, code, message)
    }

    /// A success in XML, which EC2 speaks.
    #[must_use]
    pub const fn xml(body: String) -> Self {
        Self { status: 200, error: None, content_type: "text/xml;charset=UTF-8", body }
    }

    /// An error of EC2.
    #[must_use]
    pub fn ec2_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message>\
             </Error></Errors><RequestID>11111111-2222-3333-4444-555555555555</RequestID></Response>"
        );
        Self { status, ..Self::xml(body) }
    }

    /// HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The answer on the wire.
    #[must_use]
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static(self.content_type));
        if let Some(value) = self.error.and_then(|code| code.parse().ok()) {
            headers.insert("x-amzn-errortype", value);
        }
        response
    }
}
