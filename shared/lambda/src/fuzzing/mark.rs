use rule::{Metadata, Parameters, Timestamp};

use super::{META, NOW, is_a_message};
use crate::{
    journal::{Journal, Seal},
    settings::Findings,
};

fn seal(version: &'static str) -> Seal {
    Seal::new(&Metadata { version, ..META }, &Parameters::default(), Findings::Failed)
}

/// The annotation of an account's result, which says how far earlier runs came.
///
/// # Panics
/// If something counts of a journal whose seal is not right, of one in which a letter was changed, or of one that another version wrote;
/// if it says more than that it was read up to now, or about other types; if it does not mean the same when it is written again; or if a
/// message has no bounds.
pub fn mark(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let seal = seal(META.version);
    let journal = law(&text, &seal);
    if let Some((_, tail)) = text.rsplit_once("[read to")
        && let Some((entries, sealed)) = tail.rsplit_once(" seal:")
    {
        assert!(
            journal == Journal::default() || sealed == format!("{}]", seal.of(entries)),
            "a seal that is wrong counts"
        );
    } else {
        assert_eq!(journal, Journal::default(), "no seal, and something counts");
    }
    // Nobody finds a seal by chance. What stands behind one may be anything all the same: whoever may put evaluations can write it.
    let entries = text.replace('[', "(").replace("seal", "sign");
    let sealed = format!("words [read to{entries} seal:{}]", seal.of(&entries));
    let journal = law(&sealed, &seal);
    assert_eq!(Journal::words(&sealed), "words");
    let at = data.iter().map(|byte| usize::from(*byte)).sum::<usize>() % sealed.len();
    let edited: Vec<_> =
        sealed.bytes().enumerate().map(|(place, byte)| if place == at { byte ^ 1 } else { byte }).collect();
    // Words in front of it may be changed.
    if journal != Journal::default() && at > "words ".len() {
        assert_eq!(law(&String::from_utf8_lossy(&edited), &seal), Journal::default(), "an edit counts");
    }
}

fn law(text: &str, seal: &Seal) -> Journal {
    let (journal, ignored) = Journal::read(text, seal, META.resource_types, NOW);
    let types = |of: &String| META.resource_types.contains(&of.as_str());
    assert!(journal.read_to.keys().all(types));
    assert!(journal.read_to.values().all(|time| (Timestamp::from_millis(0)..=NOW).contains(time)));
    assert!(ignored.iter().all(|why| is_a_message(why)), "{ignored:?}");
    assert!(ignored.len() <= 128, "{} complaints", ignored.len());
    let (again, _) = Journal::read(&journal.write(seal), seal, META.resource_types, NOW);
    assert_eq!(again, journal);
    // A fuzzer that watches what is compared can seal for one version, but never for two.
    if journal != Journal::default() {
        let (other, ignored) = Journal::read(text, &self::seal("1.0.1"), META.resource_types, NOW);
        assert!(other == Journal::default() && ignored.len() == 1, "another version's journal counts");
    }
    journal
}

/// Annotations as this release writes them, for the corpus.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_sealed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus/mark/");
        for (name, entries) in [
            ("nothing-read", ""),
            ("one-type", " Training:mu000000"),
            ("an-exemption-and-a-failure", " Training:mu000000 VPC:mu000001 until:mzzzzzzz fails:mu000000.1z141z3"),
            ("in-the-future", " Training:zzzzzzzzzz"),
            ("numbers-too-big", " Training:zzzzzzzzzzzzzzz until:1y2p0ij32e8e7 fails:1y2p0ij32e8e7.zzzzzzzzz"),
            ("types-that-nobody-knows", " a:1 b:1 c:1 d:1 e:1 f:1"),
        ] {
            let text = format!("no resource fails [read to{entries} seal:{}]", seal(META.version).of(entries));
            let seed = std::fs::read_to_string(format!("{folder}{name}")).unwrap_or_default();
            assert_eq!(seed, text, "{name}");
        }
    }
}
