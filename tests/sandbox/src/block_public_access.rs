//! VPC Block Public Access, which moto does not have: what is set for the account in a Region, and the exclusions from it.

use crate::{Answer, Call, Place};

/// VPC Block Public Access of one place.
#[derive(Clone, Debug)]
pub struct BlockPublicAccess {
    mode: String,
    state: String,
    exclusions: Vec<Exclusion>,
}

#[derive(Clone, Debug)]
struct Exclusion {
    id: String,
    arn: String,
    mode: String,
    state: String,
}

/// As it is in an account where nobody touched it.
impl Default for BlockPublicAccess {
    fn default() -> Self {
        Self { mode: "off".to_owned(), state: "default-state".to_owned(), exclusions: Vec::new() }
    }
}

impl BlockPublicAccess {
    /// Sets `InternetGatewayBlockMode`, and the state in which that is.
    pub fn set(&mut self, mode: &str, state: &str) {
        mode.clone_into(&mut self.mode);
        state.clone_into(&mut self.state);
    }

    /// Excludes a VPC or a subnet, by its kind and id; the exclusion is in this state. Returns the exclusion's id.
    pub fn exclude(&mut self, place: &Place, [kind, id]: [&str; 2], mode: &str, state: &str) -> String {
        let exclusion = Exclusion {
            id: format!("vpcbpa-exclude-{:017x}", self.exclusions.len() + 1),
            arn: place.arn("ec2", &format!("{kind}/{id}")),
            mode: mode.to_owned(),
            state: state.to_owned(),
        };
        let id = exclusion.id.clone();
        self.exclusions.push(exclusion);
        id
    }

    /// Answers a call; `None` if it is moto's.
    pub(crate) fn answer(&self, call: &Call) -> Option<Answer> {
        let inner = match call.operation.as_str() {
            "DescribeVpcBlockPublicAccessOptions" => self.options(&call.place),
            // There are never so many that there would be a second page.
            "DescribeVpcBlockPublicAccessExclusions" => {
                let items = self.exclusions.iter().map(Exclusion::item).collect::<String>();
                format!("<vpcBlockPublicAccessExclusionSet>{items}</vpcBlockPublicAccessExclusionSet>")
            }
            _ => return None,
        };
        let (operation, id) = (&call.operation, "11111111-2222-3333-4444-555555555555");
        Some(Answer::xml(format!(
            "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>{id}</requestId>{inner}\
             </{operation}Response>"
        )))
    }

    fn options(&self, place: &Place) -> String {
        let Self { mode, state, .. } = self;
        let Place { account, region, .. } = place;
        format!(
            "<vpcBlockPublicAccessOptions><awsAccountId>{account}</awsAccountId><awsRegion>{region}</awsRegion><state>{state}</state>\
             <internetGatewayBlockMode>{mode}</internetGatewayBlockMode><managedBy>account</managedBy>\
             <exclusionsAllowed>allowed</exclusionsAllowed></vpcBlockPublicAccessOptions>"
        )
    }
}

impl Exclusion {
    fn item(&self) -> String {
        let Self { id, arn, mode, state } = self;
        format!(
            "<item><exclusionId>{id}</exclusionId><internetGatewayExclusionMode>{mode}</internetGatewayExclusionMode>\
             <resourceArn>{arn}</resourceArn><state>{state}</state></item>"
        )
    }
}
