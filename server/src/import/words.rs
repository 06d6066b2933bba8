//! The sentences of an import: what its codes mean and what to do. Codes of the whole product stand in the domain's own list.

use daohu_domain::codes;

/// Sentences of codes that only an import has: code, Chinese, English.
const OWN: [(&str, &str, &str); 4] = [
    (
        "failed_formula",
        "这一格是出错的公式，没有导入，其余照样导入。",
        "A formula failed in this cell; it was left out, the rest was taken.",
    ),
    (
        "sheet_not_read",
        "一个文件只读第一张认得的表，这张工作表没有读。",
        "Only the first known table of a file is read; this sheet was not.",
    ),
    (
        "village_differs",
        "这一行的村和这一户的村对不上，按户的村导入，请核对。",
        "The village of this row is not that of its household; the household's was taken. Check it.",
    ),
    (
        "too_big",
        "文件太大：一个文件最多 50 MB、20 万行、300 列，一次最多 200 个文件。",
        "Too big: at most 50 MB, 200,000 rows and 300 columns a file, 200 files at a time.",
    ),
];

/// What to do, by code.
const HINTS: [(&str, &str); 17] = [
    ("missing_key", "补上这一格再导入；没有它，下次就认不出这是同一条。"),
    ("unknown_place", "核对乡镇名和村名是否与 villages.csv 一致，或先导入区划表。"),
    ("bad_place", "区划代码写 12 位数字，例如 610802209201。"),
    ("unknown_household", "核对户编号；这一户要先在户表里，并且没有被拒。"),
    ("unknown_cadre", "核对姓名、单位和电话；这个人要先在帮扶责任人信息表里，并且没有被拒。"),
    ("ambiguous_cadre", "同名的不止一人，请补上单位和联系电话。"),
    ("bad_date", "写成 2019-06-04、2019.6.4、2019年6月4日或 20190604，日期要真实存在。"),
    ("bad_number", "只写数字，例如 12 或 5767.60；编号和卡号请先把单元格设成文本再填，免得末尾几位丢失。"),
    ("bad_id_number", "对照证件核对 18 位号码和末位校验码；残疾人证为 20 位或 22 位。"),
    ("duplicate_key", "同一编号（或同一电话）只能出现一次，请核对后删去或更正其中一行。"),
    ("overlap", "同一户同一时间只能有一名主帮扶：先登记原结对的结束日期，再导入。"),
    ("too_long", "内容太长，请缩短，或写到备注类的长文本里。"),
    ("secret_in_text", "请把身份证号、手机号从说明文字里删去，它们有自己的列。"),
    ("invalid_record", "请按提示补齐或更正这一行。"),
    ("not_a_workbook", "请用表格软件打开，另存为 .xlsx（不加密码）后再导入；.csv 要是文本。"),
    ("unknown_table", "请核对表头：户表、人表、帮扶责任人、结对帮扶花名册、区划表各有自己的列名。"),
    ("too_big", "请拆成几个文件分别导入。"),
];

/// Returns the Chinese and the English sentence of a code.
#[must_use]
pub fn sentence(code: &str) -> (&'static str, &'static str) {
    let own = || OWN.iter().find(|(known, ..)| *known == code).map(|(_, zh, en)| (*zh, *en));
    own().or_else(|| codes::sentence(code)).unwrap_or_else(|| codes::sentence_or_plain(code))
}

/// Returns the code of a domain's violation as one of an import.
#[must_use]
pub fn known_code(code: &str) -> &'static str {
    HINTS.iter().map(|(known, _)| *known).find(|known| *known == code).unwrap_or("invalid_record")
}

/// Returns what to do about a code, in Chinese.
#[must_use]
pub fn hint(code: &str) -> &'static str {
    HINTS.iter().find(|(known, _)| *known == code).map_or("请核对后再导入。", |(_, hint)| hint)
}

#[cfg(test)]
mod tests {
    use super::{HINTS, sentence};

    #[test]
    fn every_code_that_has_a_hint_has_its_sentences() {
        let nameless: Vec<&str> = HINTS.iter().map(|(code, _)| *code).filter(|code| sentence(code) == sentence("no such code")).collect();

        assert!(nameless.is_empty(), "without a sentence: {nameless:?}");
    }
}
