//! Chinese labels of the keys that answers have; in English a key is its own label.

/// Key and its Chinese label.
const LABELS: &[(&str, &str)] = &[
    ("id", "编号"),
    ("login", "登录名"),
    ("cadre", "责任人"),
    ("disabled", "停用"),
    ("roles", "职务"),
    ("role", "职务"),
    ("place", "地方"),
    ("unit", "单位"),
    ("from", "自"),
    ("to", "至"),
    ("user", "账号"),
    ("password", "密码（只显示这一次）"),
    ("code", "码"),
    ("expires_at", "有效到"),
    ("uses", "可用次数"),
    ("label", "名称"),
    ("enrolled_at", "登记时间"),
    ("last_contact_at", "最近联系"),
    ("last_batch", "最后一批"),
    ("revoked_at", "停用时间"),
    ("reason", "原因"),
    ("household", "户"),
    ("number", "户编号"),
    ("gap_days", "空档天数"),
    ("hidden_days", "隐性空档天数"),
    ("since", "自"),
    ("last_holder", "上一任责任人"),
    ("pairing", "结对"),
    ("leave", "请假"),
    ("config", "规则"),
    ("version", "版本"),
    ("kind", "种类"),
    ("fields", "内容"),
    ("records", "记录"),
    ("next", "下一页"),
    ("ok", "无误"),
    ("tree_size", "日志长度"),
    ("root", "日志根"),
    ("twins", "同一条的另一份"),
    ("batches", "批"),
    ("clock", "时钟"),
    ("first_bad", "第一处不对"),
    ("projections", "投影"),
    ("coverage_rows", "覆盖率行"),
    ("differences", "差异"),
    ("dry_run", "试导入"),
    ("files", "文件"),
    ("path", "文件"),
    ("table", "表"),
    ("sheet", "工作表"),
    ("header_row", "表头行"),
    ("rows", "行"),
    ("skipped", "跳过"),
    ("unknown_columns", "多出的列"),
    ("missing_columns", "缺的列"),
    ("counts", "条数"),
    ("imported", "新增"),
    ("updated", "更新"),
    ("unchanged", "未变"),
    ("refused", "未收"),
    ("kept", "保留人工修改"),
    ("refilled", "补回丢了钥匙的"),
    ("warnings", "提醒"),
    ("ignored", "未读的文件"),
    ("file", "文件"),
    ("row", "行"),
    ("column", "列"),
    ("value", "值"),
    ("zh", "说明"),
    ("hint", "怎么改"),
    ("device", "手机"),
    ("batch", "批"),
    ("record", "记录"),
    ("received_at", "收到时间"),
    ("totp", "动态码"),
    ("secret", "密钥（只显示这一次）"),
    ("address", "扫码内容"),
    ("listening", "地址"),
    ("server_key", "服务器公钥"),
    ("member", "人口"),
    ("issue", "整改事项"),
    ("region", "区划"),
    ("org", "单位"),
    ("inspection", "巡察督查"),
    ("deputy", "代管人"),
    ("month", "月份"),
    ("name", "名称"),
    ("state", "状态"),
];

/// Returns the label of a key.
pub(crate) fn label(key: &str, en: bool) -> &str {
    if en {
        return key;
    }
    LABELS.iter().find(|(known, _)| *known == key).map_or(key, |(_, zh)| zh)
}

#[cfg(test)]
mod tests {
    use super::LABELS;

    #[test]
    fn no_key_has_two_labels() {
        let keys: std::collections::BTreeSet<_> = LABELS.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), LABELS.len());
    }
}
