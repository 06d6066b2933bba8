//! Languages, months and figures as pages write them: a pair first, then one decimal of percent.

use daohu_domain::calendar::{Instant, Month};

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Chinese, the default.
    #[default]
    Zh,
    /// English, complete.
    En,
}

impl Lang {
    /// Reads the `lang` of an address; anything but `en` is Chinese.
    #[must_use]
    pub fn read(text: Option<&str>) -> Self {
        if text == Some("en") { Self::En } else { Self::Zh }
    }

    /// Picks one of two texts.
    #[must_use]
    pub const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// Returns the value of the `lang` attribute.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// Returns the value of the `lang` parameter.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }
}

const MONTHS_EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn month_en(month: Month) -> &'static str {
    usize::try_from(month.number() - 1).ok().and_then(|n| MONTHS_EN.get(n)).copied().unwrap_or("")
}

/// Writes a month in full: `2019年5月`, `May 2019`.
#[must_use]
pub fn month_long(month: Month, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月", month.year(), month.number()),
        Lang::En => format!("{} {}", month_en(month), month.year()),
    }
}

/// Writes a month over a column: the year only where it begins or changes.
#[must_use]
pub fn month_short(month: Month, with_year: bool, lang: Lang) -> String {
    let year = month.year() % 100;
    match (lang, with_year) {
        (Lang::Zh, true) => format!("{year}年{}月", month.number()),
        (Lang::Zh, false) => format!("{}月", month.number()),
        (Lang::En, true) => format!("{} {year}", month_en(month)),
        (Lang::En, false) => month_en(month).to_owned(),
    }
}

/// Writes an instant for people: `2019-06-20 09:00`.
#[must_use]
pub fn clock(at: Instant) -> String {
    at.to_string().chars().take(16).map(|letter| if letter == 'T' { ' ' } else { letter }).collect()
}

/// Writes the percent of a pair as the rules print it, but `100%` where all is done: a narrow cell has no room for `.0`.
#[must_use]
pub fn percent(met: u64, due: u64) -> String {
    if due > 0 && met == due { "100%".to_owned() } else { daohu_domain::coverage::percent(met, due) }
}

/// Returns the step of the heat scale, 0 to 4: the share of due households not reached, up to 0, 5, 10, 20 % and over.
#[must_use]
pub fn heat(met: u64, due: u64) -> u8 {
    let missed = due.saturating_sub(met) * 100;
    match missed {
        0 => 0,
        missed if missed <= due * 5 => 1,
        missed if missed <= due * 10 => 2,
        missed if missed <= due * 20 => 3,
        _ => 4,
    }
}

/// Writes minutes as hours with one decimal: `0.6时`, `0.6 h`.
#[must_use]
pub fn hours(minutes: u64, lang: Lang) -> String {
    let tenths = (minutes * 10 + 30) / 60;
    format!("{}.{}{}", tenths / 10, tenths % 10, lang.pick("时", " h"))
}

/// Words that no screen of ours says, in either language (they turn visits into attendance and people into figures).
pub const NEVER: &[&str] = &[
    "打卡",
    "签到率",
    "排名",
    "排行",
    "积分榜",
    "在线时长",
    "活跃度",
    "倒数",
    "轨迹",
    "监控",
    "同步成功",
    "上传成功",
    "非法",
    "系统错误",
    "check-in",
    "streak",
    "ranking",
    "leaderboard",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_has_one_decimal_half_up_and_never_flatters() {
        assert_eq!(percent(412, 450), "91.6%");
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(1, 16), "6.3%", "6.25 goes up");
        assert_eq!(percent(2999, 3000), "99.9%", "not 100 while one is missing");
        assert_eq!((percent(5, 5), percent(0, 5), percent(0, 0)), ("100%".into(), "0.0%".into(), "—".into()));
    }

    #[test]
    fn heat_steps_are_closed_above() {
        assert_eq!([heat(100, 100), heat(95, 100), heat(94, 100), heat(90, 100), heat(80, 100), heat(79, 100)], [0, 1, 2, 2, 3, 4]);
    }

    #[test]
    fn months_and_instants_read_as_people_write_them() {
        let month: Month = "2019-01".parse().unwrap();
        assert_eq!((month_long(month, Lang::Zh), month_short(month, true, Lang::Zh)), ("2019年1月".into(), "19年1月".into()));
        assert_eq!((month_long(month, Lang::En), month_short(month, false, Lang::En)), ("Jan 2019".into(), "Jan".into()));
        assert_eq!(clock("2019-06-20T09:00:00+08:00".parse().unwrap()), "2019-06-20 09:00");
        assert_eq!(hours(36, Lang::Zh), "0.6时");
    }
}
