//! Reads the code in the documents, with file and line: commands, paths and names that must exist.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use test_support::repository;

/// A location in a document, for error messages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The document's path from the repository's root.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A piece of code: a span between backticks, or a line of a fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The location of its begin.
    pub location: Location,
    /// The code itself. In a fenced block, lines that end with a backslash are joined.
    pub text: String,
    /// Whether it is a line of a fenced block.
    pub fenced: bool,
}

/// A Markdown file.
#[derive(Debug)]
pub struct Document {
    /// Its path from the repository's root.
    pub path: String,
    lines: Vec<String>,
}

impl Document {
    /// Reads the document at `path`, from the repository's root.
    pub fn read(path: &str) -> Self {
        let text = fs::read_to_string(repository().join(path)).expect(path);
        Self::new(path, &text)
    }

    /// Creates a document with this text.
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    /// Reads all documents.
    pub fn all() -> Vec<Self> {
        let mut paths = vec!["README.md".to_owned()];
        for folder in [
            "docs",
            "docs/learn",
            "docs/runbooks",
            "monitoring",
            "tests",
            "fuzz",
            "terraform",
        ] {
            let entries = fs::read_dir(repository().join(folder)).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            paths.extend(
                names
                    .filter(|name| name.ends_with(".md"))
                    .map(|name| format!("{folder}/{name}")),
            );
        }
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Returns the lines with their locations, and whether each is in a fenced block (fences included).
    pub fn lines(&self) -> impl Iterator<Item = (Location, &str, bool)> {
        let mut fenced = false;
        self.lines.iter().enumerate().map(move |(index, line)| {
            let fence = line.trim_start().starts_with("```");
            let inside = fenced || fence;
            fenced ^= fence;
            let location = Location {
                file: self.path.clone(),
                line: index + 1,
            };
            (location, line.as_str(), inside)
        })
    }

    /// Returns all code in the order of the document.
    pub fn code(&self) -> Vec<Code> {
        let mut all = Vec::new();
        // A span may go on in the next line.
        let mut open: Option<Code> = None;
        let mut joined: Option<Code> = None;
        for (location, line, fenced) in self.lines() {
            if fenced {
                open = None;
                if line.trim_start().starts_with("```") {
                    continue;
                }
                let (text, goes_on) = match line.strip_suffix('\\') {
                    Some(text) => (text, true),
                    None => (line, false),
                };
                let code = joined.get_or_insert_with(|| Code {
                    location,
                    text: String::new(),
                    fenced: true,
                });
                code.text.push_str(text);
                if !goes_on {
                    all.extend(joined.take());
                }
                continue;
            }
            if line.trim().is_empty() {
                open = None;
            }
            if let Some(code) = &mut open {
                code.text.push(' ');
            }
            for (number, piece) in line.split('`').enumerate() {
                if number > 0 {
                    match open.take() {
                        Some(code) => all.push(code),
                        None => {
                            open = Some(Code {
                                location: location.clone(),
                                text: String::new(),
                                fenced: false,
                            });
                        }
                    }
                }
                if let Some(code) = &mut open {
                    // In a table, `|` is escaped.
                    code.text.push_str(&piece.replace("\\|", "|"));
                }
            }
        }
        all
    }

    /// Returns the anchors of the headings, as GitHub generates them.
    pub fn anchors(&self) -> Vec<String> {
        self.lines()
            .filter(|(_, line, fenced)| !fenced && line.starts_with('#'))
            .map(|(_, line, _)| anchor(line.trim_start_matches('#').trim()))
            .collect()
    }

    /// Returns the folder from which relative links start.
    pub fn folder(&self) -> PathBuf {
        let path = repository().join(&self.path);
        path.parent().unwrap_or(Path::new("/")).to_path_buf()
    }
}

fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|char| char.is_alphanumeric() || " -_".contains(*char))
        .map(|char| if char == ' ' { '-' } else { char })
        .collect()
}

/// Returns whether a word is a placeholder that the reader replaces: `NAME`, `TAG`, `…`.
pub fn is_placeholder(word: &str) -> bool {
    let word = word.trim_matches(|char: char| !char.is_alphanumeric() && char != '…');
    word.contains('…')
        || (word.len() > 1
            && word.chars().any(|char| char.is_uppercase())
            && word
                .chars()
                .all(|char| char.is_uppercase() || char == '_' || char.is_numeric()))
}

/// Returns the words made of letters, digits and the characters in `of`.
pub fn words<'a>(text: &'a str, of: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(move |char: char| !char.is_ascii_alphanumeric() && !of.contains(char))
        .filter(|word| !word.is_empty())
}

/// Returns the concatenated text of every source file below the folders (and files) `roots`.
pub fn sources(roots: &[&str]) -> String {
    let mut text = String::new();
    for root in roots {
        collect(&repository().join(root), &mut text);
    }
    text
}

/// Returns whether `sources` define a function of this name, such as a test that a document names.
pub fn is_function(sources: &str, name: &str) -> bool {
    sources.contains(&format!("fn {name}("))
}

fn collect(path: &Path, text: &mut String) {
    const SKIPPED: [&str; 5] = [
        "target",
        "node_modules",
        ".terraform",
        "screenshots",
        "docs",
    ];
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !SKIPPED.contains(&&*name) {
                collect(&path, text);
            }
        }
    } else if let Ok(content) = fs::read_to_string(path)
        && path.extension().is_none_or(|extension| extension != "md")
    {
        text.push_str(&content);
        text.push('\n');
    }
}

/// Fails with a line for each problem.
pub fn assert_none(what: &str, problems: &[(Location, String)]) {
    let lines: Vec<String> = problems
        .iter()
        .map(|(location, problem)| format!("{location}: {problem}"))
        .collect();
    assert!(lines.is_empty(), "{what}:\n{}", lines.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(usize, String)> {
        let code = Document::new("a.md", text).code();
        code.into_iter()
            .map(|code| (code.location.line, code.text))
            .collect()
    }

    #[test]
    fn code_is_read_from_backticks_and_fences() {
        let found = texts("a `b` c `d\ne` f\n\n| `g \\| h` |\n```sh\ni `j`\nk \\\n  l\n```\n`m`");
        let expected = [
            (1, "b"),
            (1, "d e"),
            (4, "g | h"),
            (6, "i `j`"),
            (7, "k   l"),
            (10, "m"),
        ];
        assert_eq!(
            found,
            expected
                .map(|(line, text)| (line, text.to_owned()))
                .to_vec()
        );
    }

    #[test]
    fn an_unclosed_backtick_ends_with_its_paragraph() {
        assert_eq!(texts("a ` b\n\n`c`"), [(3, "c".to_owned())]);
    }

    #[test]
    fn anchors_match_those_of_github() {
        let document = Document::new("a.md", "# With Nix\n```\n# no\n```\n## `a`: What, *then*?");
        assert_eq!(document.anchors(), ["with-nix", "a-what-then"]);
    }

    #[test]
    fn words_in_capitals_are_placeholders() {
        assert!(
            ["NAME", "[PART]", "URL…", "PORT_BASE"]
                .iter()
                .all(|it| is_placeholder(it))
        );
        assert!(
            !["name", "TargetDown", "--json", "A"]
                .iter()
                .any(|it| is_placeholder(it))
        );
    }
}
