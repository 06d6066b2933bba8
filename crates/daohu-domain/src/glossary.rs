//! The glossary page: every kind, field, list of values, state and role, in Chinese and English, made from the
//! declarations, so that it cannot fall behind them.

use crate::{
    choices, codes,
    kind::{By, Choice, Field, Home, Kind, Level, Mask, Merge, Shape, SpanOf},
    kinds,
    role::{self, Reach},
};
use std::fmt::Write as _;

/// Returns the glossary as Markdown, the Chinese (or else the English) column first.
#[must_use]
pub fn glossary(zh_first: bool) -> String {
    let mut page = Page { text: String::new(), zh_first };
    page.line(if zh_first { "# 术语表 · Glossary" } else { "# Glossary · 术语表" });
    page.line("");
    page.both("本页由程序按声明写出，不用手改。", "This page is written by a program from the declarations; do not edit it.");
    page.terms();
    page.roles();
    for kind in kinds::all() {
        page.kind(kind);
    }
    page.lists();
    page.codes();
    page.text
}

/// Lists the words that have one meaning each: Chinese, English, and what it is.
const TERMS: &[(&str, &str)] = &[
    ("户", "household"),
    ("帮扶责任人", "helper"),
    ("结对", "pairing"),
    ("走访", "visit"),
    ("月纪实", "month record"),
    ("月把关", "review"),
    ("应访", "due"),
    ("已走访", "visited"),
    ("迟报", "late"),
    ("未走访", "not visited"),
    ("空档", "gap"),
    ("隐性空档", "hidden gap"),
    ("不需", "not due"),
    ("申报", "declared"),
    ("核实", "verified"),
    ("首报", "first figure"),
    ("修订", "revised figure"),
    ("补录", "backfill"),
    ("封存", "seal"),
    ("提交", "submit"),
    ("撤回", "withdraw"),
    ("更正", "correct"),
    ("作废", "void"),
    ("通过", "pass"),
    ("退回", "return"),
    ("存疑", "refer"),
    ("疑点", "lead"),
    ("说明", "explanation"),
    ("回执", "receipt"),
    ("在本机", "on this phone"),
    ("已收到", "received"),
    ("已把关", "reviewed"),
    ("没被接收", "refused"),
    ("交接", "handover"),
    ("承诺", "promise"),
    ("代访", "visit by another"),
    ("户编号", "household number"),
    ("行政区划", "place"),
    ("帮扶单位", "unit"),
    ("任职", "term in a post"),
    ("巡察", "inspection"),
    ("整改", "rectification"),
    ("销号", "close"),
    ("覆盖率", "coverage"),
    ("冻结", "freeze"),
];

struct Page {
    text: String,
    zh_first: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn both(&mut self, zh: &str, en: &str) {
        let (first, second) = if self.zh_first { (zh, en) } else { (en, zh) };
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{first} {second}\n");
    }

    fn heading(&mut self, level: usize, zh: &str, en: &str) {
        let (first, second) = if self.zh_first { (zh, en) } else { (en, zh) };
        let _ = writeln!(self.text, "\n{} {first} · {second}\n", "#".repeat(level));
    }

    /// Writes a row whose first two cells are Chinese and English.
    fn row(&mut self, zh: &str, en: &str, more: &[&str]) {
        let (first, second) = if self.zh_first { (zh, en) } else { (en, zh) };
        let rest: String = more.iter().map(|cell| format!(" {} |", cell.replace('|', "/"))).collect();
        let _ = writeln!(self.text, "| {first} | {second} |{rest}");
    }

    fn head(&mut self, more: &[&str]) {
        self.row("中文", "English", more);
        let bars = "|---".repeat(more.len() + 2);
        let _ = writeln!(self.text, "{bars}|");
    }

    fn terms(&mut self) {
        self.heading(2, "用语", "Terms");
        self.head(&[]);
        for (zh, en) in TERMS {
            self.row(zh, en, &[]);
        }
    }

    fn roles(&mut self) {
        self.heading(2, "角色", "Roles");
        self.head(&["slug", "范围 reach"]);
        for role in role::ALL {
            let reach = match role.level() {
                Reach::Own => "结对的户 own households",
                Reach::Village => "本村 village",
                Reach::Township => "全乡 township",
                Reach::County => "指定的地方 places assigned",
                Reach::Unit => "本单位结对的户 households of the unit",
                Reach::None => "不看记录 no records",
            };
            self.row(role.zh(), role.en(), &[role.slug(), reach]);
        }
    }

