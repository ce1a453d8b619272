//! Whom a policy lets in from outside of the organization.

use codeartifact::{Condition, Policy, Principal, Principals, Statement};
use organizations::Membership;
use rule::{Fact, matches};

/// Whom a policy lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nobody from outside.
    Inside,
    /// These from outside.
    Outside(String),
    /// Nobody can tell; says why.
    Unknown(String),
}

impl Access {
    /// Of several that are let in, each by itself.
    fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::Inside, |so_far, next| match (so_far, next) {
            (outside @ Self::Outside(_), _) | (_, outside @ Self::Outside(_)) => outside,
            (unknown @ Self::Unknown(_), _) | (_, unknown @ Self::Unknown(_)) => unknown,
            (Self::Inside, Self::Inside) => Self::Inside,
        })
    }

    /// Of those who are all of this at once: who is inside by one of them is inside.
    fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut narrowest = None;
        for part in parts {
            match (part, &narrowest) {
                (Self::Inside, _) => return Self::Inside,
                (unknown @ Self::Unknown(_), None | Some(Self::Outside(_))) => narrowest = Some(unknown),
                // The last says it most closely: a condition comes after the principal.
                (outside @ Self::Outside(_), None | Some(Self::Outside(_))) => narrowest = Some(outside),
                (_, _) => {}
            }
        }
        narrowest.unwrap_or(Self::Inside)
    }
}

/// Where the policy belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home<'a> {
    pub(crate) account: &'a str,
    pub(crate) organization: &'a Fact<Option<Membership>>,
}

impl Home<'_> {
    fn organization(&self, id: &str) -> Access {
        match self.organization {
            Fact::Known(Some(own)) if own.id == id => Access::Inside,
            Fact::Known(_) => Access::Outside(format!("organization {id}")),
            Fact::Absent => Access::Unknown("the account's own organization was not asked for".to_owned()),
            Fact::Unread(reason) => Access::Unknown(reason.clone()),
        }
    }

    /// That of the domain, whichever it is.
    fn same_organization(&self) -> Access {
        match self.organization {
            Fact::Known(Some(_)) => Access::Inside,
            Fact::Known(None) => Access::Unknown("it names the domain's organization, and there is none".to_owned()),
            Fact::Absent => Access::Unknown("the account's own organization was not asked for".to_owned()),
            Fact::Unread(reason) => Access::Unknown(reason.clone()),
        }
    }

    fn account(&self, account: &str) -> Access {
        if account == self.account {
            return Access::Inside;
        }
        match self.organization {
            Fact::Known(Some(own)) if own.management.as_deref() == Some(account) => Access::Inside,
            // Which accounts are in it, its management account and delegated administrators may know, and nobody else.
            Fact::Known(Some(own)) => Access::Unknown(format!(
                "it names account {account}, of which this account may not know whether it is in {}; add a condition on \
                 aws:PrincipalOrgID",
                own.id
            )),
            Fact::Known(None) => Access::Outside(format!("account {account}")),
            Fact::Absent => Access::Unknown("the account's own organization was not asked for".to_owned()),
            Fact::Unread(reason) => Access::Unknown(reason.clone()),
        }
    }
}

/// Whom a policy lets in from outside. `above` is the policy of the domain, whose denials hold for its repositories
/// too; it may be the same.
pub(crate) fn access(policy: &Policy, above: Option<&Policy>, home: &Home<'_>) -> Access {
    let above = above.filter(|above| *above != policy);
    let statements = policy.statements.iter().chain(above.into_iter().flat_map(|of| &of.statements));
    let denials: Vec<_> = statements.filter(|of| !of.allows).collect();
    let allowed = policy.statements.iter().filter(|of| of.allows).map(|of| {
        let granted = granted(of, home);
        if granted == Access::Inside {
            return granted;
        }
        match closed(of, &granted, &denials, home) {
            (Closes::Yes, _) => Access::Inside,
            (Closes::Perhaps, denial) => Access::Unknown(format!("whom statement {denial} keeps out cannot be judged")),
            (Closes::No, _) => match granted {
                Access::Outside(who) => Access::Outside(format!("{who} (statement {})", of.name)),
                Access::Unknown(why) => Access::Unknown(format!("statement {}: {why}", of.name)),
                Access::Inside => Access::Inside,
            },
        }
    });
    Access::any(allowed)
}

/// Whom a statement that allows lets in by itself.
fn granted(statement: &Statement, home: &Home<'_>) -> Access {
    let named = match &statement.principals {
        Principals::AllBut => Access::Outside("everybody but some".to_owned()),
        Principals::These(principals) => Access::any(principals.iter().map(|of| match of {
            Principal::Anyone => Access::Outside("anyone".to_owned()),
            Principal::Account(account) => home.account(account),
            Principal::Deleted | Principal::Service => Access::Inside,
            Principal::Odd(name) => Access::Unknown(format!("principal {name} is not known")),
        })),
    };
    Access::all([named].into_iter().chain(limits(statement, home).flatten()))
}

/// To whom each of a statement's conditions limits it; see [`limit`].
fn limits<'a>(statement: &'a Statement, home: &'a Home<'a>) -> impl Iterator<Item = Option<Access>> + 'a {
    // Who is in an organization has its id and its paths, and nobody else has either.
    let is_of_organization = |key: &str| matches!(About::of(key), About::Organization | About::Paths);
    let is_there = move |key: &str| {
        let mut asked = statement
            .conditions
            .iter()
            .filter(|of| of.key == key || is_of_organization(&of.key) && is_of_organization(key));
        asked.any(asks_for_the_key)
    };
    statement.conditions.iter().map(move |condition| limit(condition, is_there(&condition.key), home))
}

