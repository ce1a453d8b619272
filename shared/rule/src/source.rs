use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{Resource, Timestamp};

/// Name and value of properties of a resource, in the words of the AWS Security Finding Format. A name that stands more
/// than once is a list.
pub type Details = Vec<(Cow<'static, str>, String)>;

/// Keys and values of a resource's tags.
pub type Tags = Vec<(String, String)>;

/// What is true of one resource now, in our own words.
pub trait Facts {
    /// What may be asked beyond what is always read; `()` when nothing.
    type Query: Default;

    /// Whether what a verdict rests on can change no more, so that no later run has to read it
    /// ([`Rule::READS_ONCE`](crate::Rule::READS_ONCE)).
    fn settled(&self) -> bool {
        false
    }

    /// What a report shows of the resource beside the verdict.
    fn details(&self) -> Details;
}

/// Reads one kind of resource. Shared by every rule that asks about that kind. Each run has a clone that was never asked, so it
/// may keep what several resources have in common.
pub trait Source {
    /// What it reads.
    type Facts: Facts;

    /// Reads one resource. Every failure is an [`Read::Unread`] that says why.
    fn get(
        &self,
        resource: &Resource,
        query: &<Self::Facts as Facts>::Query,
    ) -> impl Future<Output = Read<Self::Facts>>;

    /// Reads one page of the list of all resources in the account and Region: the first page when `token` is `None`,
    /// else the page that [`Page::next`] named.
    ///
    /// # Errors
    /// Why the page could not be read, in words for a reader. The list is then incomplete.
    fn list(
        &self,
        query: &<Self::Facts as Facts>::Query,
        token: Option<String>,
    ) -> impl Future<Output = Result<Page<Self::Facts>, String>>;

    /// The tags of a resource of which these facts were read. Asked for only where a tag may exempt a resource that fails.
    ///
    /// # Errors
    /// Why they could not be read, in words for a reader.
    fn tags(&self, resource: &Resource, facts: &Self::Facts) -> impl Future<Output = Result<Tags, String>>;
}

/// What came of reading one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read<F> {
    /// It is there. `resource` is the question's, completed with what the answer said.
    Here {
        /// The resource, with ARN, name and creation time where the answer had them.
        resource: Resource,
        /// What is true of it.
        facts: F,
    },
    /// AWS says that it does not exist.
    Gone,
    /// It could not be read; says why, in words for a reader.
    Unread(String),
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<F> {
    /// The resources on it.
    pub items: Vec<Listed<F>>,
    /// More resources: those that an earlier run read ([`SoFar`]) and that cannot have changed since.
    pub unchanged: Vec<Resource>,
    /// Entries that could not be told apart as resources, each with the reason. The list is then incomplete.
    pub unreadable: Vec<String>,
    /// A type of which all resources that were created up to this time have been listed now, on this page or before.
    pub reach: Option<(&'static str, Timestamp)>,
    /// How to ask for the next page; `None` on the last.
    pub next: Option<String>,
}

/// An empty last page.
impl<F> Default for Page<F> {
    fn default() -> Self {
        Self { items: Vec::new(), unchanged: Vec::new(), unreadable: Vec::new(), reach: None, next: None }
    }
}

impl<F> Page<F> {
    /// The page for a Source that has more to say of each resource than this list.
    #[must_use]
    pub fn without_facts<G>(self) -> Page<G> {
        let items = self.items.into_iter().map(|Listed { resource, .. }| Listed { resource, facts: None }).collect();
        let Self { unchanged, unreadable, reach, next, .. } = self;
        Page { items, unchanged, unreadable, reach, next }
    }
}

/// How far earlier runs came, for a Source of resources that are read once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoFar {
    /// The time of the event that is answered now.
    pub at: Timestamp,
    /// For a type, the creation time up to which every resource that can change no more was read and recorded.
    pub read_to: BTreeMap<String, Timestamp>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<F> {
    /// The resource; its id is the CloudFormation primary identifier.
    pub resource: Resource,
    /// Its facts, where the list already tells them all. Otherwise it is read by [`Source::get`].
    pub facts: Option<F>,
}

/// The page tokens of one list so far. A token that comes twice is an error: the list would never end, and ending it would
/// lose what is left.
#[derive(Debug)]
pub struct PageTokens {
    operation: &'static str,
    /// Hashes of the tokens, which can be long.
    seen: HashSet<u64>,
}

impl PageTokens {
    /// No tokens yet; `operation` is the call as IAM names it.
    #[must_use]
    pub fn new(operation: &'static str) -> Self {
        Self { operation, seen: HashSet::new() }
    }

    /// The token, if there is one; an empty one is none.
    ///
    /// # Errors
    /// It came before; says so in words for a reader.
    pub fn check(&mut self, token: Option<String>) -> Result<Option<String>, String> {
        match token.filter(|token| !token.is_empty()) {
            None => Ok(None),
            Some(token) if self.seen.insert(hash(&token)) => Ok(Some(token)),
            Some(_) => {
                Err(format!("{} gave the same page token twice, so the list cannot be read to its end", self.operation))
            }
        }
    }
}

fn hash(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}
