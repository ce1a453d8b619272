//! AWS, played: answers as its services give them, to the calls that the functions make.

use sandbox::{Answer, Call, Place, config_service::ConfigService};
use serde_json::{Value, json};

/// Most that SageMaker puts on a page.
const PAGE: usize = 100;

/// What there is of much in an account: a fifth of it drifts. Each endpoint has an endpoint configuration of its own.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stage {
    pub(crate) notebooks: usize,
    pub(crate) endpoints: usize,
    pub(crate) models: usize,
    pub(crate) subnets: usize,
}

impl Stage {
    /// Puts what AWS Config records into its inventory.
    pub(crate) fn discover(self, place: &Place, config: &mut ConfigService) {
        for number in 0..self.notebooks {
            let (name, arn) = named(place, "notebook-instance", "notebook", number);
            config.forget("AWS::SageMaker::NotebookInstance", &name);
            config.discover("AWS::SageMaker::NotebookInstance", &arn, Some(&name));
        }
    }

    /// What answers for this account.
    pub(crate) fn answers(self, place: &Place) -> impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static {
        let place = place.clone();
        move |call| {
            let input = call.json();
            let number = |name: &str| -> Option<usize> { input[name].as_str()?.rsplit('-').next()?.parse().ok() };
            Some(Answer::ok(match call.operation.as_str() {
                "ListNotebookInstances" => page(&input, self.notebooks, "NotebookInstances", |number| {
                    let (name, arn) = named(&place, "notebook-instance", "notebook", number);
                    json!({"NotebookInstanceName": name, "NotebookInstanceArn": arn, "CreationTime": 1.7e9})
                }),
                "DescribeNotebookInstance" => {
                    let number = number("NotebookInstanceName")?;
                    let (name, arn) = named(&place, "notebook-instance", "notebook", number);
                    json!({
                        "NotebookInstanceName": name, "NotebookInstanceArn": arn, "NotebookInstanceStatus": "InService",
                        "InstanceType": "ml.t3.medium", "RoleArn": "arn:aws:iam::123456789012:role/notebook",
                        "DirectInternetAccess": if number % 5 == 4 { "Enabled" } else { "Disabled" },
                        "RootAccess": "Disabled", "KmsKeyId": "alias/ml", "CreationTime": 1.7e9,
                    })
                }
                "ListEndpoints" => page(&input, self.endpoints, "Endpoints", |number| {
                    let (name, arn) = named(&place, "endpoint", "endpoint", number);
                    json!({"EndpointName": name, "EndpointArn": arn, "EndpointStatus": "InService", "CreationTime": 1.7e9})
                }),
                "DescribeEndpoint" => {
                    let number = number("EndpointName")?;
                    let (name, arn) = named(&place, "endpoint", "endpoint", number);
                    let instances = if number % 5 == 4 { 1 } else { 2 };
                    json!({
                        "EndpointName": name, "EndpointArn": arn, "EndpointConfigName": format!("config-{number}"),
                        "EndpointStatus": "InService", "CreationTime": 1.7e9, "LastModifiedTime": 1.7e9,
                        "ProductionVariants": [{
                            "VariantName": "v1", "CurrentWeight": 1.0, "DesiredWeight": 1.0,
                            "CurrentInstanceCount": instances, "DesiredInstanceCount": instances,
                        }],
                    })
                }
                "DescribeEndpointConfig" => {
                    let number = number("EndpointConfigName")?;
                    let (name, arn) = named(&place, "endpoint-config", "config", number);
                    json!({
                        "EndpointConfigName": name, "EndpointConfigArn": arn, "KmsKeyId": "alias/ml", "CreationTime": 1.7e9,
                        "ProductionVariants": [{
                            "VariantName": "v1", "ModelName": format!("model-{}", number % self.models),
                            "InitialInstanceCount": 2, "InstanceType": "ml.m5.large", "InitialVariantWeight": 1.0,
                        }],
                    })
                }
                "DescribeModel" => {
                    let number = number("ModelName")?;
                    let subnets = [number, number + 1].map(|number| format!("subnet-{}", number % self.subnets));
                    json!({
                        "ModelName": format!("model-{number}"), "ModelArn": "arn", "CreationTime": 1.7e9,
                        "VpcConfig": {"Subnets": subnets, "SecurityGroupIds": ["sg-1"]},
                    })
                }
                "DescribeScalableTargets" => json!({"ScalableTargets": []}),
                "DescribeSubnets" => return Some(Answer::xml(subnets(self.subnets))),
                "DescribeAvailabilityZones" => return Some(Answer::xml(zones())),
                // AWS Config and Security Hub are the front door's own.
                _ => return None,
            }))
        }
    }
}

fn named(place: &Place, kind: &str, prefix: &str, number: usize) -> (String, String) {
    let name = format!("{prefix}-{number}");
    let arn = format!("arn:aws:sagemaker:{}:{}:{kind}/{name}", place.region, place.account);
    (name, arn)
}

/// A page of a list whose tokens are the number of the next item.
fn page(input: &Value, count: usize, member: &str, item: impl Fn(usize) -> Value) -> Value {
    let start = input["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let end = count.min(start + PAGE);
    let mut answer = json!({member: (start..end).map(item).collect::<Vec<_>>()});
    if end < count {
        answer["NextToken"] = json!(end.to_string());
    }
    answer
}

/// Subnets in turns in the Region's six zones.
fn subnets(count: usize) -> String {
    let item = |number: usize| {
        format!(
            "<item><subnetId>subnet-{number}</subnetId><state>available</state><vpcId>vpc-1</vpcId>\
             <cidrBlock>10.0.{number}.0/24</cidrBlock><availableIpAddressCount>200</availableIpAddressCount>\
             <availabilityZoneId>use1-az{}</availabilityZoneId></item>",
            number % 6 + 1
        )
    };
    let items: String = (0..count).map(item).collect();
    format!("<DescribeSubnetsResponse><subnetSet>{items}</subnetSet></DescribeSubnetsResponse>")
}

fn zones() -> String {
    let item =
        |number: usize| format!("<item><zoneId>use1-az{number}</zoneId><zoneType>availability-zone</zoneType></item>");
    let items: String = (1..=6).map(item).collect();
    format!(
        "<DescribeAvailabilityZonesResponse><availabilityZoneInfo>{items}</availabilityZoneInfo>\
         </DescribeAvailabilityZonesResponse>"
    )
}