/// Whether a condition holds for those only who have its key.
fn asks_for_the_key(condition: &Condition) -> bool {
    if condition.operator == "Null" {
        return !condition.values.is_empty() && condition.values.iter().all(|value| value == "false");
    }
    match operator(&condition.operator) {
        Some((set, _, false, false)) => {
            set == "ForAnyValue" || set.is_empty() && About::of(&condition.key) != About::Paths
        }
        _ => false,
    }
}

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// The caller's organization. Callers that are in none do not have it.
    Organization,
    /// The paths of units in it that the caller is in: many values.
    Paths,
    /// The caller's account, which all callers have.
    Account,
    /// The caller's ARN, which has the account in it.
    Arn,
    /// Account, ARN or organization of the resource for which a service of AWS calls. Who calls for himself does not
    /// have it.
    SourceAccount,
    SourceArn,
    SourceOrganization,
    /// Whether a service of AWS calls.
    Service,
    /// When or where somebody calls, so that it may hold no more, or not in this Region.
    When,
    /// Something that says nothing of who calls.
    Nobody,
    Else,
}

impl About {
    fn of(key: &str) -> Self {
        match key {
            "aws:principalorgid" => Self::Organization,
            "aws:principalorgpaths" => Self::Paths,
            "aws:principalaccount" => Self::Account,
            "aws:principalarn" => Self::Arn,
            "aws:sourceaccount" => Self::SourceAccount,
            "aws:sourcearn" => Self::SourceArn,
            "aws:sourceorgid" => Self::SourceOrganization,
            "aws:principalisawsservice" => Self::Service,
            "aws:currenttime" | "aws:epochtime" | "aws:tokenissuetime" | "aws:requestedregion" => Self::When,
            "aws:securetransport"
            | "aws:multifactorauthpresent"
            | "aws:multifactorauthage"
            | "aws:useragent"
            | "aws:referer" => Self::Nobody,
            _ => Self::Else,
        }
    }
}

/// How an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compares {
    /// With each text as it is.
    Exactly,
    /// With `*` and `?` standing for others.
    Like,
}

/// An operator of texts or ARNs in its parts: `ForAnyValue:`, the comparison, whether it is negated, `IfExists`. None
/// of another.
fn operator(operator: &str) -> Option<(&str, Compares, bool, bool)> {
    let (set, rest) = operator.split_once(':').unwrap_or(("", operator));
    let (rest, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |rest| (rest, true));
    let (compares, negated) = match rest {
        "StringEquals" => (Compares::Exactly, false),
        "StringNotEquals" => (Compares::Exactly, true),
        "StringLike" | "ArnEquals" | "ArnLike" => (Compares::Like, false),
        "StringNotLike" | "ArnNotEquals" | "ArnNotLike" => (Compares::Like, true),
        _ => return None,
    };
    Some((set, compares, negated, if_exists))
}

/// To whom a condition of a statement that allows limits it; none if to nobody who is in the organization rather than
/// outside. `is_there` says that another condition of the statement asks for the key to be there.
fn limit(condition: &Condition, is_there: bool, home: &Home<'_>) -> Option<Access> {
    let about = About::of(&condition.key);
    let unknown =
        || Some(Access::Unknown(format!("its condition {} on {} cannot be judged", condition.operator, condition.key)));
    match about {
        About::Nobody => return None,
        About::When | About::Else => return unknown(),
        About::Service => {
            let is_true = condition.operator == "Bool" && condition.values.iter().all(|value| value == "true");
            return if is_true && !condition.values.is_empty() { Some(Access::Inside) } else { unknown() };
        }
        _ => {}
    }
    if condition.operator == "Null" {
        // Those in no organization, or those in any.
        return if matches!(about, About::Organization | About::Paths) { None } else { unknown() };
    }
    let Some((set, compares, negated, if_exists)) = operator(&condition.operator) else { return unknown() };
    match (set, about) {
        // What one value is compared with when there are many is not documented.
        ("", About::Paths) => return unknown(),
        ("" | "ForAnyValue" | "ForAllValues", _) => {}
        _ => return unknown(),
    }
    // Everybody but some.
    if negated {
        return None;
    }
    // Who has no such key: each value of none is as it should be, so `ForAllValues` lets them in too.
    if !is_there && (if_exists || set == "ForAllValues") {
        return if matches!(about, About::Account | About::Arn) { unknown() } else { None };
    }
    Some(Access::any(condition.values.iter().map(|value| whose(about, compares, value, home))))
}

