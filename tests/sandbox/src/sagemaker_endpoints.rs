//! What moto does not say of SageMaker's endpoints.

use std::collections::HashMap;

use serde_json::{Value, json};

/// What the front door keeps of the endpoints of one place.
#[derive(Clone, Debug, Default)]
pub(crate) struct SageMakerEndpoints {
    /// `InitialSamplingPercentage` by name of the endpoint configuration.
    percentages: HashMap<String, Value>,
}

impl SageMakerEndpoints {
    /// Keeps what an endpoint configuration is created with.
    pub(crate) fn created(&mut self, config: &Value) {
        if let Some(name) = config["EndpointConfigName"].as_str() {
            let percentage = config["DataCaptureConfig"]["InitialSamplingPercentage"].clone();
            self.percentages.insert(name.to_owned(), percentage);
        }
    }

    /// Says what AWS says of the data capture of an endpoint. moto repeats those of the configuration's members that both have, and has an
    /// object with nothing in it where there is none. An endpoint goes on as its configuration had it when that is gone.
    pub(crate) fn describe(&self, endpoint: &mut Value) {
        let name = endpoint["EndpointConfigName"].as_str().unwrap_or_default().to_owned();
        let Some(answer) = endpoint.as_object_mut() else { return };
        let Some(Value::Object(capture)) = answer.get_mut("DataCaptureConfig") else { return };
        if capture.is_empty() {
            answer.remove("DataCaptureConfig");
            return;
        }
        // It is on unless somebody says that it is not (`DataCaptureConfig`).
        let is_on = capture.get("EnableCapture") != Some(&Value::Bool(false));
        capture.insert("EnableCapture".to_owned(), json!(is_on));
        capture.insert("CaptureStatus".to_owned(), json!(if is_on { "Started" } else { "Stopped" }));
        if let Some(percentage) = self.percentages.get(&name) {
            capture.insert("CurrentSamplingPercentage".to_owned(), percentage.clone());
        }
    }
}
