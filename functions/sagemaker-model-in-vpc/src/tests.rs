use ec2::LookUp;
use proptest::prelude::*;
use sagemaker::{ComponentUse, ComponentUses, Uses, VariantUses};

use super::*;

const NONE: Fact<Vec<String>> = Fact::Absent;
const OWN: &str = "no VpcConfig; create the model anew with one";
const UNUSED: &str = "; no endpoint configuration or inference component uses it";
const ON_INSTANCES: &str = "; endpoint configuration c runs it on instances";
const SERVERLESS: &str = "NOT_APPLICABLE serverless variants only, which have no such setting, run it";

fn within(ids: &[&str]) -> Fact<Vec<String>> {
    Fact::Known(ids.iter().map(|id| (*id).to_owned()).collect())
}

fn unread() -> Fact<Vec<String>> {
    Fact::Unread("its VpcConfig has security groups and no subnets".to_owned())
}

/// What variants run it: `i` on instances, `s` serverless, `?` some could not be read.
#[expect(clippy::unnecessary_wraps, reason = "a fact that was asked for")]
fn variants(kinds: &str) -> Option<VariantUses> {
    let named = |kind: char, name: &str| kinds.contains(kind).then(|| name.to_owned());
    Some(VariantUses { on_instances: named('i', "c"), serverless: named('s', "s"), trouble: named('?', "odd list") })
}

/// Inference components of endpoints `e1` and so on, whose configurations have these subnets.
#[expect(clippy::unnecessary_wraps, reason = "a fact that was asked for")]
fn components(subnets: &[Fact<Vec<String>>], trouble: Option<&str>) -> Option<ComponentUses> {
    let used = |(number, subnets): (usize, &Fact<Vec<String>>)| ComponentUse {
        endpoint: format!("e{}", number + 1),
        config: format!("c{}", number + 1),
        subnets: subnets.clone(),
        isolated: false,
    };
    let endpoints = subnets.iter().enumerate().map(used).collect();
    Some(ComponentUses { endpoints, trouble: trouble.map(str::to_owned) })
}

/// A model in an account in which `subnet-1a` and `subnet-1b` are in `vpc-1`, `subnet-2` is in `vpc-2`, `subnet-gone` does not exist,
/// `subnet-odd` could not be read, and nobody asked for others.
fn model(
    subnets: Fact<Vec<String>>,
    variants: Option<VariantUses>,
    components: Option<ComponentUses>,
) -> Placed<Model> {
    let uses = Uses { variants, components };
    let of = Model {
        subnets,
        security_groups: Vec::new(),
        isolated: false,
        containers: Vec::new(),
        uses,
        created_at: None,
        details: Vec::new(),
    };
    let vpc = |id: &str| Fact::Known(id.to_owned());
    let vpcs = [
        ("subnet-1a", vpc("vpc-1")),
        ("subnet-1b", vpc("vpc-1")),
        ("subnet-2", vpc("vpc-2")),
        ("subnet-gone", Fact::Absent),
        ("subnet-odd", Fact::Unread("odd".to_owned())),
    ];
    let vpcs = vpcs.into_iter().map(|(id, vpc)| (id.to_owned(), vpc)).collect();
    Placed { of, vpcs, defaults: Vec::new() }
}

fn params(subnets: &[&str], vpcs: &[&str]) -> Params {
    let list = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let places = AllowedPlaces { subnets: list(subnets), vpcs: list(vpcs), forbid_default_vpc: false };
    Params { places, check_usage: true }
}

/// Verdict and reason, on one line.
fn decide(model: &Placed<Model>, params: &Params) -> String {
    ModelInVpc::decide(model, params, Context::default()).to_string()
}

fn on(endpoint: u32) -> String {
    format!("inference components on endpoint e{endpoint}: its configuration c{endpoint}")
}