/// Who has this value.
fn whose(about: About, compares: Compares, value: &str, home: &Home<'_>) -> Access {
    let odd = || Access::Unknown(format!("`{value}` in its condition cannot be judged"));
    let is_like = |text: &str| compares == Compares::Like && text.contains(['*', '?']);
    let outside = |what: &str| Access::Outside(format!("{what} like {value}"));
    match about {
        About::Organization | About::SourceOrganization | About::Paths => {
            let id = if about == About::Paths { value.split('/').next().unwrap_or_default() } else { value };
            // Of the domain. Where a policy is of the old version, which has no variables, it is a text like another,
            // and nobody's id.
            if id.eq_ignore_ascii_case("${aws:ResourceOrgID}") {
                return home.same_organization();
            }
            let is_id = id.strip_prefix("o-").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            });
            match (is_id, is_like(id)) {
                (true, _) => home.organization(id),
                (false, true) => outside("organizations"),
                (false, false) => odd(),
            }
        }
        About::Account | About::SourceAccount => match (is_account(value), is_like(value)) {
            (true, _) => home.account(value),
            (false, true) => outside("accounts"),
            (false, false) => odd(),
        },
        About::Arn | About::SourceArn => {
            let parts: Vec<_> = value.splitn(6, ':').collect();
            match parts.as_slice() {
                // A star may stand for colons too, so nothing before the account may be one.
                ["arn", partition, service, region, account, _] if is_account(account) => {
                    if [partition, service, region].into_iter().any(|part| is_like(part)) {
                        odd()
                    } else {
                        home.account(account)
                    }
                }
                _ if is_like(value) => outside("ARNs"),
                _ => odd(),
            }
        }
        About::Service | About::When | About::Nobody | About::Else => odd(),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Actions on domains and what is in them, which their policies may allow, for patterns that allow several (Service
/// Authorization Reference, "Actions, resources, and condition keys for AWS CodeArtifact"). One that is missing here
/// may make a verdict unknown, and never a wrong one.
const ACTIONS: [&str; 51] = [
    "associateexternalconnection",
    "associatewithdownstreamrepository",
    "copypackageversions",
    "createdomain",
    "createpackagegroup",
    "createrepository",
    "deletedomain",
    "deletedomainpermissionspolicy",
    "deletepackage",
    "deletepackagegroup",
    "deletepackageversions",
    "deleterepository",
    "deleterepositorypermissionspolicy",
    "describedomain",
    "describepackage",
    "describepackagegroup",
    "describepackageversion",
    "describerepository",
    "disassociateexternalconnection",
    "disposepackageversions",
    "getassociatedpackagegroup",
    "getauthorizationtoken",
    "getdomainpermissionspolicy",
    "getpackageversionasset",
    "getpackageversionreadme",
    "getrepositoryendpoint",
    "getrepositorypermissionspolicy",
    "listallowedrepositoriesforgroup",
    "listassociatedpackages",
    "listdomains",
    "listpackagegroups",
    "listpackages",
    "listpackageversionassets",
    "listpackageversiondependencies",
    "listpackageversions",
    "listrepositories",
    "listrepositoriesindomain",
    "listsubpackagegroups",
    "listtagsforresource",
    "publishpackageversion",
    "putdomainpermissionspolicy",
    "putpackagemetadata",
    "putpackageoriginconfiguration",
    "putrepositorypermissionspolicy",
    "readfromrepository",
    "tagresource",
    "untagresource",
    "updatepackagegroup",
    "updatepackagegrouporiginconfiguration",
    "updatepackageversionsstatus",
    "updaterepository",
];

/// Whether everybody from outside is kept out of what a statement allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Closes {
    No,
    Perhaps,
    Yes,
}

/// Whether all denials together keep everybody from outside out of what a statement allows to those whom it grants it,
/// and which denial it is of which that is not known.
fn closed<'a>(allowed: &Statement, granted: &Access, denials: &[&'a Statement], home: &Home<'_>) -> (Closes, &'a str) {
    let denials: Vec<_> = denials.iter().map(|denial| (*denial, reach(denial, allowed, granted, home))).collect();
    let Some(actions) = &allowed.actions else { return closed_for(None, &denials) };
    let judged = actions.iter().map(|action| {
        let action = action.to_ascii_lowercase();
        let whole = closed_for(Some(&action), &denials);
        if whole.0 == Closes::Yes || !action.contains('*') {
            return whole;
        }
        // Denials may cover it in parts.
        let parts = ACTIONS.iter().map(|name| format!("codeartifact:{name}")).filter(|name| matches(&action, name));
        let parts = parts.map(|part| closed_for(Some(&part), &denials));
        // There may be more of them than are known here.
        parts.min_by_key(|(closes, _)| *closes).map_or(whole, |(closes, name)| (closes.min(Closes::Perhaps), name))
    });
    judged.min_by_key(|(closes, _)| *closes).unwrap_or((Closes::No, ""))
}

/// The same of one action, or of those of `NotAction`.
fn closed_for<'a>(action: Option<&String>, denials: &[(&'a Statement, Reach)]) -> (Closes, &'a str) {
    let otherwise = if action.is_none_or(|of| of.contains('?')) { Closes::Perhaps } else { Closes::No };
    let (mut closed, mut spares, mut in_part) = ((Closes::No, ""), None, 0);
    for (denial, reach) in denials {
        let covers =
            covers(denial.actions.as_deref(), action.map(std::slice::from_ref), &["*", "codeartifact:*"], otherwise);
        if covers == Closes::No {
            continue;
        }
        let strikes = match reach {
            Reach::Everybody => covers,
            Reach::Unknown => Closes::Perhaps,
            Reach::AllButSome => {
                spares = Some(denial.name.as_str());
                in_part += 1;
                Closes::No
            }
            Reach::Few => {
                in_part += 1;
                Closes::No
            }
        };
        if strikes > closed.0 {
            closed = (strikes, &denial.name);
        }
    }
    match spares {
        // Whom one spares, another may keep out.
        Some(name) if closed.0 == Closes::No && in_part > 1 => (Closes::Perhaps, name),
        _ => closed,
    }
}

