//! The order in which jobs are listed, and where a list stands between two of its pages.

use rule::Timestamp;

use super::{JobKind, JobQuery};

/// One leg of the list: what is asked of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    /// All there are: definitions and schedules.
    Standing,
    /// Those of the window that no earlier run read.
    New,
    /// Those that were created before the window and run.
    Older,
    /// Those of the window that one read.
    Read,
}

/// How long a job may take to show up in the lists: they make no promise. One that does so later is missed by one run and read by
/// none that goes by how far it came.
pub(super) const SETTLING: i64 = 15 * 60 * 1000;

/// The lists' filters may or may not take the very second that they name, so each side of a limit is asked for a little more.
const MARGIN: i64 = 1000;

impl JobQuery {
    /// The legs of the whole list. Those that move the mark come early, those that only confirm what is known come last.
    pub(super) fn legs(&self) -> Vec<(JobKind, Leg)> {
        let kinds = |ends: bool| self.kinds.iter().copied().filter(move |kind| kind.ends() == ends);
        let standing = kinds(false).map(|kind| (kind, Leg::Standing));
        let new = kinds(true).map(|kind| (kind, Leg::New));
        let older = kinds(true).filter(|kind| self.oldest(*kind) < self.since).map(|kind| (kind, Leg::Older));
        let read = kinds(true).filter(|kind| self.read_to(*kind).is_some()).map(|kind| (kind, Leg::Read));
        standing.chain(new).chain(older).chain(read).collect()
    }

    /// The earliest creation time of a job that may still run.
    pub(super) fn oldest(&self, kind: JobKind) -> Timestamp {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        later(self.so_far.at, -longest_days(kind) * DAY)
    }

    /// The creation time up to which earlier runs read jobs of the window.
    pub(super) fn read_to(&self, kind: JobKind) -> Option<Timestamp> {
        self.so_far.read_to.get(kind.resource_type()).copied().filter(|to| *to >= self.since)
    }

    /// Creation times between which a leg asks for jobs.
    pub(super) fn between(&self, kind: JobKind, leg: Leg) -> [Option<Timestamp>; 2] {
        let read_to = self.read_to(kind);
        match leg {
            Leg::Standing => [None, None],
            Leg::Older => [Some(later(self.oldest(kind), -MARGIN)), Some(later(self.since, MARGIN))],
            Leg::New => [Some(later(read_to.unwrap_or(self.since), -MARGIN)), None],
            Leg::Read => [Some(later(self.since, -MARGIN)), read_to.map(|to| later(to, MARGIN))],
        }
    }

    pub(super) fn start_of(&self, leg: usize) -> Position {
        // Before the first that any filter lets through.
        Position { leg, last: Some(later(self.since, -2 * MARGIN)), nameless: false }
    }

    /// Whether a job that was listed on a leg belongs there. One without a creation time comes on the leg of the time that it has and does
    /// not tell.
    pub(super) fn is_of(&self, kind: JobKind, leg: Leg, created_at: Option<Timestamp>) -> bool {
        let Some(created_at) = created_at else { return true };
        let is_read = self.read_to(kind).is_some_and(|to| created_at <= to);
        match leg {
            Leg::Standing => true,
            Leg::Older => created_at < self.since,
            Leg::New => created_at >= self.since && !is_read,
            Leg::Read => created_at >= self.since && is_read,
        }
    }
}

/// Days after its creation at which a job is over at the latest: the most that the API takes for its run time, and for what it waits
/// before (`StoppingCondition` 28 days each, `ProcessingStoppingCondition` 9, `ResourceLimits` of tuning half a year), rounded up. Of
/// the others it names none: transform jobs, of which there may be many, get what training has, the others a year.
const fn longest_days(kind: JobKind) -> i64 {
    match kind {
        JobKind::Processing => 30,
        JobKind::Training | JobKind::Transform => 60,
        JobKind::Tuning => 190,
        _ => 365,
    }
}

pub(super) fn later(time: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_millis(time.millis() + millis)
}

/// Where the list stands between two pages: in a page token of our own, before AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// Number of the leg.
    pub(super) leg: usize,
    /// Creation time of the leg's last job so far; none once they came out of order, or without one.
    pub(super) last: Option<Timestamp>,
    /// Whether one came without its name, so that nobody can say that all were read.
    pub(super) nameless: bool,
}

impl Position {
    pub(super) fn read(token: &str) -> Result<(Self, Option<String>), String> {
        let odd = || format!("the list of jobs has no place `{token}`");
        let mut parts = token.splitn(3, ' ');
        let (leg, last, aws) = (parts.next(), parts.next(), parts.next());
        let leg = leg.and_then(|leg| leg.parse().ok()).ok_or_else(odd)?;
        let nameless = last == Some("?");
        let last = last.and_then(|last| last.parse().ok()).map(Timestamp::from_millis);
        Ok((Self { leg, last, nameless }, aws.map(str::to_owned).filter(|token| !token.is_empty())))
    }

    pub(super) fn write(self, aws: &str) -> String {
        let last = match self.last {
            _ if self.nameless => "?".to_owned(),
            Some(last) => last.millis().to_string(),
            None => "-".to_owned(),
        };
        format!("{} {last} {aws}", self.leg)
    }
}

#[cfg(test)]
mod tests;
