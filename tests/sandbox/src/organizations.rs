//! The effective AI services opt-out policy of an account, which moto does not know, merged from the policies that it holds.

use std::{collections::BTreeMap, slice};

use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::{Answer, Call, FrontDoor, Place};

/// The one policy type that the sandbox merges.
pub(crate) const POLICY_TYPE: &str = "AISERVICES_OPT_OUT_POLICY";

/// The policy that holds for an account, without operators, from the policies attached to the root, to each
/// organizational unit on the way down and to the account; those of one level in the order in which they were attached.
/// `None` when there is none.
///
/// Documented in the AWS Organizations User Guide ("Inheritance operators", "Inheritance examples", "AI services opt-out
/// policy syntax and examples", "Backup policy syntax and examples"):
///
/// * `@@assign` sets a value, and replaces one from a level above.
/// * `"@@operators_allowed_for_child_policies": ["@@none"]` binds the levels below, not the level that says it, and none
///   of them can take it back. It locks the point of the tree where it stands. Under `opt_out_policy` that is the value.
///   Under a service or under `services` it is the list of keys: policies below add no key, and may still change what
///   stands under one that is there. Hence AWS's examples lock "every node".
/// * Of several policies on one level, the one attached first sets the value (example 6), and what each of them allows is
///   intersected (example 5).
///
/// A public recording of AWS's answers for tag policies (radkawar/stackd,
/// `testdata/aws/iam/organizations_effective_policy.json`) agrees: a value under a locked key was replaced from below,
/// and the first of two values on one level held.
///
/// Decided here, where nothing is documented; moto, unlike AWS, takes any content:
///
/// * A list that names neither `@@assign` nor `@@all` allows nothing, since there is no other operator in these policies.
///   What is no list is read as a list of one.
/// * An assigned value is passed on whatever it is. A value without `@@assign`, any other key, and `@@assign` anywhere
///   but under `opt_out_policy` mean nothing.
/// * A service without a value is left out, and so is `services` when it is empty.
pub(crate) fn effective(levels: &[Vec<Value>]) -> Option<Value> {
    if levels.iter().all(Vec::is_empty) {
        return None;
    }
    let mut services = Node::default();
    for (level, policies) in levels.iter().enumerate() {
        for policy in policies {
            services.assign(&policy["services"], level);
        }
        // Only now, as a lock does not bind its own level.
        for policy in policies {
            services.lock(&policy["services"]);
        }
    }
    let set = services.children.iter().filter_map(|(name, service)| {
        let (_, value) = service.children.get("opt_out_policy")?.value?;
        Some(((*name).to_owned(), json!({"opt_out_policy": value})))
    });
    let set: serde_json::Map<_, _> = set.collect();
    Some(if set.is_empty() { json!({}) } else { json!({"services": set}) })
}

/// A point of the merged tree.
#[derive(Debug, Default)]
struct Node<'a> {
    /// Whether a level above has closed it.
    is_locked: bool,
    /// What is assigned here, and the level that did it.
    value: Option<(usize, &'a Value)>,
    children: BTreeMap<&'a str, Self>,
}

impl<'a> Node<'a> {
    fn assign(&mut self, policy: &'a Value, level: usize) {
        for (name, below) in policy.as_object().into_iter().flatten() {
            if name == "@@assign" {
                if !self.is_locked && self.value.is_none_or(|(set, _)| set < level) {
                    self.value = Some((level, below));
                }
            } else if !name.starts_with("@@") && (!self.is_locked || self.children.contains_key(name.as_str())) {
                self.children.entry(name).or_default().assign(below, level);
            }
        }
    }

    fn lock(&mut self, policy: &Value) {
        self.is_locked |= policy.get("@@operators_allowed_for_child_policies").is_some_and(allows_nothing);
        for (name, child) in &mut self.children {
            child.lock(&policy[name]);
        }
    }
}

fn allows_nothing(operators: &Value) -> bool {
    let operators = operators.as_array().map_or(slice::from_ref(operators), Vec::as_slice);
    !operators.iter().any(|operator| operator == "@@assign" || operator == "@@all")
}