/// Whom a denial strikes of those from outside who are allowed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Everybody,
    /// Not some who are allowed it.
    AllButSome,
    /// Those whom it names, where many others are allowed it.
    Few,
    Unknown,
}

fn reach(denial: &Statement, allowed: &Statement, granted: &Access, home: &Home<'_>) -> Reach {
    let is_for_all = match &denial.principals {
        Principals::These(principals) if principals.contains(&Principal::Anyone) => true,
        Principals::These(principals) => {
            let is_one = |of: &Principal| matches!(of, Principal::Account(_) | Principal::Deleted | Principal::Service);
            if principals.iter().all(is_one) && is_for_anyone(allowed) && limits(allowed, home).all(|of| of.is_none()) {
                return Reach::Few;
            }
            false
        }
        Principals::AllBut => false,
    };
    let spared: Vec<_> = denial.conditions.iter().map(|condition| spared(condition, home)).collect();
    let is_allowed = |of: &Access| matches!(of, Access::Outside(_)) && (of == granted || is_for_all_outside(allowed));
    if spared.iter().any(is_allowed) {
        return Reach::AllButSome;
    }
    let of_what = covers(denial.resources.as_deref(), allowed.resources.as_deref(), &["*"], Closes::Perhaps);
    let is_everybody = is_for_all && of_what == Closes::Yes && spared.iter().all(|of| *of == Access::Inside);
    if is_everybody { Reach::Everybody } else { Reach::Unknown }
}

fn is_for_anyone(statement: &Statement) -> bool {
    match &statement.principals {
        Principals::These(principals) => principals.contains(&Principal::Anyone),
        Principals::AllBut => true,
    }
}

/// Whether there is nobody whom it does not allow what it allows.
fn is_for_all_outside(statement: &Statement) -> bool {
    let mut conditions = statement.conditions.iter();
    let is_named = matches!(&statement.principals, Principals::These(these) if these.contains(&Principal::Anyone));
    is_named && conditions.all(|of| About::of(&of.key) == About::Nobody)
}

/// Whether patterns of a denial cover what is allowed; `otherwise` if one of that is like none of them.
fn covers(denied: Option<&[String]>, allowed: Option<&[String]>, all: &[&str], otherwise: Closes) -> Closes {
    let Some(denied) = denied else { return Closes::Perhaps };
    let denied: Vec<_> = denied.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
    let is_covered = |text: &String| denied.iter().any(|pattern| matches(pattern, &text.to_ascii_lowercase()));
    if denied.iter().any(|pattern| all.contains(&pattern.as_str()))
        || allowed.is_some_and(|allowed| allowed.iter().all(is_covered))
    {
        return Closes::Yes;
    }
    if denied.iter().any(|pattern| pattern.contains('?')) { Closes::Perhaps } else { otherwise }
}

