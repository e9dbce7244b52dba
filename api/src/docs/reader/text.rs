//! The little Markdown that descriptions are written in: paragraphs, lists, and `code`.

use maud::{Markup, html};

/// Paragraphs and lists.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for block in text.split("\n\n").filter(|block| !block.is_empty()) {
            @if block.starts_with("- ") {
                ul { @for item in block.lines() { li { (inline(item.trim_start_matches("- "))) } } }
            } @else {
                p { (inline(block)) }
            }
        }
    }
}

/// Words, every other stretch between backticks as code.
pub(super) fn inline(text: &str) -> Markup {
    html! {
        @for (i, stretch) in text.split('`').enumerate() {
            @if i % 2 == 1 { code { (stretch) } } @else { (stretch) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_html_and_nothing_else_does() {
        let text = "One `a<b` & two.\n\n- `x`: y\n- z";
        assert_eq!(
            prose(text).into_string(),
            "<p>One <code>a&lt;b</code> &amp; two.</p><ul><li><code>x</code>: y</li><li>z</li></ul>"
        );
        assert_eq!(prose("").into_string(), "");
    }
}
