use proptest::prelude::*;
use rule::Fact;
use sagemaker::{ComponentUse, ComponentUses, Container, Uses, VariantUses};

use super::*;

const OWN: &str = "EnableNetworkIsolation is off; create the model anew with it";
const UNUSED: &str = "; no endpoint configuration or inference component uses it";
const ON_INSTANCES: &str = "; endpoint configuration c runs it on instances";
const SERVERLESS: &str = "NOT_APPLICABLE serverless variants only, which have no such setting, run it";
const HUGGING_FACE: &str = "763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference:2.1.1-gpu";

/// What variants run it: `i` on instances, `s` serverless, `?` some could not be read.
#[expect(clippy::unnecessary_wraps, reason = "a fact that was asked for")]
fn variants(kinds: &str) -> Option<VariantUses> {
    let named = |kind: char, name: &str| kinds.contains(kind).then(|| name.to_owned());
    Some(VariantUses { on_instances: named('i', "c"), serverless: named('s', "s"), trouble: named('?', "odd list") })
}

/// Inference components of endpoints `e1` and so on, whose configurations are isolated or not.
#[expect(clippy::unnecessary_wraps, reason = "a fact that was asked for")]
fn components(isolated: &[bool], trouble: Option<&str>) -> Option<ComponentUses> {
    let used = |(number, isolated): (usize, &bool)| ComponentUse {
        endpoint: format!("e{}", number + 1),
        config: format!("c{}", number + 1),
        subnets: Fact::Absent,
        isolated: *isolated,
    };
    let endpoints = isolated.iter().enumerate().map(used).collect();
    Some(ComponentUses { endpoints, trouble: trouble.map(str::to_owned) })
}

/// A model with one container for each image; `None` is one from a model package.
fn model(isolated: bool, images: &[Option<&str>], uses: Uses) -> Model {
    let container = |image: Option<&str>| Container {
        image: image.map(str::to_owned),
        package: image.is_none().then(|| "package".to_owned()),
    };
    let containers = images.iter().copied().map(container).collect();
    Model {
        subnets: Fact::Absent,
        security_groups: Vec::new(),
        isolated,
        containers,
        uses,
        created_at: None,
        details: Vec::new(),
    }
}

fn params(exempt: &[&str]) -> Params {
    let exempt_image_repositories = exempt.iter().map(|pattern| (*pattern).to_owned()).collect();
    Params { check_usage: true, exempt_image_repositories }
}

/// Verdict and reason, on one line.
fn decide(model: &Model, params: &Params) -> String {
    ModelNetworkIsolation::decide(model, params, Context::default()).to_string()
}

fn on(endpoint: u32) -> String {
    format!("inference components on endpoint e{endpoint}: its configuration c{endpoint}")
}

#[test]
fn the_verdict_table() {
    let none = || components(&[], None);
    let by = |isolated: &[bool]| components(isolated, None);
    let perhaps = || components(&[], Some("odd component"));
    let fails = |words: &str| format!("NON_COMPLIANT {OWN}{words}");
    let config_fails =
        |number| format!("NON_COMPLIANT {}: EnableNetworkIsolation is off; create it anew with it", on(number));
    let config_passes = || format!("COMPLIANT {} has the setting, which counts there", on(1));
    let compliant = || "COMPLIANT".to_owned();
    let serverless = || SERVERLESS.to_owned();
    let (no_list, no_component) = (|| "undecided odd list".to_owned(), || "undecided odd component".to_owned());
    for (own, variants, components, expected) in [
        // It is isolated by itself: variants are not asked for.
        (true, None, none(), compliant()),
        (true, None, by(&[true]), compliant()),
        (true, None, by(&[false]), config_fails(1)),
        (true, None, by(&[true, false]), config_fails(2)),
        (true, None, perhaps(), no_component()),
        (true, None, components(&[false], Some("odd component")), config_fails(1)),
        (true, None, components(&[true], Some("odd component")), no_component()),
        (true, variants("?"), none(), compliant()),
        (true, variants("s"), none(), compliant()),
        // Nothing uses it.
        (false, variants(""), none(), fails(UNUSED)),
        (false, variants("?"), none(), no_list()),
        (false, variants(""), perhaps(), no_component()),
        // Serverless variants only.
        (false, variants("s"), none(), serverless()),
        (false, variants("s?"), none(), no_list()),
        (false, variants("s"), perhaps(), no_component()),
        // Variants on instances.
        (false, variants("i"), none(), fails(ON_INSTANCES)),
        (false, variants("is"), none(), fails(ON_INSTANCES)),
        (false, variants("i?"), none(), fails(ON_INSTANCES)),
        (false, variants("i"), perhaps(), fails(ON_INSTANCES)),
        // Inference components.
        (false, variants(""), by(&[true]), config_passes()),
        (false, variants("s"), by(&[true]), config_passes()),
        (false, variants(""), by(&[false]), config_fails(1)),
        (false, variants("s"), by(&[false]), config_fails(1)),
        (false, variants(""), by(&[true, false]), config_fails(2)),
        (false, variants("?"), by(&[true]), no_list()),
        (false, variants("?"), by(&[false]), config_fails(1)),
        (false, variants(""), components(&[true], Some("odd component")), no_component()),
        (false, variants(""), components(&[false], Some("odd component")), config_fails(1)),
        // Both.
        (false, variants("i"), by(&[true]), fails(ON_INSTANCES)),
        (false, variants("i"), by(&[false]), config_fails(1)),
        // Not asked.
        (true, None, None, compliant()),
        (false, None, None, fails("")),
        (false, None, none(), "undecided which endpoint configurations name it was not asked".to_owned()),
    ] {
        let row = format!("{own} {variants:?} {components:?}");
        let model = model(own, &[Some(HUGGING_FACE)], Uses { variants, components });
        assert_eq!(decide(&model, &params(&[])), expected, "{row}");
        // What needs the network cannot be asked to do without it; what does without all the same is well.
        let exempt = decide(&model, &params(&["huggingface-*"]));
        let image = format!("NOT_APPLICABLE image {HUGGING_FACE} is of exemptImageRepositories: it needs the network");
        assert_eq!(exempt, if own && !expected.starts_with("NON_COMPLIANT") { expected } else { image }, "{row}");
    }
}

