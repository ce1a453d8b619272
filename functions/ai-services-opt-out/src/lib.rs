//! # ai-services-opt-out
//!
//! ## What it checks
//! The AI services opt-out policy that is in effect for the account, as `DescribeEffectivePolicy` of AWS Organizations tells it now:
//! what came of all policies of the root, the organizational units and the account. Whatever service it names is judged, known here or
//! not; values count by their exact case, as they do for AWS.
//!
//! Reported on is the account itself. Organizations has no Regions, so one Region is enough for the rule. An account's tags can be read by
//! the management account and delegated administrators only: elsewhere `exemptionTag` exempts nothing, and `exemptResourceIds` does.
//!
//! Not evaluated: whether a child policy could undo it tomorrow, which only the management account can see; and Amazon Monitron, which
//! takes steps outside the policy.
//!
//! ## Why it matters
//! Unless told otherwise, some of AWS's AI services may keep and use what they are given, to get better, and may do so outside the
//! Region. `default: optOut` says no for all of them, those that do not exist yet included.
//!
//! ## Verdicts
//! * `COMPLIANT`: `default` is `optOut`, and no service that the policy names is anything else, those of `allowedOptInServices` apart.
//! * `COMPLIANT`: there is no `default`, `acceptExplicitList` is `true`, every service of `requiredServices` is `optOut`, and so on.
//! * `NON_COMPLIANT`: `default` is missing, or is something else than `optOut`, or has another case.
//! * `NON_COMPLIANT`: a service is `optIn`, or anything else than `optOut`, and `allowedOptInServices` does not name it.
//! * `NON_COMPLIANT`: a service of `requiredServices` is not `optOut`, by itself or by `default`.
//! * `NON_COMPLIANT`: no policy is in effect, since none reaches the account, none says anything, or the organization does not use this
//!   type of policy.
//! * As `standaloneResult` says, `NON_COMPLIANT` by default: the account is in no organization, so it cannot opt out by policy.
//!   `NOT_APPLICABLE` is the other way to see it.
//! * Undecided, reported to Security Hub only, and an error of the function: the policy is not JSON, not of the documented shape, or could
//!   not be read. A denied call says nothing about the policy.
//!
//! ## How to fix
//! In the organization's management account, enable the policy type and attach to the root a policy with `services`, `default`,
//! `opt_out_policy`, `@@assign: optOut`. With `@@operators_allowed_for_child_policies: ["@@none"]` at each of the three, no policy below
//! can undo it.
//!
//! ## References
//! * AWS Organizations User Guide, "AI services opt-out policies"; AWS Organizations API, `DescribeEffectivePolicy`.
//! * Neither AWS Config nor Security Hub has such a control.

use organizations::{Choice, OptOut};
use rule::{
    Context, Deployed, Metadata, ParameterError, ParameterSpec, Parameters, Provenance, Remediation, Requirements,
    Rule, Severity, Trigger, Values, Verdict,
};

/// The rule.
#[derive(Debug)]
pub struct AiServicesOptOut;

/// The rule's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// Services that may use content.
    pub allowed_opt_in_services: Vec<String>,
    /// Services that may not, whatever the policy says of others.
    pub required_services: Vec<String>,
    /// Take a policy without `default` if it names all of those.
    pub accept_explicit_list: bool,
    /// Say nothing about an account that is in no organization.
    pub standalone_not_applicable: bool,
}

