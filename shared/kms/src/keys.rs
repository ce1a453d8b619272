use aws::{Once, SdkConfig};
use aws_sdk_kms::{Client, types};
use futures::{StreamExt, stream};
use rule::{Details, Fact, Facts, Listed, Page, Read, Resource, Source, Tags};

/// What is true of a KMS key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its ARN, whatever it was asked for by.
    pub arn: String,
    /// Who manages it.
    pub manager: Fact<KeyManager>,
    /// Whether it can be used.
    pub state: Fact<KeyState>,
}

/// `KeyManager`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyManager {
    /// AWS: nobody in the account can change its policy, disable it or rotate it.
    Aws,
    /// The customer.
    Customer,
}

/// `KeyState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It encrypts and decrypts: `Enabled`, or `Updating`, which only moves a multi-Region key's primary (AWS KMS Developer Guide,
    /// "Key states of AWS KMS keys").
    Usable,
    /// It does not, in the state of this name.
    Unusable(&'static str),
}

/// What came of asking for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAnswer {
    /// Nobody asked: it does not matter here, or the resource names no key, or what it names tells enough.
    NotAsked,
    /// It is there.
    Known(Key),
    /// AWS says that it does not exist.
    Gone,
    /// The caller may not know; says why.
    Denied(String),
    /// It could not be read; says why.
    Unread(String),
}

/// Reads keys: `DescribeKey`, once for each name that a key is given.
#[derive(Clone, Debug)]
pub struct Keys {
    client: Client,
    answers: Once<KeyAnswer>,
}

const DESCRIBE: &str = "kms:DescribeKey";

impl Keys {
    /// The keys that the account of `config` can see.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), answers: Once::default() }
    }

    /// The key with this id, ARN, alias or alias ARN.
    pub async fn get(&self, reference: &str) -> KeyAnswer {
        // AWS creates the key behind one of its own aliases when it is asked for, and the alias says who manages it.
        if is_alias_of_aws(reference) {
            return KeyAnswer::NotAsked;
        }
        self.answers.get(reference, async || self.describe(reference).await).await
    }

    async fn describe(&self, reference: &str) -> KeyAnswer {
        match self.client.describe_key().key_id(reference).send().await {
            Ok(answer) => match answer.key_metadata() {
                Some(of) => key(reference, of),
                None => KeyAnswer::Unread(format!("{DESCRIBE} gave no KeyMetadata")),
            },
            Err(error) => match aws::code(&error) {
                Some("NotFoundException") => KeyAnswer::Gone,
                Some("AccessDeniedException") => KeyAnswer::Denied(aws::reason(DESCRIBE, &error)),
                _ => KeyAnswer::Unread(aws::reason(DESCRIBE, &error)),
            },
        }
    }
}

fn key(reference: &str, metadata: &types::KeyMetadata) -> KeyAnswer {
    use types::{KeyManagerType as Manager, KeyState as State};
    let Some(arn) = aws::given(metadata.arn()) else {
        return KeyAnswer::Unread(format!("{DESCRIBE} gave no Arn"));
    };
    // What is asked for by its ARN is what the answer is about.
    if reference.contains(":key/") && reference != arn {
        return KeyAnswer::Unread(format!("{DESCRIBE} answered about {arn}"));
    }
    let manager = match metadata.key_manager() {
        None => Fact::Absent,
        Some(Manager::Aws) => Fact::Known(KeyManager::Aws),
        Some(Manager::Customer) => Fact::Known(KeyManager::Customer),
        Some(other) => Fact::Unread(aws::unknown("KeyManager", other.as_str())),
    };
    let state = match metadata.key_state() {
        None => Fact::Absent,
        Some(State::Enabled | State::Updating) => Fact::Known(KeyState::Usable),
        Some(State::Creating) => Fact::Known(KeyState::Unusable("Creating")),
        Some(State::Disabled) => Fact::Known(KeyState::Unusable("Disabled")),
        Some(State::PendingDeletion) => Fact::Known(KeyState::Unusable("PendingDeletion")),
        Some(State::PendingImport) => Fact::Known(KeyState::Unusable("PendingImport")),
        Some(State::PendingReplicaDeletion) => Fact::Known(KeyState::Unusable("PendingReplicaDeletion")),
        Some(State::Unavailable) => Fact::Known(KeyState::Unusable("Unavailable")),
        Some(other) => Fact::Unread(aws::unknown("KeyState", other.as_str())),
    };
    KeyAnswer::Known(Key { arn, manager, state })
}

