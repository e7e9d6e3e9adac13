//! Parsing and validation of query parameters.

use std::fmt::Display;

use axum::http::StatusCode;
use service_kit::Problem;
use url::form_urlencoded;

/// The length, in characters, at which a rejected value is truncated in the error message.
const QUOTE_MAX_CHARS: usize = 100;

/// The query parameters of a request. Each is given once, and its endpoint has it.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Parses a query that may contain only the parameters in `allowed`.
    pub(super) fn read(query: Option<&str>, allowed: &[&[&str]]) -> Result<Self, Problem> {
        let allowed = allowed.concat();
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !allowed.contains(&&*name) {
                let allowed = match &allowed[..] {
                    [] => "none".to_owned(),
                    allowed => allowed.join(", "),
                };
                return Err(rejection(format!(
                    "unknown parameter {}; allowed: {allowed}",
                    quoted(&name)
                )));
            }
            if parameters.iter().any(|(other, _)| *other == name) {
                return Err(rejection(format!("{name} is given twice; allowed: once")));
            }
            parameters.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(parameters))
    }

    /// Returns a parameter parsed by `parse`; `None` if it is absent. `allowed` describes the allowed values.
    pub(super) fn get<T>(
        &self,
        name: &str,
        allowed: impl Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some((_, value)) = self.0.iter().find(|(other, _)| other == name) else {
            return Ok(None);
        };
        let reject = || {
            let value = quoted(value);
            rejection(format!("{name} is {value}; allowed: {allowed}"))
        };
        parse(value).ok_or_else(reject).map(Some)
    }

    /// Returns a text of at most `most` characters.
    pub(super) fn text(&self, name: &str, most: usize) -> Result<Option<String>, Problem> {
        let allowed = format_args!("a text of at most {most} characters");
        self.get(name, allowed, |text| {
            (text.chars().count() <= most).then(|| text.to_owned())
        })
    }

    /// Returns a whole number within `least..=most`.
    pub(super) fn number(
        &self,
        name: &str,
        least: usize,
        most: usize,
    ) -> Result<Option<usize>, Problem> {
        let allowed = format_args!("a whole number from {least} to {most}");
        self.get(name, allowed, |text| {
            // `parse` also accepts a sign.
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|_| digits);
            number.filter(|number| (least..=most).contains(number))
        })
    }

    /// Returns one of several words.
    pub(super) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Problem> {
        let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        self.get(name, names.join(", "), |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| *value)
        })
    }
}

fn rejection(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(QUOTE_MAX_CHARS).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{shown:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Parameters, Problem> {
        Parameters::read(Some(query), &[&["limit"], &["search", "state"]])
    }

    fn error<T>(outcome: Result<T, Problem>) -> String {
        outcome.err().unwrap().detail().to_owned()
    }

    #[test]
    fn unknown_and_repeated_parameters_are_rejected() {
        assert!(Parameters::read(None, &[]).is_ok());
        let parameters = read("search=a%20b+c&limit=7").unwrap();
        assert_eq!(
            parameters.text("search", 5).unwrap().as_deref(),
            Some("a b c")
        );
        assert_eq!(parameters.number("limit", 1, 9).unwrap(), Some(7));
        assert_eq!(parameters.word("state", &[("up", 1)]).unwrap(), None);
        let unknown = error(read(&"x".repeat(10_000)));
        assert!(unknown.contains("limit, search, state") && unknown.len() < 300);
        assert!(error(Parameters::read(Some("a=1"), &[])).contains("allowed: none"));
        assert!(error(read("limit=1&limit=1")).contains("twice"));
    }

    #[test]
    fn an_error_names_the_value_and_the_allowed_values() {
        for value in ["0", "10", "", "+1", "-1", "1.0", "99999999999999999999"] {
            let parameters = read(&format!("limit={}", value.replace('+', "%2B"))).unwrap();
            assert_eq!(
                error(parameters.number("limit", 1, 9)),
                format!("limit is {value:?}; allowed: a whole number from 1 to 9")
            );
        }
        let words = [("up", 1), ("down", 2)];
        let parameters = read("state=UP&search=abcdef").unwrap();
        assert!(error(parameters.word("state", &words)).ends_with("allowed: up, down"));
        assert!(error(parameters.text("search", 5)).contains("at most 5 characters"));
    }
}