const META: Metadata = Metadata {
    name: "ai-services-opt-out",
    version: env!("CARGO_PKG_VERSION"),
    summary: "The account should opt out of AI services using its content",
    severity: Severity::Medium,
    resource_types: &["AWS::::Account"],
    triggers: &[Trigger::Schedule],
    also_triggered_by: &[],
    deployed: Deployed::OneRegion,
    parameters: &[
        ParameterSpec {
            name: "allowedOptInServices",
            default: "",
            values: Values::List,
            about: "services that may use content, by their names in the policy, such as `lex`",
        },
        ParameterSpec {
            name: "requiredServices",
            default: "",
            values: Values::List,
            about: "services that may not, by their names in the policy",
        },
        ParameterSpec {
            name: "acceptExplicitList",
            default: "false",
            values: Values::Flag,
            about: "take a policy without `default` if it opts out of all `requiredServices`",
        },
        ParameterSpec {
            name: "standaloneResult",
            default: "NON_COMPLIANT",
            values: Values::OneOf(&["NON_COMPLIANT", "NOT_APPLICABLE"]),
            about: "an account that is in no organization: `NON_COMPLIANT` or `NOT_APPLICABLE`",
        },
    ],
    iam_actions: &["organizations:DescribeEffectivePolicy", "organizations:ListTagsForResource"],
    requirements: &[
        Requirements {
            framework: "AWS AI Security Framework",
            ids: &["AISF-DATA-06"],
            provenance: Provenance::Prowler("organizations_opt_out_ai_services_policy"),
        },
        Requirements {
            framework: "KISA-ISMS-P",
            ids: &["2.10.2"],
            provenance: Provenance::Prowler("organizations_opt_out_ai_services_policy"),
        },
    ],
    remediation: Remediation {
        text: "In the organization's management account, enable AI services opt-out policies and attach one to the root that assigns \
               optOut to default. Forbid child policies to change it (@@operators_allowed_for_child_policies: [\"@@none\"] at services, \
               default and opt_out_policy).",
        url: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ai-opt-out.html",
    },
};

impl Rule for AiServicesOptOut {
    const META: Metadata = META;
    type Facts = OptOut;
    type Params = Params;

    fn params(given: &mut Parameters) -> Result<Params, ParameterError> {
        let params = Params {
            allowed_opt_in_services: given.list("allowedOptInServices"),
            required_services: given.list("requiredServices"),
            accept_explicit_list: given.flag("acceptExplicitList", false)?,
            standalone_not_applicable: given.one_of(
                "standaloneResult",
                false,
                &[("NON_COMPLIANT", false), ("NOT_APPLICABLE", true)],
            )?,
        };
        let refused = |name: &'static str, value: &[String], allowed: &str| {
            Err(ParameterError::Value { name, value: value.join(","), allowed: allowed.to_owned() })
        };
        let Params { allowed_opt_in_services: allowed, required_services: required, .. } = &params;
        if allowed.iter().any(|service| service == DEFAULT || required.contains(service)) {
            return refused("allowedOptInServices", allowed, "neither `default` nor a service of `requiredServices`");
        }
        if params.accept_explicit_list && required.is_empty() {
            return refused("requiredServices", required, "at least one service with `acceptExplicitList=true`");
        }
        Ok(params)
    }

    fn decide(opt_out: &OptOut, params: &Params, _: Context<'_>) -> Verdict {
        let choices = match opt_out {
            OptOut::Policy(choices) => choices,
            OptOut::NoPolicy => {
                return Verdict::non_compliant(
                    "no AI services opt-out policy is in effect, so AWS may use the account's content",
                );
            }
            OptOut::NoOrganization if params.standalone_not_applicable => {
                return Verdict::not_applicable("the account is in no organization, so it cannot opt out by policy");
            }
            OptOut::NoOrganization => {
                return Verdict::non_compliant("the account is in no organization, so it cannot opt out by policy");
            }
        };
        let default = choices.get(DEFAULT);
        let mut failures = Vec::new();
        match default {
            Some(Choice::Out) => {}
            None if params.accept_explicit_list => {}
            None => {
                failures
                    .push("the policy has no default, so services that it does not name may use content".to_owned());
            }
            Some(other) => failures.push(format!("default is {}", written(other))),
        }
        for (service, choice) in choices {
            if service != DEFAULT && *choice != Choice::Out && !params.allowed_opt_in_services.contains(service) {
                failures.push(format!("{service} is {}", written(choice)));
            }
        }
        // What a service is not told itself, it is told by default; and what it is told has been judged above.
        if default.is_none() {
            let missing = params.required_services.iter().filter(|service| !choices.contains_key(*service));
            failures.extend(missing.map(|service| format!("{service} is not named (requiredServices)")));
        }
        if failures.is_empty() { Verdict::COMPLIANT } else { Verdict::non_compliant(failures.join("; ")) }
    }
}

/// The name under which a policy speaks of all services that it does not name.
const DEFAULT: &str = "default";

