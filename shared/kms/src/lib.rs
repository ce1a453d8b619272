//! Facts of AWS Key Management Service, and what is required of a key. The only place where its SDK's types appear.

mod keys;
mod requirement;

pub use keys::{Key, KeyAnswer, KeyManager, KeyState, Keyed, KeyedQuery, Keys, WithKeys, named};
pub use requirement::{KEY_REQUIREMENT_ANY, KEY_REQUIREMENT_CUSTOMER, KMS_KEY_ARNS, KeyRequirement, REQUIREMENTS};
