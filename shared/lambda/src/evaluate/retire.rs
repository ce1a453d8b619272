//! The last runs of a rule that is about to be deleted: what it reported is taken back, and no resource is read for it.

use rule::{Resource, Timestamp, Verdict};

use super::{Notes, without_facts};
use crate::{
    clock::{Clock, in_time},
    error::Problem,
    home::Home,
    ledger::{
        config::{self, Coverage},
        security_hub,
    },
};

/// What is said of everything that it reported.
const GOING: &str = "the rule is being removed";

pub(super) struct Retiring<'a, A, H, C> {
    pub(super) clock: &'a C,
    pub(super) home: &'a Home,
    pub(super) at: Timestamp,
    pub(super) config: config::Ledger<'a, A, C>,
    pub(super) security_hub: Option<security_hub::Ledger<'a, H, C>>,
    pub(super) notes: Notes<'a>,
}

impl<A: config::Api, H: security_hub::Api, C: Clock> Retiring<'_, A, H, C> {
    /// Takes back what it reported of resources that changed.
    pub(super) async fn named(self, resources: &[Resource]) -> Vec<Problem> {
        let Self { clock, home, at, mut config, mut security_hub, mut notes } = self;
        for resource in resources {
            let finding = without_facts(home.complete(resource.clone()), Verdict::not_applicable(GOING), at);
            notes.note(&finding);
            config.record(&finding, false).await;
            if let Some(security_hub) = &mut security_hub
                && in_time(clock, security_hub.record(&finding)).await.is_none()
            {
                security_hub.hurry();
            }
        }
        let config = config.finish(Coverage::Named).await;
        let told = match security_hub {
            Some(security_hub) => security_hub.finish(Coverage::Named).await,
            None => security_hub::Outcome::default(),
        };
        let mut problems = Vec::new();
        notes.conclude(&mut problems, config, told);
        problems
    }

    /// Takes back everything, from AWS Config first: a Security Hub that is slow or far behind holds up nothing but itself.
    pub(super) async fn all(self, test: bool) -> Vec<Problem> {
        let Self { clock, mut config, security_hub, notes, .. } = self;
        let mut problems = Vec::new();
        // A test takes back nothing, so it need not know what there is.
        let held = if test { Some(Ok(())) } else { in_time(clock, config.load()).await };
        let coverage = match held {
            Some(Ok(())) => Coverage::All,
            Some(Err(reason)) => {
                problems.push(Problem::ResultsUnread(reason));
                Coverage::Part
            }
            None => {
                problems.push(Problem::OutOfTime("read"));
                Coverage::Part
            }
        };
        let config = config.finish_for(GOING, coverage).await;
        let told = match security_hub {
            Some(mut security_hub) => {
                if in_time(clock, security_hub.load()).await.is_none() {
                    security_hub.hurry();
                }
                security_hub.finish(Coverage::All).await
            }
            None => security_hub::Outcome::default(),
        };
        notes.conclude(&mut problems, config, told);
        problems
    }
}
