use std::fmt;

/// A rule's answer about one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be; says what to know about that, if there is something.
    Compliant(Option<Annotation>),
    /// It is not; says what is wrong and what to change.
    NonCompliant(Annotation),
    /// The rule has nothing to say about it; says why.
    NotApplicable(Annotation),
    /// It could not be judged; says what was missing. Never reported as an evaluation.
    Undecided(Annotation),
}

impl Verdict {
    /// Compliant, with nothing more to say.
    pub const COMPLIANT: Self = Self::Compliant(None);

    /// Compliant, with something to know about it.
    pub fn compliant_but(note: impl AsRef<str>) -> Self {
        Self::Compliant(Some(Annotation::new(note)))
    }

    /// Not compliant, because of `reason`.
    pub fn non_compliant(reason: impl AsRef<str>) -> Self {
        Self::NonCompliant(Annotation::new(reason))
    }

    /// Not applicable, because of `reason`.
    pub fn not_applicable(reason: impl AsRef<str>) -> Self {
        Self::NotApplicable(Annotation::new(reason))
    }

    /// Not decided, because of `reason`.
    pub fn undecided(reason: impl AsRef<str>) -> Self {
        Self::Undecided(Annotation::new(reason))
    }

    /// The gravest of the verdicts on the parts of one resource, the first of those that are equally grave: a part that fails, else one
    /// that could not be judged, else one that passes. None of no parts.
    pub fn gravest(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        parts.into_iter().reduce(|gravest, next| if next.gravity() > gravest.gravity() { next } else { gravest })
    }

    const fn gravity(&self) -> u8 {
        match self {
            Self::NotApplicable(_) => 0,
            Self::Compliant(None) => 1,
            Self::Compliant(Some(_)) => 2,
            Self::Undecided(_) => 3,
            Self::NonCompliant(_) => 4,
        }
    }

    /// The reason, where the verdict has one.
    #[must_use]
    pub const fn reason(&self) -> Option<&Annotation> {
        match self {
            Self::Compliant(note) => note.as_ref(),
            Self::NonCompliant(reason) | Self::NotApplicable(reason) | Self::Undecided(reason) => Some(reason),
        }
    }
}

/// The verdict as AWS Config writes it, `undecided` where it has no word for it, and the reason behind it.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compliant(_) => "COMPLIANT",
            Self::NonCompliant(_) => "NON_COMPLIANT",
            Self::NotApplicable(_) => "NOT_APPLICABLE",
            Self::Undecided(_) => "undecided",
        })?;
        self.reason().map_or(Ok(()), |reason| write!(f, " {reason}"))
    }
}

/// Words beside a verdict: 1 to 256 characters, on one line, as `PutEvaluations` takes them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Annotation(String);

impl Annotation {
    /// Longest annotation that `PutEvaluations` takes, in characters.
    pub const LIMIT: usize = 256;

    /// Puts `text` on one line and, where it is too long, cuts it at the end of a word and marks the cut.
    pub fn new(text: impl AsRef<str>) -> Self {
        let mut line = String::new();
        for word in text.as_ref().split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if line.is_empty() {
            line.push_str("no reason was given");
        }
        Self(cut(line))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn cut(mut line: String) -> String {
    const MARK: &str = " ...";
    if line.chars().count() <= Annotation::LIMIT {
        return line;
    }
    let end = line.char_indices().nth(Annotation::LIMIT - MARK.len()).map_or(line.len(), |(at, _)| at);
    // The end of the last whole word; a single word longer than the limit is cut where it stands.
    let at = if line[end..].starts_with(' ') { end } else { line[..end].rfind(' ').unwrap_or(end) };
    line.truncate(at);
    line.push_str(MARK);
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_gravest_part_counts() {
        let verdicts = [
            Verdict::not_applicable("a"),
            Verdict::COMPLIANT,
            Verdict::compliant_but("b"),
            Verdict::undecided("c"),
            Verdict::non_compliant("d"),
        ];
        for (at, gravest) in verdicts.iter().enumerate() {
            for lesser in &verdicts[..=at] {
                for parts in [[lesser, gravest], [gravest, lesser]] {
                    assert_eq!(Verdict::gravest(parts.into_iter().cloned()).as_ref(), Some(gravest));
                }
            }
        }
        let first = Verdict::gravest([Verdict::non_compliant("one"), Verdict::non_compliant("two")]);
        assert_eq!(first, Some(Verdict::non_compliant("one")));
        assert_eq!(Verdict::gravest([]), None);
    }

    #[test]
    fn short_text_stays_as_it_is() {
        assert_eq!(Annotation::new("1 instance (min 2)").as_str(), "1 instance (min 2)");
        let exact = "x".repeat(256);
        assert_eq!(Annotation::new(&exact).as_str(), exact);
    }

    #[test]
    fn text_comes_on_one_line() {
        assert_eq!(Annotation::new(" two\n\tlines\u{0} ").as_str(), "two lines");
    }

    #[test]
    fn nothing_says_so() {
        assert_eq!(Annotation::new(" \n").as_str(), "no reason was given");
    }

    #[test]
    fn long_text_is_cut_after_a_whole_word() {
        let words = "word ".repeat(60);
        let cut = Annotation::new(&words);
        assert!(cut.as_str().ends_with("word ..."), "{cut}");
        assert_eq!(cut.as_str().chars().count(), 253);
    }

    #[test]
    fn a_word_that_ends_at_the_limit_is_kept() {
        let text = format!("{} {}", "a".repeat(252), "b".repeat(100));
        assert_eq!(Annotation::new(&text).as_str(), format!("{} ...", "a".repeat(252)));
    }

    #[test]
    fn a_word_without_end_is_cut_at_a_character() {
        let cut = Annotation::new("é".repeat(300));
        assert_eq!(cut.as_str(), format!("{} ...", "é".repeat(252)));
    }

    proptest! {
        #[test]
        fn any_text_has_one_to_256_characters(text in any::<String>().prop_map(|text| text.repeat(3))) {
            let annotation = Annotation::new(text);
            let length = annotation.as_str().chars().count();
            prop_assert!((1..=Annotation::LIMIT).contains(&length));
            prop_assert!(!annotation.as_str().contains('\n'));
        }
    }
}