/// Whom from outside a condition of a statement that denies spares.
fn spared(condition: &Condition, home: &Home<'_>) -> Access {
    let about = About::of(&condition.key);
    let unknown = || Access::Unknown(format!("whom {} on {} spares", condition.operator, condition.key));
    if about == About::Service {
        // It spares the services of AWS, which are not judged.
        let is_false = ["Bool", "BoolIfExists"].contains(&condition.operator.as_str())
            && condition.values.iter().all(|value| value == "false");
        return if is_false { Access::Inside } else { unknown() };
    }
    if !matches!(about, About::Organization | About::Account | About::Arn) {
        return unknown();
    }
    // A negated comparison holds where there is no such key, with `IfExists` and without.
    let Some(("", compares, true, _)) = operator(&condition.operator) else { return unknown() };
    Access::any(condition.values.iter().map(|value| whose(about, compares, value, home)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const OWN: &str = "111122223333";
    const MANAGEMENT: &str = "999988887777";
    const OTHER: &str = "444455556666";

    fn organization() -> Fact<Option<Membership>> {
        Fact::Known(Some(Membership { id: "o-own1234567".to_owned(), management: Some(MANAGEMENT.to_owned()) }))
    }

    fn policy(statements: &Value) -> Policy {
        Policy::parse(&json!({"Statement": statements}).to_string()).unwrap()
    }

    fn said(access: Access) -> String {
        match access {
            Access::Inside => "inside".to_owned(),
            Access::Outside(who) => who,
            Access::Unknown(why) => format!("unknown: {why}"),
        }
    }

    fn judged(statements: &Value, organization: &Fact<Option<Membership>>) -> String {
        said(access(&policy(statements), None, &Home { account: OWN, organization }))
    }

    fn allow(principal: &Value, condition: &Value) -> Value {
        json!({
            "Effect": "Allow", "Principal": principal, "Action": "codeartifact:*", "Resource": "*",
            "Condition": condition,
        })
    }

    #[test]
    fn who_is_let_in() {
        let unsure = format!(
            "unknown: statement 1: it names account {OTHER}, of which this account may not know whether it is in \
             o-own1234567; add a condition on aws:PrincipalOrgID"
        );
        for (principal, expected) in [
            (json!("*"), "anyone (statement 1)"),
            (json!({"AWS": "*"}), "anyone (statement 1)"),
            (json!({"AWS": [OWN, "*"]}), "anyone (statement 1)"),
            (json!({"AWS": "arn:aws:iam::*:root"}), "anyone (statement 1)"),
            (json!({"AWS": format!("arn:aws:iam::{OWN}:root")}), "inside"),
            (json!({"AWS": format!("arn:aws:iam::{OWN}:role/train")}), "inside"),
            (json!({"AWS": MANAGEMENT}), "inside"),
            (json!({"AWS": [OWN, OTHER]}), &unsure),
            (json!({"AWS": "AROAEXAMPLE1EXAMPLE2A"}), "inside"),
            (json!({"Service": "codebuild.amazonaws.com"}), "inside"),
            (
                json!({"Federated": "accounts.google.com"}),
                "unknown: statement 1: principal Federated accounts.google.com is not known",
            ),
        ] {
            assert_eq!(judged(&json!([allow(&principal, &json!({}))]), &organization()), expected, "{principal}");
        }
        let all_but = json!([{"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": "*", "Resource": "*"}]);
        assert_eq!(judged(&all_but, &organization()), "everybody but some (statement 1)");
        assert_eq!(judged(&json!([]), &organization()), "inside");
        // What is known of the account's own organization.
        let named = json!([allow(&json!({"AWS": OTHER}), &json!({}))]);
        assert_eq!(judged(&named, &Fact::Known(None)), format!("account {OTHER} (statement 1)"));
        assert_eq!(judged(&named, &Fact::Unread("denied".to_owned())), "unknown: statement 1: denied");
        let asked = "unknown: statement 1: the account's own organization was not asked for";
        assert_eq!(judged(&named, &Fact::Absent), asked);
        let other = json!([allow(&json!("*"), &json!({"StringEquals": {"aws:PrincipalOrgID": "o-own1234567"}}))]);
        assert_eq!(judged(&other, &Fact::Known(None)), "organization o-own1234567 (statement 1)");
        assert_eq!(judged(&other, &Fact::Unread("denied".to_owned())), "unknown: statement 1: denied");
        assert_eq!(judged(&other, &Fact::Absent), asked);
    }

    #[test]
    fn every_condition_has_a_meaning() {
        let own_arn = format!("arn:aws:iam::{OWN}:role/*");
        let not_judged = |operator: &str, key: &str| {
            format!("unknown: statement 1: its condition {operator} on {key} cannot be judged")
        };
        let odd = |value: &str| format!("unknown: statement 1: `{value}` in its condition cannot be judged");
        let anyone = "anyone (statement 1)".to_owned();
        let inside = "inside".to_owned();
        let own = "o-own1234567";
        let with_null =
            |operator: &str, key: &str, value: &str, is: &str| json!({operator: {key: value}, "Null": {key: is}});
        for (condition, expected) in [
            (json!({}), anyone.clone()),
            // The organization.
            (json!({"StringEquals": {"aws:PrincipalOrgID": own}}), inside.clone()),
            (json!({"StringEquals": {"AWS:principalorgid": [own]}}), inside.clone()),
            (json!({"StringLike": {"aws:PrincipalOrgID": own}}), inside.clone()),
            (json!({"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": own}}), inside.clone()),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-other"}}),
                "organization o-other (statement 1)".to_owned(),
            ),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": [own, "o-other"]}}),
                "organization o-other (statement 1)".to_owned(),
            ),
            (json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}), "organizations like o-* (statement 1)".to_owned()),
            (json!({"StringEquals": {"aws:PrincipalOrgID": "o-*"}}), odd("o-*")),
            // That of the domain.
            (json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}), inside.clone()),
            (json!({"StringEquals": {"aws:PrincipalOrgID": "${AWS:resourceorgid}"}}), inside.clone()),
            (json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "${aws:ResourceOrgID}/*"}}), inside.clone()),
            (json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}), anyone.clone()),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalTag/org}"}}),
                odd("${aws:PrincipalTag/org}"),
            ),
            // Callers that are in no organization do not have it.
            (json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": own}}), anyone.clone()),
            (json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": own}}), anyone.clone()),
            (json!({"StringNotEquals": {"aws:PrincipalOrgID": own}}), anyone.clone()),
            (json!({"Null": {"aws:PrincipalOrgID": "false"}}), anyone.clone()),
            // Unless they have to.
            (with_null("StringEqualsIfExists", "aws:PrincipalOrgID", own, "false"), inside.clone()),
            (with_null("ForAllValues:StringEquals", "aws:PrincipalOrgID", own, "false"), inside.clone()),
            (with_null("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-own1234567/*", "false"), inside.clone()),
            (
                with_null("StringEqualsIfExists", "aws:PrincipalOrgID", "o-other", "false"),
                "organization o-other (statement 1)".to_owned(),
            ),
            (
                with_null("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-other/*", "false"),
                "organization o-other (statement 1)".to_owned(),
            ),
            (with_null("StringEqualsIfExists", "aws:PrincipalOrgID", own, "true"), anyone.clone()),
            (
                json!({
                    "StringEqualsIfExists": {"aws:PrincipalOrgID": own},
                    "Null": {"aws:PrincipalOrgID": ["false", "true"]},
                }),
                anyone.clone(),
            ),
            (
                json!({
                    "StringEqualsIfExists": {"aws:PrincipalOrgID": own}, "Null": {"aws:PrincipalOrgPaths": "false"},
                }),
                inside.clone(),
            ),
            (
                json!({
                    "StringEqualsIfExists": {"aws:PrincipalOrgID": own},
                    "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*"},
                }),
                inside.clone(),
            ),
            (
                json!({
                    "StringEqualsIfExists": {"aws:PrincipalOrgID": own},
                    "ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "*"},
                }),
                anyone.clone(),
            ),
            (with_null("StringEqualsIfExists", "aws:SourceAccount", OWN, "false"), inside.clone()),
            (
                json!({"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": own}}),
                not_judged("StringEqualsIgnoreCase", "aws:principalorgid"),
            ),
            (
                json!({"ForSome:StringEquals": {"aws:PrincipalOrgID": own}}),
                not_judged("ForSome:StringEquals", "aws:principalorgid"),
            ),
            (json!({"StringEquals": {"aws:PrincipalOrgID": []}}), inside.clone()),
            // Its units.
            (json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-own1234567/r-1/ou-1/*"}}), inside.clone()),
            (
                json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-other/*"}}),
                "organization o-other (statement 1)".to_owned(),
            ),
            (
                json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*/r-1/*"}}),
                "organizations like */r-1/* (statement 1)".to_owned(),
            ),
            (json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-own1234567/*"}}), anyone.clone()),
            (
                json!({"StringLike": {"aws:PrincipalOrgPaths": "o-own1234567/*"}}),
                not_judged("StringLike", "aws:principalorgpaths"),
            ),
            // Accounts and who is in them.
            (json!({"StringEquals": {"aws:PrincipalAccount": OWN}}), inside.clone()),
            (json!({"StringLike": {"aws:PrincipalAccount": "1111*"}}), "accounts like 1111* (statement 1)".to_owned()),
            (json!({"StringEquals": {"aws:PrincipalAccount": "1111"}}), odd("1111")),
            (
                json!({"StringEqualsIfExists": {"aws:PrincipalAccount": OWN}}),
                not_judged("StringEqualsIfExists", "aws:principalaccount"),
            ),
            (
                json!({"ForAllValues:StringEquals": {"aws:PrincipalAccount": OWN}}),
                not_judged("ForAllValues:StringEquals", "aws:principalaccount"),
            ),
            (
                json!({"ForAllValues:ArnLike": {"aws:PrincipalArn": own_arn}}),
                not_judged("ForAllValues:ArnLike", "aws:principalarn"),
            ),
            (with_null("ForAllValues:StringEquals", "aws:PrincipalAccount", OWN, "false"), inside.clone()),
            (json!({"ForAllValues:StringNotEquals": {"aws:PrincipalAccount": OWN}}), anyone.clone()),
            (json!({"ArnLike": {"aws:PrincipalArn": own_arn}}), inside.clone()),
            (json!({"StringLike": {"aws:PrincipalArn": own_arn}}), inside.clone()),
            (
                json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}),
                "ARNs like arn:aws:iam::*:role/x (statement 1)".to_owned(),
            ),
            (
                json!({"StringLike": {"aws:PrincipalArn": format!("arn:*:iam::{OWN}:role/x")}}),
                odd(&format!("arn:*:iam::{OWN}:role/x")),
            ),
            (json!({"ArnNotLike": {"aws:PrincipalArn": own_arn}}), anyone.clone()),
            // A service of AWS, for somebody.
            (json!({"StringEquals": {"aws:SourceAccount": OWN}}), inside.clone()),
            (json!({"StringEqualsIfExists": {"aws:SourceAccount": OWN}}), anyone.clone()),
            (json!({"StringEquals": {"aws:SourceOrgID": own}}), inside.clone()),
            (
                json!({"ArnLike": {"aws:SourceArn": format!("arn:aws:codebuild:eu-west-1:{OWN}:project/*")}}),
                inside.clone(),
            ),
            (json!({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::bucket"}}), odd("arn:aws:s3:::bucket")),
            (json!({"Bool": {"aws:PrincipalIsAWSService": true}}), inside.clone()),
            (json!({"Bool": {"aws:PrincipalIsAWSService": false}}), not_judged("Bool", "aws:principalisawsservice")),
            // Nothing about who calls.
            (json!({"Bool": {"aws:SecureTransport": "true"}}), anyone.clone()),
            (json!({"StringLike": {"aws:UserAgent": "pip*"}}), anyone),
            // What may have run out, or be for another Region.
            (
                json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
                not_judged("DateLessThan", "aws:currenttime"),
            ),
            (json!({"NumericLessThan": {"aws:EpochTime": 1}}), not_judged("NumericLessThan", "aws:epochtime")),
            (
                json!({"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}),
                not_judged("DateLessThan", "aws:tokenissuetime"),
            ),
            (
                json!({"StringEquals": {"aws:RequestedRegion": "eu-north-1"}}),
                not_judged("StringEquals", "aws:requestedregion"),
            ),
            // Something else.
            (json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}), not_judged("StringEquals", "aws:sourcevpce")),
            (json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), not_judged("IpAddress", "aws:sourceip")),
            // All of them have to hold.
            (
                json!({
                    "StringEquals": {"aws:PrincipalOrgID": own, "aws:SourceVpce": "vpce-1"},
                    "Null": {"aws:PrincipalOrgID": "true"},
                }),
                inside,
            ),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-other", "aws:SourceVpce": "vpce-1"}}),
                not_judged("StringEquals", "aws:sourcevpce"),
            ),
        ] {
            assert_eq!(judged(&json!([allow(&json!("*"), &condition)]), &organization()), expected, "{condition}");
        }
        // Without an organization, what its id stands for is not known.
        let same =
            json!([allow(&json!("*"), &json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}))]);
        let none = "unknown: statement 1: it names the domain's organization, and there is none";
        assert_eq!(judged(&same, &Fact::Known(None)), none);
        assert_eq!(judged(&same, &Fact::Unread("denied".to_owned())), "unknown: statement 1: denied");
        let asked = "unknown: statement 1: the account's own organization was not asked for";
        assert_eq!(judged(&same, &Fact::Absent), asked);
        // A named account is inside if the condition says so.
        let condition = json!({"StringEquals": {"aws:PrincipalOrgID": own}});
        assert_eq!(judged(&json!([allow(&json!({"AWS": OTHER}), &condition)]), &organization()), "inside");
    }

    #[test]
    fn a_denial_closes_what_it_covers() {
        let own = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-own1234567"}});
        let deny = |principal: Value, action: Value, resource: Value, condition: Value| {
            json!({
                "Sid": "fence", "Effect": "Deny", "Principal": principal, "Action": action, "Resource": resource,
                "Condition": condition,
            })
        };
        let all = |condition: Value| deny(json!("*"), json!("codeartifact:*"), json!("*"), condition);
        let open = "anyone (statement 1)";
        let unknown = "unknown: whom statement fence keeps out cannot be judged";
        let mut but_some = deny(json!("*"), json!("*"), json!("*"), json!({}));
        but_some.as_object_mut().unwrap().remove("Principal");
        but_some["NotPrincipal"] = json!({"AWS": OWN});
        let mut but_reading = all(own.clone());
        but_reading.as_object_mut().unwrap().remove("Action");
        but_reading["NotAction"] = json!("codeartifact:Read*");
        for (denial, expected) in [
            (all(own.clone()), "inside"),
            (all(json!({})), "inside"),
            (deny(json!({"AWS": "*"}), json!("*"), json!("*"), own.clone()), "inside"),
            (deny(json!("*"), json!("CodeArtifact:*"), json!("*"), own.clone()), "inside"),
            (all(json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-own1234567"}})), "inside"),
            (all(json!({"StringNotEquals": {"aws:PrincipalAccount": [OWN, MANAGEMENT]}})), "inside"),
            (all(json!({"ArnNotLike": {"aws:PrincipalArn": format!("arn:aws:iam::{OWN}:role/*")}})), "inside"),
            (
                all(json!({
                    "StringNotEquals": {"aws:PrincipalOrgID": "o-own1234567"},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                })),
                "inside",
            ),
            // Not everybody, not everything.
            (all(json!({"StringNotEquals": {"aws:PrincipalOrgID": ["o-own1234567", "o-other"]}})), open),
            (deny(json!({"AWS": OTHER}), json!("*"), json!("*"), json!({})), open),
            (deny(json!("*"), json!("codeartifact:Delete*"), json!("*"), json!({})), open),
            // What may do.
            (all(json!({"StringNotEquals": {"aws:PrincipalAccount": OTHER}})), unknown),
            (all(json!({"StringEquals": {"aws:PrincipalOrgID": "o-other"}})), unknown),
            (all(json!({"Bool": {"aws:SecureTransport": "false"}})), unknown),
            (deny(json!("*"), json!("*"), json!("arn:aws:codeartifact:*:*:domain/*"), own), unknown),
            (deny(json!("*"), json!("codeartifact:?ead*"), json!("*"), json!({})), unknown),
            (but_some, unknown),
            (but_reading, unknown),
        ] {
            let statements = json!([allow(&json!("*"), &json!({})), denial]);
            assert_eq!(judged(&statements, &organization()), expected, "{denial}");
        }
    }

    #[test]
    fn denials_close_together() {
        const OWN_ID: &str = "o-own1234567";
        let [token, read] = ["codeartifact:GetAuthorizationToken", "codeartifact:ReadFromRepository"];
        let to = |action: Value, condition: Value| {
            json!({
                "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition,
            })
        };
        let deny = |sid: &str, principal: &str, action: Value, condition: Value| {
            json!({
                "Sid": sid, "Effect": "Deny", "Principal": {"AWS": principal}, "Action": action, "Resource": "*",
                "Condition": condition,
            })
        };
        let not_of = |key: &str, values: &[&str]| json!({"StringNotEquals": {key: values}});
        let fence = |sid: &str, action: &str| deny(sid, "*", json!(action), not_of("aws:PrincipalOrgID", &[OWN_ID]));
        let but = |sid: &str, key: &str, values: &[&str]| deny(sid, "*", json!("*"), not_of(key, values));
        let these = |sid: &str, account: &str| deny(sid, account, json!("*"), json!({}));
        let both = to(json!([token, read]), json!({}));
        let everything = to(json!("codeartifact:*"), json!({}));
        let all_actions: Vec<_> = ACTIONS.iter().map(|name| format!("codeartifact:{name}")).collect();
        let (first, last) = all_actions.split_at(20);
        let mut all_but = both.clone();
        all_but.as_object_mut().unwrap().remove("Action");
        all_but["NotAction"] = json!(read);
        let half = |sid: &str, actions: &[String]| deny(sid, "*", json!(actions), json!({}));
        let open = "anyone (statement 1)";
        let unknown = |sid: &str| format!("unknown: whom statement {sid} keeps out cannot be judged");
        let inside = "inside".to_owned();
        for (statements, expected) in [
            // Each action has its own.
            (json!([both, fence("a", token), fence("b", read)]), inside.clone()),
            (json!([both, fence("a", "codeartifact:Get*"), fence("b", "CODEARTIFACT:read*")]), inside.clone()),
            (json!([both, fence("a", token)]), open.to_owned()),
            (json!([both, fence("a", token), fence("b", token)]), open.to_owned()),
            (json!([both, fence("a", token), fence("b", "codeartifact:?ead*")]), unknown("b")),
            (json!([all_but, fence("a", "codeartifact:Get*")]), unknown("a")),
            (json!([all_but, fence("a", "*")]), inside.clone()),
            // A pattern has all that are like it, and may have more.
            (json!([everything, half("a", first), half("b", last)]), unknown("a")),
            (json!([everything, half("a", first)]), open.to_owned()),
            (json!([everything, fence("a", "codeartifact:Get*")]), open.to_owned()),
            (json!([to(json!("codeartifact:Read*"), json!({})), fence("a", read)]), unknown("a")),
            (json!([to(json!("codeartifact:?ead*"), json!({})), fence("a", read)]), unknown("a")),
            (json!([to(json!("codeartifact:?ead*"), json!({})), fence("a", "codeartifact:*")]), inside),
            // Whom one spares, another may strike.
            (json!([both, but("a", "aws:PrincipalOrgID", &[OWN_ID, "o-other"])]), open.to_owned()),
            (
                json!([
                    both,
                    but("a", "aws:PrincipalOrgID", &[OWN_ID, "o-other"]),
                    but("b", "aws:PrincipalOrgID", &[OWN_ID, "o-third"]),
                ]),
                unknown("b"),
            ),
            (json!([both, these("a", OTHER), these("b", "123456789012")]), open.to_owned()),
            (json!([both, these("a", OTHER), but("b", "aws:PrincipalOrgID", &[OWN_ID, "o-other"])]), unknown("b")),
            // Whom it spares may not be allowed it.
            (
                json!([
                    to(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-other"}})),
                    but("a", "aws:PrincipalOrgID", &[OWN_ID, "o-third"]),
                ]),
                unknown("a"),
            ),
            (
                json!([
                    to(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-other"}})),
                    but("a", "aws:PrincipalOrgID", &[OWN_ID, "o-other"]),
                ]),
                "organization o-other (statement 1)".to_owned(),
            ),
            // One account of all who are let in, whatever else is asked of them.
            (
                json!([to(json!("*"), json!({"Bool": {"aws:SecureTransport": true}})), these("a", OTHER)]),
                open.to_owned(),
            ),
            (
                json!([to(json!("*"), json!({"Null": {"aws:PrincipalOrgID": "false"}})), these("a", OTHER)]),
                open.to_owned(),
            ),
            (
                json!([to(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-other"}})), these("a", OTHER)]),
                unknown("a"),
            ),
        ] {
            assert_eq!(judged(&statements, &organization()), expected, "{statements}");
        }
    }

    #[test]
    fn a_denial_of_the_domain_holds_for_its_repositories() {
        let open = policy(&json!([allow(&json!("*"), &json!({}))]));
        let fence = |resource: &str| {
            policy(&json!([{
                "Sid": "fence", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": resource,
                "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-own1234567"}},
            }]))
        };
        let organization = organization();
        let home = Home { account: OWN, organization: &organization };
        assert_eq!(said(access(&open, Some(&fence("*")), &home)), "inside");
        assert_eq!(said(access(&open, Some(&open), &home)), "anyone (statement 1)");
        let domain = fence("arn:aws:codeartifact:eu-west-1:111122223333:domain/d");
        assert_eq!(
            said(access(&open, Some(&domain), &home)),
            "unknown: whom statement fence keeps out cannot be judged"
        );
        // The other way round it does not.
        assert_eq!(said(access(&fence("*"), Some(&open), &home)), "inside");
    }

    fn parts() -> impl Strategy<Value = Access> {
        prop_oneof![Just(Access::Inside), Just(Access::Outside("a".to_owned())), Just(Access::Unknown("b".to_owned())),]
    }

    proptest! {
        /// Whatever else a statement that lets in anyone says, it does not pass unless it says who.
        #[test]
        fn nothing_odd_closes_a_policy(operator in "[A-Za-z:]{1,30}", key in "[a-z:]{1,20}", value in ".{0,20}") {
            let condition = json!({operator: {key: value}});
            let said = judged(&json!([allow(&json!("*"), &condition)]), &organization());
            prop_assert!(said != "inside", "{condition}");
        }

        /// One that is let in from outside is enough, and one condition that keeps them out is.
        #[test]
        fn one_is_enough(parts in prop::collection::vec(parts(), 1..5)) {
            let any = Access::any(parts.clone());
            prop_assert_eq!(matches!(any, Access::Outside(_)), parts.iter().any(|of| matches!(of, Access::Outside(_))));
            let all = Access::all(parts.clone());
            prop_assert_eq!(all == Access::Inside, parts.contains(&Access::Inside));
        }
    }
}
