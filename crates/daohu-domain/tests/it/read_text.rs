//! Reading what people write in cells and on the command line.

use daohu_domain::{
    kind::Field,
    kinds,
    validate::{day_of_serial, read_day, read_text},
};
use serde_json::{Value, json};

fn field(kind: &str, key: &str) -> &'static Field {
    kinds::find(kind).unwrap().field(key).unwrap()
}

fn read(kind: &str, key: &str, text: &str) -> Value {
    read_text(field(kind, key), text).unwrap_or_else(|wrong| panic!("{text:?}: {wrong:?}"))
}

fn code(kind: &str, key: &str, text: &str) -> String {
    read_text(field(kind, key), text).expect_err(text).code
}

#[test]
fn words_for_nothing_are_nothing_in_every_shape() {
    for key in ["group", "people", "income_year", "safe_water", "house_grade", "other_causes", "phone"] {
        for text in ["", " ", "无", "/", "-", "－", " 无 ", "\t"] {
            assert_eq!(read("household", key, text), Value::Null, "{key} {text:?}");
        }
    }
}

#[test]
fn a_date_may_be_written_in_the_usual_ways() {
    let ways = [
        "2019-6-4",
        "2019-06-04",
        "2019.6.4",
        "2019.06.04",
        "2019/6/4",
        "2019年6月4日",
        "2019年06月04日",
        "20190604",
        "２０１９.６.４",
        " 2019.6.4 ",
        "2019-06-04T09:00:00",
    ];
    for text in ways {
        assert_eq!(read("pairing", "from", text), "2019-06-04", "{text}");
    }
    for text in ["2019年6月", "2019.6", "201906", "2019-06"] {
        assert_eq!(read("pairing", "from", text), "2019-06-01", "{text}");
    }
    for text in ["2019.13.4", "2019-02-29", "4.6.2019", "昨天", "2019", "201906040", "19.6.4", "2019-6-4-1", "0019-06-04", "2019--4"] {
        assert_eq!(code("pairing", "from", text), "bad_date", "{text}");
    }
    assert_eq!(read_day("2020.2.29"), Some(jiff::civil::date(2020, 2, 29)));
}

#[test]
fn an_excel_serial_is_a_day() {
    assert_eq!(day_of_serial(43_620.0), Some(jiff::civil::date(2019, 6, 4)));
    assert_eq!(day_of_serial(43_620.75), Some(jiff::civil::date(2019, 6, 4)), "the time of day is dropped");
    assert_eq!(day_of_serial(1.0), Some(jiff::civil::date(1900, 1, 1)));
    assert_eq!(day_of_serial(59.0), Some(jiff::civil::date(1900, 2, 28)));
    assert_eq!(day_of_serial(61.0), Some(jiff::civil::date(1900, 3, 1)));
    for serial in [0.0, -5.0, f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(day_of_serial(serial), None, "{serial}");
    }
}

#[test]
fn months_and_instants_are_read_too() {
    for text in ["2019-06", "2019.6", "2019年6月", "201906", "2019-06-04"] {
        assert_eq!(read("month_record", "month", text), "2019-06", "{text}");
    }
    for text in ["2019-06-04T09:00:00+08:00", "2019-06-04T01:00:00Z", "2019-06-04 09:00", "2019.6.4 9:00", "2019-06-04T09:00:00"] {
        assert_eq!(read("visit", "start", text), "2019-06-04T09:00:00+08:00", "{text}");
    }
    assert_eq!(code("visit", "start", "九点"), "bad_date");
    assert_eq!(code("month_record", "month", "2019-13"), "bad_date");
}

#[test]
fn numbers_may_have_full_width_digits_commas_and_units() {
    for text in ["5", "５", "5.0", "5 ", "5人", "05"] {
        assert_eq!(read("household", "people", text), 5, "{text}");
    }
    for text in ["5767.60", "5,767.6", "¥5767.6", "5767.6元", "0.57676万元", "5767.599999"] {
        assert_eq!(read("household", "income_per_head", text), 576_760, "{text}");
    }
    assert_eq!(read("household", "income_year", "30738 "), 3_073_800);
    assert_eq!(read("household", "net_income", "-12.5"), -1250);
    assert_eq!(read("household", "arable_area", "7.58"), 758);
    assert_eq!(read("household", "arable_area", "7.58亩"), 758);
    assert_eq!(read("household", "road_distance", "2.0"), 200);
    for text in ["五", "5.5", "1e3", "5-6", ".", "5.", "--5", "99999999999999999999"] {
        assert_eq!(code("household", "people", text), "bad_number", "{text}");
    }
    assert_eq!(code("household", "people", "61"), "bad_number", "beyond the limit");
}