/// Answers `DescribeEffectivePolicy`. Boxed, since it calls the door that calls it.
///
/// Two refusals follow the API's reference where the recording named at [`effective`] has something else, for tag policies:
/// with the type enabled and nothing attached it shows the management account a success with the content `{}` (here:
/// `EffectivePolicyNotFoundException`), and a member that names another account `AccessDeniedException` (here:
/// `TargetNotFoundException`).
pub(crate) fn describe_effective_policy<'a>(door: &'a FrontDoor, call: &'a Call) -> BoxFuture<'a, Answer> {
    Box::pin(async move {
        let (Ok(answer) | Err(answer)) = answer(door, call).await;
        answer
    })
}

async fn answer(door: &FrontDoor, call: &Call) -> Result<Answer, Answer> {
    let input = call.json();
    match input["PolicyType"].as_str() {
        Some(POLICY_TYPE) => {}
        Some(_) => return Err(Answer::refuse("InvalidInputException", "You specified an invalid policy type.")),
        None => return Err(Answer::refuse("InvalidInputException", "You must provide a value for the parameter.")),
    }
    // moto shows a member its organization, as AWS does, but of what is in it only the roots: the rest is asked for as the
    // management account, in the caller's Region, which tells moto the partition.
    let organization = ask(door, &call.place, "DescribeOrganization", &json!({})).await?;
    let management = text(&organization["Organization"]["MasterAccountId"]);
    let management = &Place::new(&management, &call.place.region);
    let account = target(door, call, management, &input["TargetId"]).await?;

    let roots = list(door, management, "ListRoots", json!({}), "Roots").await?;
    let is_enabled = |kind: &Value| kind["Type"] == POLICY_TYPE && kind["Status"] == "ENABLED";
    if !roots.iter().filter_map(|root| root["PolicyTypes"].as_array()).flatten().any(is_enabled) {
        let message = "The specified policy type is not enabled.";
        return Err(Answer::refuse("EffectivePolicyNotFoundException", message));
    }
    let mut levels = Vec::new();
    for target in chain(door, management, &account).await? {
        levels.push(attached(door, management, &target).await?);
    }
    let Some(policy) = effective(&levels) else {
        let message = "The account doesn't have an effective policy of this type.";
        return Err(Answer::refuse("EffectivePolicyNotFoundException", message));
    };
    Ok(Answer::ok(json!({"EffectivePolicy": {
        "PolicyContent": policy.to_string(),
        "LastUpdatedTimestamp": crate::now().millis() / 1000,
        "TargetId": account,
        "PolicyType": POLICY_TYPE,
    }})))
}

/// The account that is asked about: the caller's own unless it says otherwise, which only the management account may.
async fn target(door: &FrontDoor, call: &Call, management: &Place, named: &Value) -> Result<String, Answer> {
    let own = &call.place.account;
    let Some(named) = named.as_str().filter(|named| named != own) else { return Ok(own.clone()) };
    if named.len() != 12 || !named.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = "You specified a target that is not currently supported.";
        return Err(Answer::refuse("InvalidInputException", message));
    }
    if *own != management.account {
        return Err(no_such_target());
    }
    ask(door, management, "DescribeAccount", &json!({"AccountId": named})).await?;
    Ok(named.to_owned())
}

/// The root, the organizational units below it, and the account.
async fn chain(door: &FrontDoor, management: &Place, account: &str) -> Result<Vec<String>, Answer> {
    let mut chain = vec![account.to_owned()];
    let mut child = account.to_owned();
    while let Some(parent) = list(door, management, "ListParents", json!({"ChildId": child}), "Parents").await?.first()
    {
        child = text(&parent["Id"]);
        chain.push(child.clone());
    }
    chain.reverse();
    Ok(chain)
}

/// The policies attached to one target, in moto's order, which is that of their attachment.
async fn attached(door: &FrontDoor, management: &Place, target: &str) -> Result<Vec<Value>, Answer> {
    let input = json!({"TargetId": target, "Filter": POLICY_TYPE});
    let mut policies = Vec::new();
    for summary in list(door, management, "ListPoliciesForTarget", input, "Policies").await? {
        let answer = ask(door, management, "DescribePolicy", &json!({"PolicyId": summary["Id"]})).await?;
        // AWS would not have stored what is no JSON; here it sets nothing.
        policies.push(serde_json::from_str(&text(&answer["Policy"]["Content"])).unwrap_or_default());
    }
    Ok(policies)
}