/// Whether it is an alias, or the ARN of one, that AWS keeps for keys of its own: `alias/aws/sagemaker`.
pub(crate) fn is_alias_of_aws(reference: &str) -> bool {
    reference.starts_with("alias/aws/") || reference.contains(":alias/aws/")
}

/// The key that a resource names, where it names one.
#[must_use]
pub fn named(key: &Fact<String>) -> Vec<&str> {
    key.known().map(String::as_str).into_iter().collect()
}

/// Facts with the keys that they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed<F> {
    /// What is true of the resource.
    pub of: F,
    /// What was said of each of its keys, as it names them.
    pub keys: Vec<(String, KeyAnswer)>,
}

impl<F> Keyed<F> {
    /// What was said of the key that the resource names so.
    #[must_use]
    pub fn key(&self, reference: &str) -> &KeyAnswer {
        self.keys.iter().find(|(named, _)| named == reference).map_or(&KeyAnswer::NotAsked, |(_, answer)| answer)
    }
}

/// What to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyedQuery<Q> {
    /// Of the resource.
    pub of: Q,
    /// Whether to ask for its keys.
    pub look_up: bool,
}

impl<F: Facts> Facts for Keyed<F> {
    type Query = KeyedQuery<F::Query>;

    fn settled(&self) -> bool {
        self.of.settled()
    }

    fn details(&self) -> Details {
        self.of.details()
    }
}

/// A Source whose resources name keys, with those keys.
#[derive(Clone, Debug)]
pub struct WithKeys<S: Source> {
    source: S,
    keys: Keys,
    keys_of: fn(&S::Facts) -> Vec<&str>,
}

impl<S: Source> WithKeys<S> {
    /// `source` on the account and Region of `config`, with the keys that `keys_of` finds in its facts.
    #[must_use]
    pub fn new(config: &SdkConfig, source: S, keys_of: fn(&S::Facts) -> Vec<&str>) -> Self {
        Self { source, keys: Keys::new(config), keys_of }
    }

    async fn with_keys(&self, facts: S::Facts, look_up: bool) -> Keyed<S::Facts> {
        let mut keys = Vec::new();
        if look_up {
            for reference in (self.keys_of)(&facts) {
                keys.push((reference.to_owned(), self.keys.get(reference).await));
            }
        }
        Keyed { of: facts, keys }
    }
}

impl<S: Source> Source for WithKeys<S> {
    type Facts = Keyed<S::Facts>;

    async fn get(&self, resource: &Resource, query: &<Self::Facts as Facts>::Query) -> Read<Self::Facts> {
        match self.source.get(resource, &query.of).await {
            Read::Here { resource, facts } => {
                Read::Here { resource, facts: self.with_keys(facts, query.look_up).await }
            }
            Read::Gone => Read::Gone,
            Read::Unread(reason) => Read::Unread(reason),
        }
    }

    async fn list(
        &self,
        query: &<Self::Facts as Facts>::Query,
        token: Option<String>,
    ) -> Result<Page<Self::Facts>, String> {
        /// Keys that are read at a time.
        const AT_A_TIME: usize = 16;
        let Page { items, unchanged, unreadable, reach, next } = self.source.list(&query.of, token).await?;
        let items = stream::iter(items).map(async |Listed { resource, facts }| Listed {
            resource,
            facts: match facts {
                Some(facts) => Some(self.with_keys(facts, query.look_up).await),
                None => None,
            },
        });
        Ok(Page { items: items.buffered(AT_A_TIME).collect().await, unchanged, unreadable, reach, next })
    }

    async fn tags(&self, resource: &Resource, facts: &Self::Facts) -> Result<Tags, String> {
        self.source.tags(resource, &facts.of).await
    }
}
