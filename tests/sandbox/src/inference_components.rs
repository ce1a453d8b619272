//! Inference components of SageMaker, which moto does not have.

use serde_json::{Value, json};

use crate::{
    Answer, Call,
    sagemaker_jobs::{Asked, invalid, millis, time},
};

/// What the front door keeps of the inference components of one place.
#[derive(Clone, Debug, Default)]
pub struct InferenceComponents {
    /// As they are described, in the order of their coming.
    components: Vec<Value>,
}

impl InferenceComponents {
    /// Answers a call; `None` if it is none of an inference component.
    pub fn answer(&mut self, call: &Call) -> Option<Answer> {
        let input = call.json();
        let (Ok(answer) | Err(answer)) = match call.operation.as_str() {
            "CreateInferenceComponent" => self.create(call, &input),
            "DescribeInferenceComponent" => self.find(call, &input).map(|at| Answer::ok(self.components[at].clone())),
            "DeleteInferenceComponent" => self.find(call, &input).map(|at| {
                self.components.remove(at);
                Answer::ok(json!({}))
            }),
            "ListInferenceComponents" => self.list(&input),
            _ => return None,
        };
        Some(answer)
    }

    fn create(&mut self, call: &Call, input: &Value) -> Result<Answer, Answer> {
        let text = |member: &str| {
            input[member].as_str().map(str::to_owned).ok_or_else(|| invalid(&format!("{member} is missing")))
        };
        let (name, endpoint, variant) = (text("InferenceComponentName")?, text("EndpointName")?, text("VariantName")?);
        if self.components.iter().any(|component| component["InferenceComponentName"] == *name) {
            return Err(invalid(&format!("Cannot create already existing inference component \"{name}\".")));
        }
        let arn = call.place.arn("sagemaker", &format!("inference-component/{}", name.to_lowercase()));
        let now = time(crate::now().millis());
        self.components.push(json!({
            "InferenceComponentName": name,
            "InferenceComponentArn": arn,
            "EndpointName": endpoint,
            "EndpointArn": call.place.arn("sagemaker", &format!("endpoint/{}", endpoint.to_lowercase())),
            "VariantName": variant,
            "Specification": input["Specification"],
            "RuntimeConfig": {"DesiredCopyCount": 1, "CurrentCopyCount": 1},
            "CreationTime": now,
            "LastModifiedTime": now,
            "InferenceComponentStatus": "InService",
        }));
        Ok(Answer::ok(json!({"InferenceComponentArn": arn})))
    }

    fn find(&self, call: &Call, input: &Value) -> Result<usize, Answer> {
        let name = input["InferenceComponentName"].as_str().unwrap_or_default();
        let found = self.components.iter().position(|component| component["InferenceComponentName"] == *name);
        found.ok_or_else(|| {
            let arn = call.place.arn("sagemaker", &format!("inference-component/{name}"));
            invalid(&format!("Could not find inference component \"{arn}\"."))
        })
    }

    /// The newest first, as the API reference has it by default. The token names the first of the next page.
    fn list(&self, input: &Value) -> Result<Answer, Answer> {
        let asked = Asked::read(input, true, &["EndpointNameEquals", "VariantNameEquals"])?;
        let equals = |component: &Value, member: &str| {
            input[&format!("{member}Equals")].as_str().is_none_or(|wanted| component[member] == *wanted)
        };
        let is_asked = |component: &&Value| {
            let created = millis(&component["CreationTime"]);
            equals(component, "EndpointName")
                && equals(component, "VariantName")
                && asked.status.as_ref().is_none_or(|status| component["InferenceComponentStatus"] == **status)
                && asked.after.is_none_or(|after| created > Some(after))
                && asked.before.is_none_or(|before| created < Some(before))
        };
        let mut components: Vec<_> = self.components.iter().filter(is_asked).collect();
        if asked.is_descending {
            components.reverse();
        }
        let named = |token: &String| components.iter().position(|of| of["InferenceComponentName"] == **token);
        let start = match &asked.token {
            None => 0,
            Some(token) => named(token).ok_or_else(|| invalid("Invalid NextToken"))?,
        };
        let mut page = components.split_off(start);
        let next = page.get(asked.most).map(|next| next["InferenceComponentName"].clone());
        page.truncate(asked.most);
        let summary = |component: &Value| {
            let members = [
                "CreationTime",
                "EndpointArn",
                "EndpointName",
                "InferenceComponentArn",
                "InferenceComponentName",
                "InferenceComponentStatus",
                "LastModifiedTime",
                "VariantName",
            ];
            members.into_iter().map(|member| (member.to_owned(), component[member].clone())).collect::<Value>()
        };
        let mut answer = json!({"InferenceComponents": page.into_iter().map(summary).collect::<Vec<_>>()});
        if let Some(next) = next {
            answer["NextToken"] = next;
        }
        Ok(Answer::ok(answer))
    }
}
