use std::error::Error;

use aws_smithy_runtime_api::{client::result::SdkError, http::Response};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use rule::excerpt;

/// AWS's code for the error, for example `AccessDeniedException`; `None` when no answer with a code came.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Why a call failed, for a reader who has to do something about it: `sagemaker:ListNotebookInstances failed:
/// AccessDeniedException: User ... is not authorized`. `operation` is the call as IAM names it.
pub fn reason<E>(operation: &str, error: &SdkError<E, Response>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let cause = match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let unreadable = answer.raw().status().is_success();
            match (answer.err().code(), answer.err().message()) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (Some(code), None) => code.to_owned(),
                (None, _) if unreadable => format!("HTTP status {status} with an answer that cannot be read"),
                (None, _) => format!("HTTP status {status} without an error code"),
            }
        }
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) if error.is_timeout() => "no answer in time".to_owned(),
            Some(error) => format!("no connection: {}", deepest(error)),
            None => "no connection".to_owned(),
        },
        SdkError::ResponseError(answer) => {
            format!("HTTP status {} with an answer that cannot be read", answer.raw().status().as_u16())
        }
        other => format!("the request could not be made: {}", deepest(other)),
    };
    format!("{operation} failed: {}", excerpt(&cause))
}

/// The innermost cause: the outer ones only say that something failed.
fn deepest(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