#[test]
fn one_container_of_an_exempt_repository_is_enough() {
    let digest = "763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-llm@sha256:0123abcd";
    let own = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/scoring:huggingface-1";
    let port = "registry.example.com:5000/huggingface-llm";
    let short = "team/huggingface-llm:7";
    for (images, exempt, image) in [
        (&[Some(HUGGING_FACE)][..], &["huggingface-*"][..], Some(HUGGING_FACE)),
        (&[Some(HUGGING_FACE)], &["huggingface-pytorch-tgi-inference"], Some(HUGGING_FACE)),
        (&[Some(HUGGING_FACE)], &["*/huggingface-*"], Some(HUGGING_FACE)),
        (&[Some(HUGGING_FACE)], &["763104351884.dkr.ecr.*/huggingface-pytorch-tgi-inference"], Some(HUGGING_FACE)),
        (&[Some(HUGGING_FACE)], &["huggingface-pytorch"], None),
        (&[Some(HUGGING_FACE)], &["*:2.1.1-gpu"], None),
        (&[Some(HUGGING_FACE)], &[], None),
        (&[Some(digest)], &["huggingface-llm"], Some(digest)),
        (&[Some(digest)], &["*sha256*"], None),
        (&[Some(own)], &["huggingface-*"], None),
        (&[Some(own)], &["team/scoring"], Some(own)),
        (&[Some(own)], &["scoring"], None),
        (&[Some(port)], &["huggingface-llm"], Some(port)),
        (&[Some(port)], &["registry.example.com:5000/*"], Some(port)),
        (&[Some(short)], &["huggingface-llm"], None),
        (&[Some(short)], &["team/*"], Some(short)),
        (&[Some(own), Some(digest)], &["other", "huggingface-*"], Some(digest)),
        (&[Some(own), None], &["huggingface-*"], None),
        (&[None], &["*"], None),
        (&[], &["*"], None),
        (&[Some(own)], &["*"], Some(own)),
    ] {
        let model = model(false, images, Uses::default());
        assert_eq!(exempt_image(&model, &params(exempt)), image, "{images:?} {exempt:?}");
        assert_eq!(decide(&model, &params(exempt)).starts_with("NOT_APPLICABLE"), image.is_some());
    }
}

#[test]
fn what_runs_a_model_is_asked_where_the_verdict_hangs_on_it() {
    let given = |given: &[(&str, &str)]| {
        let mut given = Parameters::new(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let params = ModelNetworkIsolation::params(&mut given).unwrap();
        assert_eq!(given.finish(), Ok(()));
        ModelNetworkIsolation::query(&params, &SoFar::default()).need
    };
    let exempt = &[("exemptImageRepositories", "huggingface-*")][..];
    for (parameters, isolated, need) in [
        (&[][..], true, Need::Components),
        (&[], false, Need::Everything),
        (exempt, true, Need::Components),
        (exempt, false, Need::Nothing),
    ] {
        let asked = given(parameters).unwrap();
        assert_eq!(asked(&model(isolated, &[Some(HUGGING_FACE)], Uses::default())), need, "{parameters:?} {isolated}");
    }
    assert!(given(&[("checkUsage", "false")]).is_none());
}

proptest! {
    /// Whatever is given as an image is cut where there is something to cut, and nowhere else.
    #[test]
    fn a_repository_is_a_part_of_its_image(image in "[a-z0-9.:/@é-]{0,40}") {
        let (whole, repository) = repository(&image);
        prop_assert!(image.starts_with(whole) && whole.ends_with(repository));
        prop_assert!(!repository.contains('@'));
    }
}