/// A choice that is not `optOut`, for a reader who may not see the difference.
fn written(choice: &Choice) -> String {
    match choice {
        Choice::Out => "`optOut`".to_owned(),
        Choice::In => "`optIn`".to_owned(),
        Choice::Other(other) => format!("`{other}`, which is not `optOut`"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn policy(choices: &[(&str, &str)]) -> OptOut {
        let choice = |choice: &str| match choice {
            "optOut" => Choice::Out,
            "optIn" => Choice::In,
            other => Choice::Other(other.to_owned()),
        };
        OptOut::Policy(choices.iter().map(|(service, of)| ((*service).to_owned(), choice(of))).collect())
    }

    fn params(allowed: &[&str], required: &[&str], accept_explicit_list: bool) -> Params {
        let owned = |services: &[&str]| services.iter().map(|service| (*service).to_owned()).collect();
        Params {
            allowed_opt_in_services: owned(allowed),
            required_services: owned(required),
            accept_explicit_list,
            standalone_not_applicable: false,
        }
    }

    #[test]
    fn the_verdict_table() {
        let plain = params(&[], &[], false);
        let lex_may = params(&["lex"], &[], false);
        let must = params(&[], &["lex", "polly"], false);
        let list = params(&[], &["lex", "polly"], true);
        let not_applicable = Params { standalone_not_applicable: true, ..Params::default() };
        let no_default = "the policy has no default, so services that it does not name may use content";
        let fails = |reason: &str| Verdict::non_compliant(reason);
        for (opt_out, params, verdict) in [
            (policy(&[("default", "optOut")]), &plain, Verdict::COMPLIANT),
            (policy(&[("default", "optOut"), ("lex", "optOut")]), &plain, Verdict::COMPLIANT),
            (policy(&[("default", "optOut"), ("unheard-of", "optOut")]), &plain, Verdict::COMPLIANT),
            (policy(&[("default", "optOut"), ("lex", "optIn")]), &plain, fails("lex is `optIn`")),
            (policy(&[("default", "optOut"), ("unheard-of", "optIn")]), &plain, fails("unheard-of is `optIn`")),
            (
                policy(&[("default", "optOut"), ("lex", "optout")]),
                &plain,
                fails("lex is `optout`, which is not `optOut`"),
            ),
            (policy(&[("default", "optOut"), ("lex", "optIn")]), &lex_may, Verdict::COMPLIANT),
            (policy(&[("default", "optOut"), ("Lex", "optIn")]), &lex_may, fails("Lex is `optIn`")),
            (
                policy(&[("default", "optOut"), ("lex", "optIn"), ("polly", "optIn")]),
                &lex_may,
                fails("polly is `optIn`"),
            ),
            (policy(&[("default", "optIn")]), &plain, fails("default is `optIn`")),
            (policy(&[("default", "optout")]), &plain, fails("default is `optout`, which is not `optOut`")),
            (policy(&[("default", "")]), &plain, fails("default is ``, which is not `optOut`")),
            (policy(&[("Default", "optOut")]), &plain, fails(no_default)),
            (policy(&[("lex", "optOut"), ("polly", "optOut")]), &plain, fails(no_default)),
            (policy(&[]), &plain, fails(no_default)),
            (policy(&[("default", "optOut")]), &must, Verdict::COMPLIANT),
            (policy(&[("lex", "optOut"), ("polly", "optOut")]), &must, fails(no_default)),
            (
                policy(&[("lex", "optOut")]),
                &must,
                fails(&format!("{no_default}; polly is not named (requiredServices)")),
            ),
            (policy(&[("lex", "optOut"), ("polly", "optOut")]), &list, Verdict::COMPLIANT),
            (policy(&[("default", "optOut")]), &list, Verdict::COMPLIANT),
            (policy(&[("lex", "optOut")]), &list, fails("polly is not named (requiredServices)")),
            (policy(&[("lex", "optOut"), ("polly", "optIn")]), &list, fails("polly is `optIn`")),
            (policy(&[("lex", "optOut"), ("polly", "optOut"), ("q", "optIn")]), &list, fails("q is `optIn`")),
            (
                policy(&[("default", "optIn"), ("lex", "optOut"), ("polly", "optOut")]),
                &list,
                fails("default is `optIn`"),
            ),
            (
                OptOut::NoPolicy,
                &plain,
                fails("no AI services opt-out policy is in effect, so AWS may use the account's content"),
            ),
            (
                OptOut::NoPolicy,
                &not_applicable,
                fails("no AI services opt-out policy is in effect, so AWS may use the account's content"),
            ),
            (
                OptOut::NoOrganization,
                &plain,
                fails("the account is in no organization, so it cannot opt out by policy"),
            ),
            (
                OptOut::NoOrganization,
                &not_applicable,
                Verdict::not_applicable("the account is in no organization, so it cannot opt out by policy"),
            ),
        ] {
            assert_eq!(
                AiServicesOptOut::decide(&opt_out, params, Context::default()),
                verdict,
                "{opt_out:?} {params:?}"
            );
        }
    }

    #[test]
    fn parameters_make_sense_together() {
        for (pairs, expected) in [
            (&[] as &[_], Ok(Params::default())),
            (
                &[("requiredServices", "lex, polly"), ("acceptExplicitList", "true")],
                Ok(params(&[], &["lex", "polly"], true)),
            ),
            (
                &[("standaloneResult", "NOT_APPLICABLE")],
                Ok(Params { standalone_not_applicable: true, ..Params::default() }),
            ),
            (
                &[("acceptExplicitList", "true")],
                Err(
                    "parameter `requiredServices` is ``: allowed is at least one service with `acceptExplicitList=true`",
                ),
            ),
            (
                &[("allowedOptInServices", "lex"), ("requiredServices", "lex")],
                Err(
                    "parameter `allowedOptInServices` is `lex`: allowed is neither `default` nor a service of `requiredServices`",
                ),
            ),
            (
                &[("allowedOptInServices", "default")],
                Err(
                    "parameter `allowedOptInServices` is `default`: allowed is neither `default` nor a service of `requiredServices`",
                ),
            ),
            (
                &[("standaloneResult", "COMPLIANT")],
                Err("parameter `standaloneResult` is `COMPLIANT`: allowed is `NON_COMPLIANT` or `NOT_APPLICABLE`"),
            ),
        ] {
            let mut given =
                Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            let params = AiServicesOptOut::params(&mut given).map_err(|error| error.to_string());
            assert_eq!(params, expected.map_err(str::to_owned), "{pairs:?}");
        }
    }

    fn services() -> impl Strategy<Value = BTreeMap<String, Choice>> {
        let service = prop_oneof![Just("default"), Just("lex"), Just("polly"), Just("q")].prop_map(str::to_owned);
        let choice = prop_oneof![Just(Choice::Out), Just(Choice::In), "[a-z]{0,6}".prop_map(Choice::Other)];
        prop::collection::btree_map(service, choice, 0..5)
    }

    fn some_params() -> impl Strategy<Value = Params> {
        let some =
            || prop::collection::vec(prop_oneof![Just("lex"), Just("polly"), Just("q")].prop_map(str::to_owned), 0..3);
        (some(), some(), any::<bool>()).prop_map(|(allowed, required, list)| Params {
            allowed_opt_in_services: allowed,
            required_services: required,
            accept_explicit_list: list,
            standalone_not_applicable: false,
        })
    }

    proptest! {
        /// Removing an opt-out never turns a failure into a pass, and adding an opt-in does not either.
        #[test]
        fn less_opting_out_is_no_better(choices in services(), params in some_params(), service in "(default|lex|polly|q)") {
            let passes = |choices: &BTreeMap<String, Choice>| {
                AiServicesOptOut::decide(&OptOut::Policy(choices.clone()), &params, Context::default()) == Verdict::COMPLIANT
            };
            let mut less = choices.clone();
            let was = less.remove(&service);
            if was == Some(Choice::Out) {
                prop_assert!(passes(&choices) || !passes(&less), "{choices:?} without {service}");
            }
            let mut more = choices.clone();
            more.insert(service.clone(), Choice::In);
            if was.is_none() || was == Some(Choice::Out) {
                // An opt-in that is allowed may name a service that has to be named.
                prop_assume!(!params.allowed_opt_in_services.contains(&service));
                prop_assert!(passes(&choices) || !passes(&more), "{choices:?} with {service} opted in");
            }
        }
    }
}