#[test]
fn the_verdict_table() {
    let (has, both) = (|| within(&["subnet-1a"]), || within(&["subnet-1a", "subnet-1b"]));
    let none = || components(&[], None);
    let by = |subnets: &[Fact<Vec<String>>]| components(subnets, None);
    let perhaps = || components(&[], Some("odd component"));
    let fails = |words: &str| format!("NON_COMPLIANT {OWN}{words}");
    let config_fails = format!("NON_COMPLIANT {}: no VpcConfig; create it anew with one", on(1));
    let second_fails = format!("NON_COMPLIANT {}: no VpcConfig; create it anew with one", on(2));
    let config_passes = format!("COMPLIANT {} has the setting, which counts there", on(1));
    let config_odd = format!("undecided {}: its VpcConfig has security groups and no subnets", on(1));
    let odd = "undecided its VpcConfig has security groups and no subnets".to_owned();
    let compliant = || "COMPLIANT".to_owned();
    let serverless = || SERVERLESS.to_owned();
    let (no_list, no_component) = (|| "undecided odd list".to_owned(), || "undecided odd component".to_owned());
    for (own, variants, components, expected) in [
        // It passes by itself: variants are not asked for.
        (has(), None, none(), compliant()),
        (both(), None, none(), compliant()),
        (has(), None, by(&[has()]), compliant()),
        (has(), None, by(&[NONE]), config_fails.clone()),
        (has(), None, by(&[has(), NONE]), second_fails.clone()),
        (has(), None, by(&[unread()]), config_odd.clone()),
        (has(), None, perhaps(), no_component()),
        (has(), None, components(&[NONE], Some("odd component")), config_fails.clone()),
        (has(), None, components(&[has()], Some("odd component")), no_component()),
        (has(), variants("?"), none(), compliant()),
        (has(), variants("s"), none(), compliant()),
        // Nothing uses it.
        (NONE, variants(""), none(), fails(UNUSED)),
        (unread(), variants(""), none(), odd.clone()),
        (NONE, variants("?"), none(), no_list()),
        (NONE, variants(""), perhaps(), no_component()),
        // Serverless variants only.
        (NONE, variants("s"), none(), serverless()),
        (unread(), variants("s"), none(), serverless()),
        (NONE, variants("s?"), none(), no_list()),
        (NONE, variants("s"), perhaps(), no_component()),
        // Variants on instances.
        (NONE, variants("i"), none(), fails(ON_INSTANCES)),
        (NONE, variants("is"), none(), fails(ON_INSTANCES)),
        (NONE, variants("i?"), none(), fails(ON_INSTANCES)),
        (NONE, variants("i"), perhaps(), fails(ON_INSTANCES)),
        (unread(), variants("i"), none(), odd.clone()),
        // Inference components.
        (NONE, variants(""), by(&[has()]), config_passes.clone()),
        (NONE, variants("s"), by(&[has()]), config_passes.clone()),
        (NONE, variants(""), by(&[NONE]), config_fails.clone()),
        (NONE, variants("s"), by(&[NONE]), config_fails.clone()),
        (NONE, variants(""), by(&[has(), NONE]), second_fails),
        (NONE, variants(""), by(&[unread()]), config_odd),
        (NONE, variants("?"), by(&[has()]), no_list()),
        (NONE, variants("?"), by(&[NONE]), config_fails.clone()),
        (NONE, variants(""), components(&[has()], Some("odd component")), no_component()),
        (NONE, variants(""), components(&[NONE], Some("odd component")), config_fails.clone()),
        (unread(), variants(""), by(&[has()]), config_passes),
        // Both.
        (NONE, variants("i"), by(&[has()]), fails(ON_INSTANCES)),
        (NONE, variants("i"), by(&[NONE]), config_fails),
        (unread(), variants("i"), by(&[has()]), odd.clone()),
        // Not asked.
        (has(), None, None, compliant()),
        (NONE, None, None, fails("")),
        (unread(), None, None, odd),
        (NONE, None, none(), "undecided which endpoint configurations name it was not asked".to_owned()),
    ] {
        let row = format!("{own:?} {variants:?} {components:?}");
        assert_eq!(decide(&model(own, variants, components), &params(&[], &[])), expected, "{row}");
    }
}

