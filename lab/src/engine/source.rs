//! What the engine reads in a cell's text before evcxr does.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// Whether a cell can be run as it stands, for a front end's Enter key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// Run it.
    Complete,
    /// More must come; the next line starts with this.
    Incomplete {
        /// Spaces for the next line.
        indent: String,
    },
    /// No continuation can make it right.
    Invalid,
}

/// Blanks a notebook's own `:dep unet_lab …` lines: the lab is loaded already, and evcxr would check it again for seconds.
/// Lines keep their numbers.
pub fn without_own_dependency(code: &str) -> String {
    let blank = |line: &str| {
        let mut words = line.trim_start().split([' ', '=']);
        words.next() == Some(":dep")
            && words
                .find(|word| !word.is_empty())
                .is_some_and(|name| name == "unet_lab" || name == "unet-lab" || name == "burn")
    };
    let kept: Vec<&str> = code
        .split('\n')
        .map(|line| if blank(line) { "" } else { line })
        .collect();
    kept.join("\n")
}

/// Judges a cell by its brackets, strings and comments.
pub fn completeness(code: &str) -> Completeness {
    use ra_ap_rustc_lexer::LiteralKind as Literal;
    let mut open = Vec::new();
    let mut last_meaningful = None;
    for token in tokenize(code, FrontmatterAllowed::No) {
        match token.kind {
            TokenKind::OpenParen => open.push(TokenKind::CloseParen),
            TokenKind::OpenBrace => open.push(TokenKind::CloseBrace),
            TokenKind::OpenBracket => open.push(TokenKind::CloseBracket),
            TokenKind::CloseParen | TokenKind::CloseBrace | TokenKind::CloseBracket
                if open.pop() != Some(token.kind) =>
            {
                return Completeness::Invalid;
            }
            TokenKind::BlockComment { terminated: false, .. } => {
                return Completeness::Incomplete { indent: String::new() };
            }
            TokenKind::Literal { kind, .. } => match kind {
                Literal::Str { terminated: false }
                | Literal::ByteStr { terminated: false }
                | Literal::CStr { terminated: false }
                | Literal::RawStr { n_hashes: None }
                | Literal::RawByteStr { n_hashes: None } => {
                    return Completeness::Incomplete { indent: String::new() };
                }
                Literal::Char { terminated: false } => return Completeness::Invalid,
                _ => {}
            },
            TokenKind::Unknown => return Completeness::Invalid,
            _ => {}
        }
        if !matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. }
        ) {
            last_meaningful = Some(token.kind);
        }
    }
    let expects_more = matches!(
        last_meaningful,
        Some(TokenKind::Eq | TokenKind::Comma | TokenKind::Dot | TokenKind::Plus)
    );
    if open.is_empty() && !expects_more {
        return Completeness::Complete;
    }
    let depth = open.len().max(1);
    Completeness::Incomplete {
        indent: " ".repeat(4 * depth),
    }
}

/// The path under the cursor, as `Tensor::zeros` of `let x = Tensor::ze|ros(…)`; for the documentation.
pub fn path_at(code: &str, cursor: usize) -> Option<&str> {
    let part = |character: char| character.is_alphanumeric() || "_:".contains(character);
    let before = code.get(..cursor)?;
    let start = before
        .rfind(|character| !part(character))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let after = &code[cursor..];
    let end = cursor
        + after
            .find(|character| !part(character) || character == ':')
            .unwrap_or(after.len());
    let path = code[start..end].trim_matches(':');
    (!path.is_empty()).then_some(path)
}

/// Byte offset of the `characters`-th character; Jupyter counts characters.
pub fn byte_offset(code: &str, characters: usize) -> usize {
    code.char_indices()
        .nth(characters)
        .map_or(code.len(), |(offset, _)| offset)
}

/// Characters before a byte offset.
pub fn character_offset(code: &str, bytes: usize) -> usize {
    let mut end = bytes.min(code.len());
    while !code.is_char_boundary(end) {
        end -= 1;
    }
    code[..end].chars().count()
}

/// Whether nothing is asked for but the prelude, which every session starts with: a notebook's first cell.
pub fn is_already_loaded(code: &str) -> bool {
    code.trim() == "use unet_lab::prelude::*;"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notebooks_first_cell_asks_for_nothing_new() {
        let first = ":dep unet_lab = { path = \"..\" }\nuse unet_lab::prelude::*;";
        assert!(is_already_loaded(&without_own_dependency(first)));
        assert!(!is_already_loaded(&without_own_dependency(&format!(
            "{first}\nlet a = 1;"
        ))));
    }

    #[test]
    fn the_notebooks_own_dependency_line_is_blanked_and_others_kept() {
        let code = ":dep unet_lab = { path = \"..\" }\n:dep rand = \"0.9\"\nuse unet_lab::prelude::*;\n";
        assert_eq!(
            without_own_dependency(code),
            "\n:dep rand = \"0.9\"\nuse unet_lab::prelude::*;\n"
        );
        assert_eq!(without_own_dependency("let a = 1;"), "let a = 1;");
        assert_eq!(
            without_own_dependency(":dep unet_lab_extra = \"1\""),
            ":dep unet_lab_extra = \"1\""
        );
    }

    #[test]
    fn cells_are_complete_incomplete_or_invalid() {
        let incomplete = |spaces: usize| Completeness::Incomplete {
            indent: " ".repeat(spaces),
        };
        let cases = [
            ("let a = 1;", Completeness::Complete),
            ("a", Completeness::Complete),
            ("", Completeness::Complete),
            ("fn f<'a>(x: &'a str) -> char { 'x' }", Completeness::Complete),
            ("// (", Completeness::Complete),
            ("let s = \"(\";", Completeness::Complete),
            ("fn f() {", incomplete(4)),
            ("fn f() { if a {", incomplete(8)),
            ("let a =", incomplete(4)),
            ("model.", incomplete(4)),
            ("let s = \"abc", incomplete(0)),
            ("/* abc", incomplete(0)),
            ("fn f() }", Completeness::Invalid),
            ("(]", Completeness::Invalid),
        ];
        for (code, expected) in cases {
            assert_eq!(completeness(code), expected, "{code}");
        }
    }

    #[test]
    fn the_path_under_the_cursor_ends_with_the_word() {
        let code = "let é = burn::Tensor::zeros(x);";
        let at = |needle: &str| code.find(needle).map(|offset| offset + 1).unwrap_or(0);
        assert_eq!(path_at(code, at("zeros")), Some("burn::Tensor::zeros"));
        assert_eq!(path_at(code, at("Tensor")), Some("burn::Tensor"));
        assert_eq!(path_at(code, at("= ")), None);
        assert_eq!(path_at("x", 1), Some("x"));
    }

    #[test]
    fn jupyters_characters_become_bytes_and_back() {
        let code = "é€a";
        assert_eq!(byte_offset(code, 2), 5);
        assert_eq!(byte_offset(code, 9), code.len());
        assert_eq!(character_offset(code, 5), 2);
        assert_eq!(character_offset(code, 3), 1);
    }
}
