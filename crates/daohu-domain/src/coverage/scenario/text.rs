//! Dates of a scenario as text.

/// Writes and reads a date as `YYYY-MM-DD`.
pub(super) mod day {
    use crate::calendar::Day;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(day)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        read(&String::deserialize(deserializer)?)
    }

    pub(in super::super) fn read<E: Error>(text: &str) -> Result<Day, E> {
        text.parse().map_err(|_| E::custom("not a day: write 2019-06-05"))
    }
}

/// Writes and reads a date that may be absent or null.
pub(super) mod optional_day {
    use crate::calendar::Day;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(day: &Option<Day>, serializer: S) -> Result<S::Ok, S::Error> {
        day.map(|day| day.to_string()).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Day>, D::Error> {
        Option::<String>::deserialize(deserializer)?.map(|text| super::day::read(&text)).transpose()
    }
}
