//! AWS, played: answers as its services give them, to the calls that the functions make.

use sandbox::{Answer, Call, Place, PlayedJobs, config_service::ConfigService};
use serde_json::{Value, json};

/// Most that SageMaker puts on a page.
const PAGE: usize = 100;

/// What there is in an account: a fifth of the notebooks and endpoints drift. Beside them there are an endpoint configuration for each
/// endpoint, one domain, one volume, one logged VPC, one training job and a key.
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
        for number in 0..self.endpoints {
            let (name, arn) = named(place, "endpoint-config", "config", number);
            config.forget("AWS::SageMaker::EndpointConfig", &name);
            config.discover("AWS::SageMaker::EndpointConfig", &arn, Some(&name));
        }
    }

    /// What answers for this account.
    pub(crate) fn answers(self, place: &Place) -> impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static {
        let place = place.clone();
        let jobs = PlayedJobs::new(&place, 1, sandbox::now().millis() - 3_600_000, 1);
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
                "ListEndpointConfigs" => page(&input, self.endpoints, "EndpointConfigs", |number| {
                    let (name, arn) = named(&place, "endpoint-config", "config", number);
                    json!({"EndpointConfigName": name, "EndpointConfigArn": arn, "CreationTime": 1.7e9})
                }),
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
                "ListDomains" => page(&input, 1, "Domains", |number| {
                    let (name, arn) = named(&place, "domain", "d", number);
                    json!({"DomainId": name, "DomainArn": arn, "DomainName": name, "CreationTime": 1.7e9})
                }),
                "DescribeDomain" => {
                    let (name, arn) = named(&place, "domain", "d", number("DomainId")?);
                    json!({
                        "DomainId": name, "DomainArn": arn, "DomainName": name, "Status": "InService", "KmsKeyId": "alias/ml",
                    })
                }
                "DescribeKey" => {
                    let arn = format!("arn:aws:kms:{}:{}:key/k", place.region, place.account);
                    json!({"KeyMetadata": {"KeyId": "k", "Arn": arn, "KeyManager": "CUSTOMER", "KeyState": "Enabled"}})
                }
                "DescribeEffectivePolicy" => json!({"EffectivePolicy": {
                    "PolicyContent": r#"{"services":{"default":{"opt_out_policy":"optOut"}}}"#,
                    "PolicyType": "AISERVICES_OPT_OUT_POLICY", "TargetId": place.account,
                }}),
                "DescribeVolumes" => return Some(Answer::xml(VOLUMES.to_owned())),
                "DescribeVpcs" => {
                    let account = &place.account;
                    return Some(Answer::xml(VPCS.replace("OWNER", account)));
                }
                "DescribeFlowLogs" => return Some(Answer::xml(FLOW_LOGS.to_owned())),
                "DescribeScalableTargets" => json!({"ScalableTargets": []}),
                "DescribeSubnets" => return Some(Answer::xml(subnets(self.subnets))),
                "DescribeAvailabilityZones" => return Some(Answer::xml(zones())),
                // One training job, and no job of another kind. AWS Config and Security Hub are the front door's own.
                _ => return jobs.answer(call),
            }))
        }
    }
}

const VOLUMES: &str = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><status>in-use</status>\
    <encrypted>true</encrypted></item></volumeSet></DescribeVolumesResponse>";
const VPCS: &str = "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><state>available</state><ownerId>OWNER</ownerId>\
    </item></vpcSet></DescribeVpcsResponse>";
const FLOW_LOGS: &str = "<DescribeFlowLogsResponse><flowLogSet><item><flowLogId>fl-1</flowLogId><resourceId>vpc-1</resourceId>\
    <flowLogStatus>ACTIVE</flowLogStatus><deliverLogsStatus>SUCCESS</deliverLogsStatus><trafficType>ALL</trafficType>\
    <maxAggregationInterval>60</maxAggregationInterval><logDestinationType>s3</logDestinationType></item></flowLogSet>\
    </DescribeFlowLogsResponse>";

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
