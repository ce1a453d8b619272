//! The protocol that CloudWatch speaks: JSON in CBOR (Smithy RPC v2 CBOR). It is translated at the front door, so that everything behind
//! the door knows JSON only, and faults are as with every other service.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, Response, Uri},
};
use ciborium::Value as Cbor;
use serde_json::{Number, Value};

const CONTENT_TYPE: &str = "application/cbor";
const PROTOCOL: &str = "smithy-protocol";

/// Whether a request is in it.
pub(crate) fn is_spoken(headers: &HeaderMap) -> bool {
    headers.get(PROTOCOL).is_some_and(|protocol| protocol == "rpc-v2-cbor")
}

/// The operation that a path names: `/service/<name of the service>/operation/<operation>`.
pub(crate) fn operation(uri: &Uri) -> Option<&str> {
    uri.path().strip_prefix("/service/")?.split_once("/operation/").map(|(_, operation)| operation)
}

/// A body as JSON; as it is when it is no CBOR.
pub(crate) fn to_json(body: Bytes) -> Bytes {
    if body.is_empty() {
        return body;
    }
    let read: Result<Cbor, _> = ciborium::from_reader(body.as_ref());
    read.ok().and_then(json).map_or(body, |value| value.to_string().into())
}

fn json(value: Cbor) -> Option<Value> {
    Some(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(flag) => Value::Bool(flag),
        Cbor::Text(text) => Value::String(text),
        Cbor::Integer(number) => Value::Number(i64::try_from(number).ok()?.into()),
        Cbor::Float(number) => Value::Number(Number::from_f64(number)?),
        // A time.
        Cbor::Tag(_, inner) => json(*inner)?,
        Cbor::Array(items) => Value::Array(items.into_iter().map(json).collect::<Option<_>>()?),
        Cbor::Map(members) => {
            let member = |(name, value): (Cbor, Cbor)| Some((name.into_text().ok()?, json(value)?));
            Value::Object(members.into_iter().map(member).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// An answer in the protocol; as it is when it is no JSON.
pub(crate) async fn encoded(answer: Response<Body>) -> Response<Body> {
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let Ok(value) = serde_json::from_slice(&body) else { return Response::from_parts(parts, Body::from(body)) };
    let mut bytes = Vec::new();
    if ciborium::into_writer(&cbor("", value), &mut bytes).is_err() {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.headers.remove("content-length");
    parts.headers.insert("content-type", HeaderValue::from_static(CONTENT_TYPE));
    parts.headers.insert(PROTOCOL, HeaderValue::from_static("rpc-v2-cbor"));
    Response::from_parts(parts, Body::from(bytes))
}

/// The value of a member of this name. Times are told by their names, which JSON has no type for.
fn cbor(name: &str, value: Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(flag) => Cbor::Bool(flag),
        Value::String(text) => Cbor::Text(text),
        Value::Number(number) if name.ends_with("Timestamp") => {
            Cbor::Tag(1, Box::new(Cbor::Float(number.as_f64().unwrap_or_default())))
        }
        Value::Number(number) => match number.as_i64() {
            Some(number) => Cbor::Integer(number.into()),
            None => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Value::Array(items) => Cbor::Array(items.into_iter().map(|item| cbor(name, item)).collect()),
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| {
                let value = cbor(&name, value);
                (Cbor::Text(name), value)
            };
            Cbor::Map(members.into_iter().map(member).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn an_answer_comes_back_as_it_was() {
        let answer = json!({
            "MetricAlarms": [{"AlarmName": "a", "Threshold": 1.5, "Period": 60, "ActionsEnabled": true, "Unit": null}],
            "StateUpdatedTimestamp": 1_795_271_139.675,
        });
        let response = Response::new(Body::from(answer.to_string()));
        let (parts, body) = encoded(response).await.into_parts();
        assert_eq!(parts.headers["content-type"], CONTENT_TYPE);
        let body = to_bytes(body, usize::MAX).await.unwrap();
        assert!(serde_json::from_slice::<Value>(&body).is_err());
        assert_eq!(serde_json::from_slice::<Value>(&to_json(body)).unwrap(), answer);
    }

    #[test]
    fn what_is_none_of_it_stays_as_it_is() {
        assert_eq!(to_json(Bytes::new()), "");
        assert_eq!(to_json("\u{1f}".into()), "\u{1f}");
    }

    #[test]
    fn the_path_names_the_operation() {
        let uri = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms".parse().unwrap();
        assert_eq!(operation(&uri), Some("DescribeAlarms"));
        assert_eq!(operation(&"/".parse().unwrap()), None);
    }
}