#[test]
fn every_subnet_has_to_be_allowed_and_in_an_allowed_vpc() {
    let subnets = |ids: &[&str]| params(ids, &[]);
    let vpcs = |ids: &[&str]| params(&[], ids);
    for (own, params, expected) in [
        (&["subnet-1a"][..], subnets(&["subnet-1a", "subnet-1b"]), "COMPLIANT"),
        (&["subnet-1a", "subnet-1b"], subnets(&["subnet-1a", "subnet-1b"]), "COMPLIANT"),
        (&["subnet-1a", "subnet-2"], subnets(&["subnet-1a"]), "NON_COMPLIANT subnet subnet-2 is not one of subnetIds"),
        (&["subnet-gone"], subnets(&["subnet-gone"]), "COMPLIANT"),
        (&["subnet-1a", "subnet-1b"], vpcs(&["vpc-1"]), "COMPLIANT"),
        (&["subnet-1a", "subnet-2"], vpcs(&["vpc-1", "vpc-2"]), "COMPLIANT"),
        (
            &["subnet-1a", "subnet-2"],
            vpcs(&["vpc-1"]),
            "NON_COMPLIANT subnet subnet-2 is in vpc-2, which is not one of vpcIds",
        ),
        (&["subnet-1a", "subnet-gone"], vpcs(&["vpc-1"]), "NON_COMPLIANT subnet subnet-gone does not exist"),
        (&["subnet-odd", "subnet-gone"], vpcs(&["vpc-1"]), "NON_COMPLIANT subnet subnet-gone does not exist"),
        (
            &["subnet-odd", "subnet-2"],
            vpcs(&["vpc-1"]),
            "NON_COMPLIANT subnet subnet-2 is in vpc-2, which is not one of vpcIds",
        ),
        (&["subnet-odd", "subnet-1a"], vpcs(&["vpc-1"]), "undecided odd"),
        (&["subnet-new"], vpcs(&["vpc-1"]), "undecided subnet subnet-new was not looked up"),
        (&["subnet-1a"], params(&["subnet-1a"], &["vpc-1"]), "COMPLIANT"),
        (
            &["subnet-1a"],
            params(&["subnet-1a"], &["vpc-2"]),
            "NON_COMPLIANT subnet subnet-1a is in vpc-1, which is not one of vpcIds",
        ),
        (&["subnet-2"], params(&["subnet-1a"], &["vpc-2"]), "NON_COMPLIANT subnet subnet-2 is not one of subnetIds"),
        (&[], vpcs(&["vpc-1"]), "undecided its VpcConfig has no subnets"),
    ] {
        assert_eq!(decide(&model(within(own), None, None), &params), expected, "{own:?} {params:?}");
        // The same holds of the configurations by which inference components run it.
        let on_component = decide(&model(NONE, variants(""), components(&[within(own)], None)), &params);
        let (verdict, words) = expected.split_once(' ').unwrap_or((expected, ""));
        let told =
            if words.is_empty() { " has the setting, which counts there".to_owned() } else { format!(": {words}") };
        assert_eq!(on_component, format!("{verdict} {}{told}", on(1)), "{own:?} {params:?}");
    }
}

#[test]
fn what_runs_a_model_is_asked_where_the_verdict_hangs_on_it() {
    use Need::{Components, Everything};
    let given = |given: &[(&str, &str)]| {
        let mut given = Parameters::new(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let params = ModelInVpc::params(&mut given).unwrap();
        assert_eq!(given.finish(), Ok(()));
        (ModelInVpc::query(&params, &SoFar::default()), params)
    };
    for (parameters, own, need) in [
        (&[][..], within(&["subnet-1a"]), Components),
        (&[], NONE, Everything),
        (&[], unread(), Everything),
        (&[("subnetIds", "subnet-1a,subnet-1b")], within(&["subnet-1a"]), Components),
        (&[("subnetIds", "subnet-1a,subnet-1b")], within(&["subnet-2"]), Everything),
        (&[("vpcIds", "vpc-1")], within(&["subnet-1a"]), Everything),
    ] {
        let (query, params) = given(parameters);
        assert_eq!(query.look_up == LookUp::Vpcs, !params.places.vpcs.is_empty());
        let found = query.of.need.map(|need| need(&model(own.clone(), None, None).of));
        assert_eq!(found, Some(need), "{parameters:?} {own:?}");
    }
    let (query, params) = given(&[("checkUsage", "false"), ("vpcIds", "vpc-1")]);
    assert!(query.of.need.is_none() && query.look_up == LookUp::Vpcs && !params.check_usage);
}

#[test]
fn the_subnets_of_configurations_are_looked_up_too() {
    let placed = model(within(&["a"]), None, components(&[within(&["b", "c"]), NONE], None));
    assert_eq!(subnets(&placed.of), ["a", "b", "c"]);
}

proptest! {
    /// One use more never makes a failing model pass, and what could not be read never makes a verdict better.
    #[test]
    fn a_use_more_repairs_nothing(
        own in any::<bool>(),
        kinds in 0_usize..4,
        configs in prop::collection::vec(any::<bool>(), 0..4),
        more in any::<bool>(),
    ) {
        let setting = |has: bool| if has { within(&["subnet-1a"]) } else { NONE };
        let of = |kinds: &str, configs: &[bool], trouble| {
            let settings: Vec<_> = configs.iter().copied().map(setting).collect();
            let model = model(setting(own), variants(kinds), components(&settings, trouble));
            decide(&model, &params(&[], &[]))
        };
        let kinds = ["", "s", "i", "is"][kinds];
        let before = of(kinds, &configs, None);
        let with_more: Vec<_> = configs.iter().copied().chain([more]).collect();
        // What nothing used is no longer judged by itself.
        if before.starts_with("NON_COMPLIANT") && !before.ends_with(UNUSED) {
            prop_assert!(of(kinds, &with_more, None).starts_with("NON_COMPLIANT"));
        }
        for (kinds, trouble) in [(format!("{kinds}?"), None), (kinds.to_owned(), Some("odd"))] {
            let after = of(&kinds, &configs, trouble);
            let (verdict, _) = after.split_once(' ').unwrap_or((&after, ""));
            prop_assert!(verdict == "undecided" || before.starts_with(verdict), "{before}, and then {after}");
        }
    }
}