/// All pages of a list.
async fn list(
    door: &FrontDoor,
    place: &Place,
    operation: &str,
    mut input: Value,
    member: &str,
) -> Result<Vec<Value>, Answer> {
    let mut items = Vec::new();
    loop {
        let answer = ask(door, place, operation, &input).await?;
        items.extend(answer[member].as_array().into_iter().flatten().cloned());
        match &answer["NextToken"] {
            Value::Null => return Ok(items),
            token => input["NextToken"] = token.clone(),
        }
    }
}

/// Calls moto; its refusals in AWS's names.
async fn ask(door: &FrontDoor, place: &Place, operation: &str, input: &Value) -> Result<Value, Answer> {
    let target = format!("AWSOrganizationsV20161128.{operation}");
    let answer = door.call(place, "organizations", &target, input).await;
    answer.map_err(|error| {
        if error.contains("AWSOrganizationsNotInUseException") {
            let message = "Your account is not a member of an organization.";
            Answer::refuse("AWSOrganizationsNotInUseException", message)
        } else if error.contains("AccountNotFoundException") {
            no_such_target()
        } else {
            Answer::error(500, "ServiceException", &error)
        }
    })
}

fn no_such_target() -> Answer {
    Answer::refuse("TargetNotFoundException", "You specified a target that doesn't exist.")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONTROL: &str = "@@operators_allowed_for_child_policies";

    /// A policy that assigns one value to each of these services.
    fn assigns(values: &[(&str, &str)]) -> Value {
        let services =
            values.iter().map(|(name, value)| ((*name).to_owned(), json!({"opt_out_policy": {"@@assign": value}})));
        json!({"services": services.collect::<serde_json::Map<_, _>>()})
    }

    /// What is effective, in one line: `default=optOut lex=optIn`.
    fn shown(levels: &[Vec<Value>]) -> String {
        let Some(policy) = effective(levels) else { return "none".to_owned() };
        let services = policy["services"].as_object().into_iter().flatten();
        let shown: Vec<_> = services
            .map(|(name, service)| format!("{name}={}", service["opt_out_policy"].as_str().unwrap_or("?")))
            .collect();
        shown.join(" ")
    }

    /// AWS's first example: all three points of the tree locked.
    fn everything_locked() -> Value {
        json!({"services": {
            CONTROL: ["@@none"],
            "default": {
                CONTROL: ["@@none"],
                "opt_out_policy": {CONTROL: ["@@none"], "@@assign": "optOut"},
            },
        }})
    }

    /// AWS's second example: the default locked, other services open.
    fn default_locked() -> Value {
        json!({"services": {
            "default": {CONTROL: ["@@none"], "opt_out_policy": {CONTROL: ["@@none"], "@@assign": "optOut"}},
        }})
    }

    /// AWS's third example: one service locked, no default.
    fn rekognition_locked() -> Value {
        json!({"services": {"rekognition": {"opt_out_policy": {"@@assign": "optOut", CONTROL: ["@@none"]}}}})
    }

    /// From the syntax page: a default, Comprehend locked, Rekognition exempt and open.
    fn comprehend_locked() -> Value {
        json!({"services": {
            "default": {"opt_out_policy": {"@@assign": "optOut"}},
            "comprehend": {"opt_out_policy": {CONTROL: ["@@none"], "@@assign": "optOut"}},
            "rekognition": {"opt_out_policy": {"@@assign": "optIn"}},
        }})
    }

    #[test]
    fn trees_are_merged_as_aws_documents() {
        let lex = || assigns(&[("lex", "optIn")]);
        let default_in = || assigns(&[("default", "optIn")]);
        let all_in =
            || assigns(&[("default", "optIn"), ("comprehend", "optIn"), ("rekognition", "optIn"), ("lex", "optIn")]);
        let list_locked =
            || json!({"services": {CONTROL: ["@@none"], "default": {"opt_out_policy": {"@@assign": "optOut"}}}});
        let key_locked =
            || json!({"services": {"default": {CONTROL: ["@@none"], "opt_out_policy": {"@@assign": "optOut"}}}});
        let value_locked =
            || json!({"services": {"default": {"opt_out_policy": {CONTROL: ["@@none"], "@@assign": "optOut"}}}});
        let unlocks =
            || json!({"services": {CONTROL: ["@@all"], "default": {"opt_out_policy": {CONTROL: ["@@assign"]}}}});
        for (levels, expected) in [
            // Without locks.
            (vec![], "none"),
            (vec![vec![], vec![], vec![]], "none"),
            (vec![vec![assigns(&[("rekognition", "optOut"), ("lex", "optIn")])]], "lex=optIn rekognition=optOut"),
            (vec![vec![], vec![lex()], vec![]], "lex=optIn"),
            (vec![vec![assigns(&[("default", "optOut")])], vec![], vec![lex()]], "default=optOut lex=optIn"),
            (vec![vec![assigns(&[("default", "optOut")])], vec![default_in()]], "default=optIn"),
            (vec![vec![default_in()], vec![assigns(&[("default", "optOut")])], vec![default_in()]], "default=optIn"),
            // AWS's examples.
            (vec![vec![everything_locked()]], "default=optOut"),
            (vec![vec![everything_locked()], vec![lex()], vec![all_in()]], "default=optOut"),
            (vec![vec![default_locked()], vec![lex()]], "default=optOut lex=optIn"),
            (vec![vec![default_locked()], vec![], vec![default_in(), lex()]], "default=optOut lex=optIn"),
            (
                vec![vec![rekognition_locked()], vec![all_in()]],
                "comprehend=optIn default=optIn lex=optIn rekognition=optOut",
            ),
            (vec![vec![comprehend_locked()]], "comprehend=optOut default=optOut rekognition=optIn"),
            (
                vec![vec![comprehend_locked()], vec![all_in()]],
                "comprehend=optOut default=optIn lex=optIn rekognition=optIn",
            ),
            (
                vec![vec![comprehend_locked()], vec![assigns(&[("rekognition", "optOut")])]],
                "comprehend=optOut default=optOut rekognition=optOut",
            ),
            // One lock alone locks its own point.
            (vec![vec![list_locked()], vec![lex()]], "default=optOut"),
            (vec![vec![list_locked()], vec![default_in()]], "default=optIn"),
            (vec![vec![key_locked()], vec![default_in(), lex()]], "default=optIn lex=optIn"),
            (
                vec![vec![json!({"services": {"default": {CONTROL: ["@@none"]}}})], vec![default_in(), lex()]],
                "lex=optIn",
            ),
            (vec![vec![value_locked()], vec![default_in(), lex()]], "default=optOut lex=optIn"),
            (vec![vec![json!({"services": {CONTROL: ["@@none"]}})], vec![all_in()]], ""),
            // Half-way down, and for good.
            (vec![vec![lex()], vec![everything_locked()], vec![all_in()]], "default=optOut lex=optIn"),
            (vec![vec![default_in()], vec![value_locked()], vec![default_in()]], "default=optOut"),
            (vec![vec![everything_locked()], vec![unlocks()], vec![all_in()]], "default=optOut"),
            // One level: the first value, the intersection of what is allowed, and no lock on itself.
            (vec![vec![assigns(&[("default", "optOut")]), default_in()]], "default=optOut"),
            (vec![vec![default_in(), assigns(&[("default", "optOut")])]], "default=optIn"),
            (vec![vec![value_locked(), unlocks()], vec![default_in()]], "default=optOut"),
            (vec![vec![unlocks(), value_locked()], vec![default_in()]], "default=optOut"),
            (vec![vec![everything_locked(), lex()], vec![default_in()]], "default=optOut lex=optIn"),
        ] {
            assert_eq!(shown(&levels), expected, "{levels:?}");
        }
    }

    #[test]
    fn any_value_form_has_a_meaning() {
        let setting = |setting: Value| json!({"services": {"lex": {"opt_out_policy": setting}}});
        for (policy, expected) in [
            (setting(json!({"@@assign": "optout"})), json!({"services": {"lex": {"opt_out_policy": "optout"}}})),
            (setting(json!({"@@assign": ["optOut"]})), json!({"services": {"lex": {"opt_out_policy": ["optOut"]}}})),
            (setting(json!({"@@assign": null})), json!({"services": {"lex": {"opt_out_policy": null}}})),
            (setting(json!({"@@append": "optOut"})), json!({})),
            (setting(json!({})), json!({})),
            (setting(json!("optOut")), json!({})),
            (setting(json!(["@@assign", "optOut"])), json!({})),
            (json!({"services": {"lex": {"@@assign": "optOut", "other": {"@@assign": "optOut"}}}}), json!({})),
            (json!({"services": {"@@assign": "optOut"}}), json!({})),
            (json!({"services": {"lex": null}}), json!({})),
            (json!({"services": {}}), json!({})),
            (json!({}), json!({})),
            (Value::Null, json!({})),
        ] {
            assert_eq!(effective(&[vec![policy.clone()]]), Some(expected), "{policy}");
        }
    }

    #[test]
    fn only_a_list_with_assign_or_all_stays_open() {
        for (operators, is_open) in [
            (json!(["@@assign"]), true),
            (json!(["@@all"]), true),
            (json!(["@@append", "@@assign"]), true),
            (json!("@@assign"), true),
            (json!(["@@none"]), false),
            (json!("@@none"), false),
            (json!(["@@append", "@@remove"]), false),
            (json!([]), false),
            (json!(null), false),
        ] {
            let parent = json!({"services": {"lex": {"opt_out_policy": {"@@assign": "optOut", CONTROL: operators}}}});
            let shown = shown(&[vec![parent], vec![assigns(&[("lex", "optIn")])]]);
            assert_eq!(shown == "lex=optIn", is_open, "{operators}");
        }
    }

    /// JSON that looks like a policy often enough.
    fn documents() -> impl Strategy<Value = Value> {
        let word = || {
            prop::sample::select(vec![
                "services",
                "default",
                "lex",
                "opt_out_policy",
                "optOut",
                "optIn",
                "@@assign",
                "@@none",
                "@@all",
                CONTROL,
                "",
            ])
        };
        let leaf = prop_oneof![word().prop_map(Value::from), any::<bool>().prop_map(Value::from), Just(Value::Null)];
        let node = leaf.prop_recursive(5, 64, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec((word(), inner), 0..4).prop_map(Value::from_iter),
            ]
        });
        let setting = prop::collection::btree_map(prop::sample::select(vec!["@@assign", CONTROL]), node.clone(), 0..3);
        let service =
            (setting, node.clone()).prop_map(|(setting, lock)| json!({"opt_out_policy": setting, CONTROL: lock}));
        let names = prop::sample::select(vec!["default", "lex", "polly"]);
        let services = prop::collection::btree_map(names, service, 0..4);
        let policy = (services, node.clone()).prop_map(|(services, lock)| {
            let mut policy = json!({"services": services});
            policy["services"][CONTROL] = lock;
            policy
        });
        prop_oneof![node, policy]
    }

    fn trees() -> impl Strategy<Value = Vec<Vec<Value>>> {
        prop::collection::vec(prop::collection::vec(documents(), 0..3), 0..4)
    }

    proptest! {
        #[test]
        fn any_tree_has_an_effective_policy_when_it_has_one(levels in trees()) {
            let policy = effective(&levels);
            prop_assert_eq!(policy.is_some(), levels.iter().any(|level| !level.is_empty()));
            for (name, service) in policy.iter().filter_map(|policy| policy["services"].as_object()).flatten() {
                prop_assert!(!name.starts_with("@@"));
                prop_assert_eq!(service, &json!({"opt_out_policy": service["opt_out_policy"]}));
            }
        }

        #[test]
        fn nobody_below_changes_what_is_locked_throughout(levels in trees()) {
            let locked = vec![everything_locked()];
            let tree: Vec<_> = std::iter::once(locked.clone()).chain(levels).collect();
            prop_assert_eq!(effective(&tree), effective(&[locked]));
        }

        #[test]
        fn nobody_below_adds_a_service_where_the_list_is_locked(root in documents(), levels in trees()) {
            let locked = vec![root, json!({"services": {CONTROL: ["@@none"]}})];
            let named = locked[0]["services"].clone();
            let tree: Vec<_> = std::iter::once(locked).chain(levels).collect();
            let policy = effective(&tree).unwrap();
            for name in policy["services"].as_object().into_iter().flat_map(serde_json::Map::keys) {
                prop_assert!(named.get(name).is_some(), "{}", name);
            }
        }

        #[test]
        fn without_locks_the_lowest_value_holds(values in prop::collection::vec("optOut|optIn", 1..5)) {
            let levels: Vec<_> = values.iter().map(|value| vec![assigns(&[("default", value)])]).collect();
            prop_assert_eq!(shown(&levels), format!("default={}", values[values.len() - 1]));
        }
    }
}