    fn kind(&mut self, kind: &Kind) {
        self.heading(2, kind.zh, &format!("{} (`{}`)", kind.en, kind.name));
        let home = match kind.home {
            Home::Village => ("记录归村。", "Belongs to a village."),
            Home::Township => ("记录归乡。", "Belongs to the township."),
        };
        self.both(home.0, home.1);
        let roles = |list: &[role::Role]| {
            (
                list.iter().map(|role| role.zh()).collect::<Vec<_>>().join("、"),
                list.iter().map(|role| role.en()).collect::<Vec<_>>().join(", "),
            )
        };
        let (readers_zh, readers_en) = roles(kind.audience);
        self.both(&format!("谁能看：{readers_zh}。"), &format!("Read by: {readers_en}."));
        let (writers_zh, writers_en) = roles(kind.writers);
        self.both(&format!("谁能写：{writers_zh}。"), &format!("Written by: {writers_en}."));
        self.head(&["key", "shape", "rules", "national", "headings"]);
        for field in kind.fields {
            self.field(field, "");
        }
        self.events(kind);
        for field in kind.fields {
            self.list_of(field);
        }
    }

    fn field(&mut self, field: &Field, within: &str) {
        let key = format!("`{within}{}`", field.key);
        self.row(field.zh, field.en, &[&key, &shape(field), &rules(field), field.code.unwrap_or(""), &field.headings.join("、")]);
        if let Shape::Rows(of) = field.shape {
            for cell in of {
                self.field(cell, &format!("{}.", field.key));
            }
        }
    }

    fn events(&mut self, kind: &Kind) {
        if kind.states.is_empty() {
            return;
        }
        self.heading(3, "状态", "States");
        self.choice_table(kind.states);
        self.heading(3, "动作", "Events");
        self.head(&["name", "from", "to", "by"]);
        for event in kind.events {
            let by = match event.by {
                By::Author => "author".to_owned(),
                By::Roles(roles) => slugs(roles),
                By::AuthorOr(roles) => format!("author, {}", slugs(roles)),
            };
            let to = if event.to.is_empty() { "—" } else { event.to };
            self.row(event.zh, event.en, &[event.name, &event.from.join(", "), to, &by]);
            for field in event.fields {
                self.carried(field, event.name);
            }
        }
    }

    fn list_of(&mut self, field: &Field) {
        let (Shape::Choice(of) | Shape::Choices(of) | Shape::Spans(SpanOf::Choice(of))) = field.shape else { return };
        self.heading(3, field.zh, &format!("{} (`{}`)", field.en, field.key));
        self.choice_table(of);
    }

    /// Writes a field of an event, and its values, as rows below the event: a table of its own would break the table.
    fn carried(&mut self, field: &Field, event: &str) {
        self.row(field.zh, field.en, &[&format!("`{event}.{}`", field.key), &shape(field), "", &rules(field)]);
        if let Shape::Choice(of) = field.shape {
            for choice in of {
                self.row(choice.zh, choice.en, &[&format!("`{}`", choice.slug), "", "", ""]);
            }
        }
    }

    fn choice_table(&mut self, of: &[Choice]) {
        self.head(&["slug"]);
        for choice in of {
            self.row(choice.zh, choice.en, &[&format!("`{}`", choice.slug)]);
        }
    }

    fn lists(&mut self) {
        self.heading(2, "户月状态", "State of a household in a month");
        self.choice_table(choices::HOUSEHOLD_MONTH_STATES);
    }

    fn codes(&mut self) {
        self.heading(2, "代码", "Codes");
        self.head(&["code"]);
        for (code, zh, en) in codes::all() {
            self.row(zh, en, &[&format!("`{code}`")]);
        }
    }
}

fn slugs(roles: &[role::Role]) -> String {
    roles.iter().map(|role| role.slug()).collect::<Vec<_>>().join(", ")
}

fn shape(field: &Field) -> String {
    match field.shape {
        Shape::Ref(kind) | Shape::Refs(kind) => format!("{} → {kind}", field.shape.name()),
        Shape::Text { max } | Shape::LongText { max } => format!("{} ≤ {max}", field.shape.name()),
        Shape::Int { .. } | Shape::Fen if !field.unit.is_empty() => format!("{} ({})", field.shape.name(), field.unit),
        _ => field.shape.name().to_owned(),
    }
}

fn rules(field: &Field) -> String {
    let mut rules = Vec::new();
    if field.required {
        rules.push("required");
    }
    rules.push(match field.merge {
        Merge::Sealed => "sealed",
        Merge::Last => "last value",
        Merge::Text => "merged text",
        Merge::Grow => "grows",
    });
    rules.push(match field.level {
        Level::L1 => "L1",
        Level::L2 => "L2",
        Level::L3 => "L3",
        Level::L4 => "L4",
    });
    if field.mask != Mask::None {
        rules.push("masked");
    }
    rules.join(", ")
}
