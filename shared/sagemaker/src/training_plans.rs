use aws_sdk_sagemaker::{Client, types::ReservedCapacityStatus};
use rule::Fact;

/// Ids of the Availability Zones in which an ML capacity reservation, a training plan, has capacity now; each once. "You can use exactly
/// one plan per inference endpoint" (Amazon SageMaker Developer Guide), but a plan may be made of several reserved capacities, each of which
/// is in one zone.
pub(crate) async fn reserved_zones(client: &Client, arn: &str) -> Fact<Vec<String>> {
    const OPERATION: &str = "sagemaker:DescribeTrainingPlan";
    let Some((_, name)) = arn.split_once(":training-plan/") else {
        return Fact::Unread(format!("where ML capacity reservation {arn} is cannot be read"));
    };
    let answer = match client.describe_training_plan().training_plan_name(name).send().await {
        Ok(answer) => answer,
        Err(error) => return Fact::Unread(aws::reason(OPERATION, &error)),
    };
    if !answer.training_plan_arn().is_some_and(|of| of.eq_ignore_ascii_case(arn)) {
        return Fact::Unread(format!("{OPERATION} did not answer about {arn}"));
    }
    let mut zones = Vec::new();
    for capacity in answer.reserved_capacity_summaries() {
        use ReservedCapacityStatus::{Active, Expired, Failed, Pending, Scheduled};
        match capacity.status() {
            Some(Active) => {}
            // It is over, or still to come.
            Some(Expired | Failed | Pending | Scheduled) => continue,
            None => return Fact::Unread(format!("{OPERATION} gave no Status of a reserved capacity of {name}")),
            Some(other) => return Fact::Unread(aws::unknown("Status of a reserved capacity", other.as_str())),
        }
        match aws::given(capacity.availability_zone_id()) {
            Some(zone) if zones.contains(&zone) => {}
            Some(zone) => zones.push(zone),
            None => {
                return Fact::Unread(format!(
                    "{OPERATION} gave no AvailabilityZoneId of a reserved capacity of {name}"
                ));
            }
        }
    }
    Fact::Known(zones)
}