#[test]
fn choices_are_read_by_label_slug_and_other_words() {
    for text in ["home", "入户", "入户走访", " 入户 ", "HOME", "at home"] {
        assert_eq!(read("visit", "mode", text), "home", "{text}");
    }
    assert_eq!(read("household", "main_cause", "缺劳动力"), "labour");
    assert_eq!(read("household", "property", "低保脱贫户"), "allowance_exited");
    assert_eq!(read("household", "house_grade", "C级"), "c");
    assert_eq!(read("member", "education", "文盲或半文盲"), "illiterate");
    assert_eq!(read("cadre", "rank", "乡科级副职"), "township_deputy");
    assert_eq!(
        read("visit", "purpose", "了解情况，政策兑现、explain_policy"),
        json!(["learn_situation", "policy_payment", "explain_policy"])
    );
    assert_eq!(read("member", "health", "残疾,患有大病"), json!(["disabled", "serious"]));
    assert_eq!(read("visit", "purpose", "了解情况,了解情况"), json!(["learn_situation"]));
    let wrong = read_text(field("visit", "mode"), "飞过去").unwrap_err();
    assert_eq!(wrong.code, "unknown_choice");
    assert!(wrong.zh.contains("入户、务工地走访") && wrong.en.contains("worksite"), "{wrong:?}");
}

#[test]
fn yes_and_no_have_many_words() {
    for text in ["是", "有", "true", "YES", "1", "√"] {
        assert_eq!(read("household", "safe_water", text), true, "{text}");
    }
    for text in ["否", "没有", "false", "no", "0", "×"] {
        assert_eq!(read("household", "safe_water", text), false, "{text}");
    }
    assert_eq!(code("household", "safe_water", "也许"), "invalid_record");
}

#[test]
fn texts_are_trimmed_limited_and_searched_for_secrets() {
    assert_eq!(read("household", "group", " ４ "), "4");
    assert_eq!(read("household", "contact_note", "上午\n下地"), "上午 下地");
    assert_eq!(read("visit", "narrative", "第一行\n第二行"), "第一行\n第二行");
    assert_eq!(code("household", "group", &"字".repeat(21)), "too_long");
    assert_eq!(code("household", "contact_note", "打13800000000"), "secret_in_text");
    assert_eq!(read("household", "phone", "13800000000"), "13800000000");
    assert_eq!(read("household", "id_number", "61080019800202537X"), "61080019800202537X");
    assert_eq!(code("household", "id_number", "610800198002025370"), "bad_id_number");
    assert_eq!(code("household", "id_number", "6108001980020253701"), "bad_id_number", "neither card nor disability card");
}

#[test]
fn references_rows_spans_and_points_have_a_text_form() {
    let id = "018f3a4e-5b6c-7d8e-9f00-112233445566";
    assert_eq!(read("pairing", "cadre", &id.to_uppercase()), id);
    assert_eq!(read("visit", "participants", &format!("{id},{id}")), json!([id, id]));
    assert_eq!(code("pairing", "cadre", "王建国"), "invalid_record");
    assert_eq!(
        read("visit", "met", "王建国:户主|刘梅:妻"),
        json!([{"name": "王建国", "relation": "户主"}, {"name": "刘梅", "relation": "妻"}])
    );
    assert_eq!(read("visit", "promises", "修水管:2019.5.25"), json!([{"text": "修水管", "day": "2019-05-25"}]));
    assert_eq!(read("visit", "promises", r#"[{"text":"修水管"}]"#), json!([{"text": "修水管"}]));
    assert_eq!(code("visit", "promises", "[{"), "invalid_record");
    assert_eq!(
        read("household", "status", "未脱贫,2016-1-1,2019-1-1;脱贫享受政策,2019.1.1"),
        json!([{"value": "poor", "from": "2016-01-01", "to": "2019-01-01"}, {"value": "exited_with_policy", "from": "2019-01-01", "to": null}])
    );
    assert_eq!(code("household", "status", "富裕,2016-1-1"), "unknown_choice");
    assert_eq!(code("household", "places", "左界村,2016-1-1"), "invalid_record");
    assert_eq!(read("visit", "point", "38.0123,109.4567,12"), json!({"lat": 38.0123, "lon": 109.4567, "accuracy_m": 12.0}));
    assert_eq!(code("visit", "point", "98,109"), "invalid_record");
    assert_eq!(read("visit", "kept", "1，2"), json!(["1", "2"]));
}
