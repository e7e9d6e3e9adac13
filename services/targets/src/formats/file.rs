//! Parser of `targets.toml`, which has a `[[target]]` table for each target.

use toml::de::{DeTable, DeValue, Error};

use super::{location::Location, passwords};
use crate::{
    Defaults, Expectations, Redirects, StatusExpectation, Target, TargetsError,
    error::Invalid,
    fields::{Field, Fields, LineIndex, shown},
    redact::redact,
    target::{
        address::Address,
        expect::{status_code, status_range},
        latency, maintenance, name, timing,
    },
};

const TARGET_KEYS: [&str; 10] = [
    "name",
    "url",
    "group",
    "interval_seconds",
    "timeout_seconds",
    "slo_objective",
    "latency_objective_seconds",
    "redirects",
    "expect",
    "maintenance",
];
const EXPECT_KEYS: [&str; 2] = ["status", "body_contains"];

/// Longest `body_contains`, in bytes. It is far below the part of a body that a probe reads, so the text can be found.
const MAX_BODY_CONTAINS_BYTES: usize = 4096;

/// Returns the location of the first password in the file, under any key and in any spelling that TOML allows.
pub(crate) fn find_password(text: &str) -> Result<Option<String>, TargetsError> {
    let lines = LineIndex::new(text);
    let document = DeTable::parse(text).map_err(|error| syntax(&error, text, &lines))?;
    Ok(passwords::first("", document.get_ref(), &lines))
}

/// Parses the targets of the file, in its order.
pub(crate) fn parse(
    text: &str,
    defaults: &Defaults,
) -> Result<Vec<(Location, Target)>, TargetsError> {
    let lines = LineIndex::new(text);
    let document = DeTable::parse(text).map_err(|error| syntax(&error, text, &lines))?;
    let tables = match Fields::new("", document.get_ref(), &lines, &["target"])?.get("target") {
        Some(field) => field.list("a list of [[target]] tables")?.as_ref(),
        None => &[],
    };
    if tables.is_empty() {
        return Err(TargetsError::Empty {
            key: "target".to_owned(),
            value: "[]".to_owned(),
            allowed: "at least one [[target]] table",
        });
    }
    let mut targets = Vec::with_capacity(tables.len());
    for (index, table) in tables.iter().enumerate() {
        let location = Location::File {
            index,
            line: lines.number(table.span().start),
        };
        let target = target(location, table.get_ref(), &lines, defaults)?;
        targets.push((location, target));
    }
    Ok(targets)
}

/// Parses one `[[target]]`.
fn target(
    location: Location,
    value: &DeValue<'_>,
    lines: &LineIndex,
    defaults: &Defaults,
) -> Result<Target, TargetsError> {
    let path = location.path();
    let Some(table) = value.as_table() else {
        return Err(
            Invalid::new(shown(value), "not a table", "a [[target]] table")
                .at(location.to_string()),
        );
    };
    let fields = Fields::new(&path, table, lines, &TARGET_KEYS)?;
    let Some(url) = fields.get("url") else {
        return Err(TargetsError::Missing {
            key: location.key("url"),
            required: "url, an http or https URL",
        });
    };
    let address = Address::parse(url.string()?).map_err(|error| url.reject_as(error))?;
    let name = match fields.get("name") {
        Some(field) => Some(name::parse(field.string()?).map_err(|error| field.reject_as(error))?),
        None => None,
    };
    let interval = seconds(fields.get("interval_seconds"), timing::parse_interval)?;
    let timeout = seconds(fields.get("timeout_seconds"), timing::parse_timeout)?;
    let (interval, timeout) = defaults
        .resolve(interval, timeout)
        .map_err(|(key, error)| match fields.get(key) {
            Some(field) => field.reject_as(error),
            None => error.at(location.key(key)),
        })?;
    let mut target = Target::new(address, name, interval, timeout);
    if let Some(field) = fields.get("group") {
        let group = name::parse_group(field.string()?).map_err(|error| field.reject_as(error))?;
        target.group = Some(group);
    }
    if let Some(field) = fields.get("slo_objective") {
        target.slo_objective = slo_objective(&field)?;
    }
    target.latency_objective = seconds(
        fields.get("latency_objective_seconds"),
        latency::parse_objective,
    )?;
    if let Some(field) = fields.get("redirects") {
        target.redirects = Redirects::parse(field.string()?)
            .ok_or_else(|| field.reject("unknown value", Redirects::ALLOWED))?;
    }
    if let Some(field) = fields.get("maintenance") {
        target.maintenance = maintenance::parse(&field, lines)?;
    }
    if let Some(field) = fields.get("expect") {
        target.expect = expectations(&format!("{path}.expect"), field.table()?, lines)?;
    }
    Ok(target)
}

fn seconds<T>(
    field: Option<Field<'_>>,
    parse: impl Fn(f64) -> Result<T, Invalid>,
) -> Result<Option<T>, TargetsError> {
    field
        .map(|field| parse(field.number()?).map_err(|error| field.reject_as(error)))
        .transpose()
}

fn slo_objective(field: &Field<'_>) -> Result<f64, TargetsError> {
    let ratio = field.number()?;
    if ratio > 0.0 && ratio < 1.0 {
        Ok(ratio)
    } else {
        Err(field.reject(
            "out of range",
            "a ratio between 0 and 1, both excluded, such as 0.999",
        ))
    }
}

fn expectations(
    path: &str,
    table: &DeTable<'_>,
    lines: &LineIndex,
) -> Result<Expectations, TargetsError> {
    let fields = Fields::new(path, table, lines, &EXPECT_KEYS)?;
    let mut expect = Expectations::default();
    if let Some(field) = fields.get("status") {
        expect.status = status(&field)?;
    }
    if let Some(field) = fields.get("body_contains") {
        let text = field.string()?;
        if text.is_empty() || text.len() > MAX_BODY_CONTAINS_BYTES {
            let allowed = format!("1 to {MAX_BODY_CONTAINS_BYTES} bytes of text");
            return Err(field.reject(format!("of {} bytes", text.len()), allowed));
        }
        expect.body_contains = Some(text.to_owned());
    }
    Ok(expect)
}

fn status(field: &Field<'_>) -> Result<StatusExpectation, TargetsError> {
    let allowed = r#"a list of codes, classes and ranges between 100 and 599, such as [204, "2xx", "300-308"]"#;
    let items = field.list(allowed)?;
    if items.is_empty() {
        return Err(field.reject("no status would be a success", allowed));
    }
    let ranges = items.iter().map(|item| {
        let range = match item.get_ref() {
            DeValue::Integer(code) => i64::from_str_radix(code.as_str(), code.radix())
                .ok()
                .and_then(status_code),
            DeValue::String(text) => status_range(text),
            _ => None,
        };
        range.ok_or_else(|| field.reject_item(item.get_ref(), "no such status", allowed))
    });
    Ok(StatusExpectation::AnyOf(ranges.collect::<Result<_, _>>()?))
}

/// Returns the parser's message without the line of the error, which may contain a password.
fn syntax(error: &Error, text: &str, lines: &LineIndex) -> TargetsError {
    let offset = error.span().map_or(0, |span| span.start);
    let line_start = text
        .get(..offset)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |end| end + 1);
    TargetsError::Syntax {
        line: lines.number(offset),
        column: text
            .get(line_start..offset)
            .map_or(0, |before| before.chars().count())
            + 1,
        reason: redact(error.message()).replace(char::is_control, " "),
    }
}
