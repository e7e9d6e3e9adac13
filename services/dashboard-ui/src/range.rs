//! The stretches of time that bars and lines cover.

use crate::time::in_full;

/// How far back the page looks, in 90 slots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Range {
    #[default]
    Day,
    Week,
    Fortnight,
    Month,
    Quarter,
    Year,
}

impl Range {
    pub(crate) const ALL: [Self; 6] = [
        Self::Day,
        Self::Week,
        Self::Fortnight,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// Those that every gateway has.
    pub(crate) const SHORTEST: [Self; 3] = [Self::Day, Self::Week, Self::Fortnight];

    /// What an address says; anything else is a day.
    pub(crate) fn of(query: Option<&str>) -> Self {
        Self::ALL
            .into_iter()
            .find(|range| Some(range.query()) == query)
            .unwrap_or_default()
    }

    /// As the gateway's and the page's own addresses name it.
    pub(crate) fn query(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Fortnight => "14d",
            Self::Month => "30d",
            Self::Quarter => "90d",
            Self::Year => "365d",
        }
    }

    pub(crate) fn words(self) -> String {
        in_full(self.query())
    }
}
