//! Words as one types them into a command line, where a line break is hard to type.
//!
//! `caption_flags` reads every text with it.

/// `\n` is a new line and `\\` a backslash. Any other backslash is itself.
pub(super) fn unescaped(typed: &str) -> String {
    let mut words = String::with_capacity(typed.len());
    let mut chars = typed.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.next_if(|next| c == '\\' && matches!(next, 'n' | '\\'));
        words.push(if next == Some('n') { '\n' } else { c });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn a_new_line_and_a_backslash_can_be_typed() {
        for (typed, words) in [
            ("one\\ntwo", "one\ntwo"),
            ("C:\\\\new", "C:\\new"),
            ("\\\\\\n", "\\\n"),
            ("a\\b \\", "a\\b \\"),
            ("", ""),
            ("ünï\\n中", "ünï\n中"),
        ] {
            assert_eq!(unescaped(typed), words, "{typed}");
        }
    }
}
