//! The table of codes.

/// A code, its Chinese and its English sentence.
type Row = (&'static str, &'static str, &'static str);

/// What intake says of one item.
pub(super) const ITEMS: &[Row] = &[
    ("ok", "已收到。", "Received."),
    ("ok_newer", "已收到，有些内容是新版写的，照样留着。", "Received; a newer version wrote parts of it, which are kept."),
    ("duplicate", "以前已经收到过，不用再传。", "Received before; nothing to do."),
    ("missing_dep", "缺它前面的一条，下次一起上传就行。", "An earlier change is missing; it comes with the next upload."),
    (
        "compressed_chunk",
        "这条的格式太紧，请更新程序再传；内容都在本机。",
        "This item is compressed; update the program and send again. It is safe on the phone.",
    ),
    ("too_big", "这条太大，请把文字或附件减少一些再传。", "This is too big; shorten the text or take out files, then send again."),
    ("unreadable", "这条读不出来，已单独放好，请联系办公室。", "This cannot be read; it is set aside. Ask the office."),
    (
        "panics",
        "这条有损坏，已单独放好，不影响别的记录。请联系办公室。",
        "This is damaged and set aside; other records are not touched. Ask the office.",
    ),
    ("not_canonical", "这条的写法不标准，请更新程序再传。", "This is not in the standard form; update the program and send again."),
    (
        "not_reloadable",
        "这条存下后读不回来，已单独放好。请联系办公室。",
        "This cannot be read back once stored; it is set aside. Ask the office.",
    ),
    ("actor_taken", "这台手机的编号和别人的一样，请重新领码登记。", "Another phone has the same number; enrol this one again."),
    (
        "forbidden_place",
        "这户不在您负责的范围，请找乡镇办公室核对。",
        "This household is outside your places; check with the township office.",
    ),
    ("forbidden_writer", "这一项不由您改；可以提修改建议。", "This is not yours to change; propose the change instead."),
    ("sealed_touched", "结束后不能改，可更正或作废。", "Fixed after finishing; correct or void it."),
    ("event_edited", "已经记下的动作不能改，请再记一条。", "What was recorded cannot be edited; add another entry."),
    ("invalid_record", "有一项没填好，照提示改了就能存。", "Something is not filled in properly; follow the hint and save again."),
    ("unknown_kind", "这种表这里还不认识，更新程序后再试。", "This kind of record is not known here; update the program and try again."),
    ("secret_in_text", "文字里有手机号或身份证号，去掉就能传。", "The text holds a telephone or identity number; take it out and it goes."),
];

/// What the server says at its doors.
pub(super) const DOORS: &[Row] = &[
    ("code_unknown", "码不对，请照着办公室给的再输一遍。", "This code is not known; type it again as the office gave it."),
    ("code_expired", "码过期了，请办公室再发一个。", "This code has expired; ask the office for another."),
    ("code_used", "码用过了，请办公室再发一个。", "This code has been used; ask the office for another."),
    ("too_many_tries", "错了 5 次，15 分钟后再试。", "Five wrong tries; try again in 15 minutes."),
    (
        "bad_frame",
        "传来的内容读不出来，什么都没改。请更新程序再传。",
        "What was sent cannot be read, nothing was changed; update the program and send again.",
    ),
    (
        "bad_merkle_root",
        "传来的内容和签名对不上，什么都没改。请再传一次。",
        "What was sent does not match its signature, nothing was changed; send again.",
    ),
    ("bad_signature", "签名对不上，请重新领码登记这台手机。", "The signature does not match; enrol this phone again."),
    ("unknown_device", "服务器不认识这台手机，请领码登记。", "The server does not know this phone; enrol it."),
    (
        "device_revoked",
        "这台手机已停用，未上传的都还在手机上，请把手机交给办公室。",
        "This phone is disabled; what is unsent is still on it. Hand the phone to the office.",
    ),
    (
        "batch_fork",
        "这台手机的上传编号和以前的不一样，请重新领码登记；记录都在。",
        "This phone's uploads differ from earlier ones; enrol it again. The records are safe.",
    ),
    ("unsupported_media_type", "内容的类型不对，请用新版程序。", "The type of the content is not right; use a newer program."),
    ("too_old", "照样能上传，更新后才能收。", "You can send; update to receive."),
    ("busy", "服务器正忙，过一会儿会自己再传。", "The server is busy; it tries again by itself."),
    ("server_full", "服务器空间满了，记录都在本机，请告诉办公室。", "The server is full; all is safe here. Tell the office."),
    ("bad_login", "用户名、密码或动态码不对，请再输一遍。", "Name, password or code is wrong; type them again."),
    ("locked", "账号已锁，过几分钟再试。", "The account is locked; try again in a few minutes."),
    ("sign_in", "请重新登录，没存的都还在。", "Sign in again; your input is kept."),
    ("not_permitted", "这一步不在您的职责里，请找办公室。", "This is not among your duties; ask the office."),
    ("bad_month", "月份写成 2019-05 这样。", "Write the month like 2019-05."),
    ("bad_place", "地方要写 12 位区划代码，并且是登记过的。", "Write a registered place as 12 digits."),
    ("bad_cursor", "这一页的书签失效了，请从第一页看起。", "This page mark no longer holds; begin at the first page."),
    ("bad_request", "请求写得不完整，请照说明改。", "The request is not complete; follow the description."),
    ("not_found", "没找到，请核对编号，或先同步。", "Not found; check the number, or sync first."),
    ("method_not_allowed", "这个地址不能这样用，请看接口说明。", "This address does not take this method; see the description."),
    ("bad_token", "上传凭证过期或不对，手机会自己再领一个。", "The token for uploads is over or wrong; the phone gets another by itself."),
    ("bad_upload", "上传写得不完整，请更新程序再传。", "The upload is not described in full; update the program and send again."),
    ("tus_version", "上传用的版本不对，请更新程序再传。", "The upload speaks another version; update the program and send again."),
    ("upload_gone", "这次上传已结束，请重新传这个文件。", "This upload is over; begin the file again."),
    ("upload_cut", "传到一半断了，收到的都留着，接着传就行。", "The upload was cut; what came is kept, go on from there."),
    ("wrong_offset", "接着传的位置不对，问一下再传。", "The upload goes on at another place; ask where, then send."),
    ("bad_checksum", "这一段路上坏了，没有留下，请再传这一段。", "This part was damaged on its way and not kept; send it again."),
    (
        "wrong_hash",
        "传来的不是记录里写的那个文件，没有留下。请从原件再传。",
        "What came is not the file that the record names, and was not kept; send it again from the original.",
    ),
    ("not_named", "这条记录没有写这个文件，请先同步记录。", "The record does not name this file; sync the record first."),
    ("upload_quota", "今天传的文件太多了，明天会接着传。", "Too many files for today; the rest goes on tomorrow."),
    (
        "not_our_server",
        "答话的不是我们的服务器：网络要先登录，或者地址不对。什么都没传，都在本机。",
        "Who answered is not our server: the network wants a sign-in, or the address is wrong. Nothing was sent; all is here.",
    ),
    (
        "internal",
        "服务器这一步没做成，什么都没改。请再试，不行就告诉办公室。",
        "The server could not do this, nothing was changed; try again, else tell the office.",
    ),
];

/// What the commands say.
pub(super) const COMMANDS: &[Row] = &[
    ("too_new", "这份资料是更新的程序写的，请用那个版本打开。", "A newer program wrote this; open it with that version."),
    (
        "not_a_workbook",
        "这个文件读不出来，请存成 xlsx、xls、csv 或 json 再导。",
        "This file cannot be read; save it as xlsx, xls, csv or json.",
    ),
    ("unknown_table", "看不出这是哪种表，请核对表头。", "This table is not recognised; check its headings."),
    ("own_visit", "这户您也去过，由下一位把关。", "You took part; the next reviewer decides."),
    ("sealed", "结束后不能改，可更正或作废。", "Fixed after finishing; correct or void it."),
    ("needs_reason", "请写一句原因。", "Give the reason."),
    (
        "disk_full",
        "空间满了，这一次没有写进去。先腾出一些，再做一次。",
        "The disk is full, this was not written. Free some room, then do it again.",
    ),
    (
        "store_damaged",
        "资料有损坏，原件已另存，没有删除。请联系办公室。",
        "The store is damaged; it was set aside, not deleted. Ask the office.",
    ),
    ("wrong_key", "打不开，钥匙不对。请用登记时的钥匙文件。", "The key does not open this; use the key file made at enrolment."),
    ("offline", "没有信号，都在本机。连上网再传。", "No signal; all is here. Send when there is signal."),
    ("server_busy", "服务器正忙，都在本机，过一会儿再传。", "The server is busy; all is here. Send again later."),
    ("clock_behind", "给的时间早于最后一条记录，请写晚一些的时间。", "The time given lies before the last entry; give a later one."),
    (
        "clock_not_loopback",
        "只有本机地址才能改时钟，请去掉 --now 或改用 127.0.0.1。",
        "The clock may be set on a loopback address only; drop --now or listen on 127.0.0.1.",
    ),
    ("bad_blobs", "文件的存放处写成 folder 或 S3 桶的地址。", "Write where files lie as folder or s3://BUCKET?endpoint=URL."),
    (
        "blobs_unreachable",
        "存文件的桶连不上，请核对地址、桶名和钥匙。",
        "The bucket for files cannot be reached; check its address, its name and the keys.",
    ),
    ("usage", "命令写得不对，加 --help 看写法。", "The command is not right; see --help."),
    ("bad_config", "这个设置的值不合适，照提示改。", "The value does not fit; follow the hint."),
    ("bad_role", "没有这个角色，写 helper、town_office 等。", "There is no such role; write helper, town_office or another."),
    ("bad_state", "现在这一步还不能做，请先看这条记录的状态。", "This cannot be done in this state; look at the record first."),
    ("too_late", "过了 24 小时或已把关，不能撤回，可更正。", "After 24 hours or a review it cannot be withdrawn; correct it."),
    ("too_early", "时间在现在之后，请核对手机时间。", "The time lies in the future; check the clock."),
    ("already_enrolled", "这份资料已登记过手机，请另用一个文件。", "This store is enrolled already; use another file."),
    ("not_enrolled", "这台手机还没登记，请先领码。", "This phone is not enrolled; get a code first."),
    ("login_taken", "这个用户名有人用了，请换一个。", "This name is taken; choose another."),
    ("weak_password", "密码至少 12 位，请写长些。", "A password needs 12 characters; make it longer."),
    ("already_taken", "这个名称有人用了，请换一个。", "That name is in use; choose another."),
    (
        "device_id_taken",
        "手机编号和别人的相近，会自动换一个再登记。",
        "The device id is too close to another's; the phone draws a new one.",
    ),
    ("no_device", "这个账号的职务不用手机，请在电脑上登录。", "The roles of this account work without a device; sign in on a computer."),
    ("no_roster", "还没有行政区划，请先导入。", "There are no places yet; import them first."),
    ("already_released", "这一条已经放行过。", "This item was let in before."),
    ("not_releasable", "这一条内容有问题，不能放行。", "This item cannot be let in: its content is wrong, not the right to send it."),
    ("other_user", "这本账是别人的，换人请另建一本。", "This store belongs to another user; make a store of your own."),
    (
        "store_failed",
        "存储出错，没有写成。看看资料夹、权限和剩余空间，再试一次。",
        "The store failed, nothing was written; look at the folder, its rights and the free space, and try again.",
    ),
    (
        "file_not_written",
        "文件没有写成，请看文件夹和剩余空间，再试一次。",
        "The file was not written; look at the folder and its free space, then try again.",
    ),
    (
        "interrupted",
        "停下来了，没有做完，也没改什么。需要时再做一次。",
        "It was stopped before its end and changed nothing; do it again when you need it.",
    ),
    ("not_damaged", "这本账没有坏，什么都没动。接着打开用就行。", "This store is not damaged and was left as it is; just open it."),
    ("store_closed", "这本账已经关上了，请重新打开。", "This store was closed; open it again."),
    ("nothing_changed", "和原来一样，没有改。", "That is what it says already; nothing was changed."),
    ("no_conflict", "这一项没有两个值要选。", "There is nothing to choose for this field."),
    ("not_in_this_version", "这个版本还没有这个功能。", "Not in this version."),
    (
        "already_there",
        "那里已经有东西了，什么都没写。请换一个名字。",
        "Something is there already, nothing was written; choose another name.",
    ),
    (
        "inside_data_folder",
        "备份不能放在资料夹里面，什么都没写。请放到别的文件夹，最好是另一块盘。",
        "A backup cannot lie inside the data folder, nothing was written; choose another folder, best on another disk.",
    ),
    (
        "folder_not_empty",
        "这个文件夹里有资料，不能覆盖。请换一个空文件夹。",
        "This folder holds data and is not overwritten; choose an empty one.",
    ),
    (
        "not_a_backup",
        "这里没有完整的备份，什么都没写。请换一份备份。",
        "There is no whole backup here, nothing was written; take another one.",
    ),
    ("backup_damaged", "这份备份有损坏，什么都没写。请换一份备份。", "This backup is damaged, nothing was written; take another one."),
    (
        "moved",
        "这本账已搬到另一部手机，请在那里写；没搬成就再做一次 backup --move。",
        "This store was moved to another phone; write there. Where the move was cut off, do backup --move again.",
    ),
    (
        "store_busy",
        "另一个程序正在写这本账，什么都没改。请关掉它再试。",
        "Another program is writing into this store, nothing was changed; close it, then try again.",
    ),
    (
        "restored",
        "这本账是从备份恢复的，请领码登记后再传。都在本机。",
        "This store was restored from a backup; get a code and enrol, then it sends. All is here.",
    ),
    ("key_not_lost", "主密钥还在，不用换成新的。要更换请用 key rotate。", "The master key is there; to replace it use key rotate."),
    (
        "secret_lost",
        "这一项的密钥丢了，读不出来。记录还在，请当面核对后重新填。",
        "The key of this value is lost and it cannot be read; the record is there. Ask the person and enter it again.",
    ),
    ("log_damaged", "存证日志对不上，请停止使用并联系办公室。", "The log does not verify; stop using it and tell the office."),
    ("receipt_invalid", "回执校验不通过，请向办公室再要一份。", "The receipt does not verify; ask the office for another."),
];

/// What is said of a photo or file that is to be attached.
pub(super) const EVIDENCE: &[Row] = &[
    (
        "not_a_picture",
        "这个文件不是照片，请用 JPEG、PNG 照片或 PDF 文件。",
        "This file is not a photo; take a JPEG or PNG photo or a PDF file.",
    ),
    (
        "heic",
        "这张照片是 HEIC 格式，别的手机打不开。请在相机设置里选“兼容性最佳”，或转成 JPEG 再添加。",
        "This photo is HEIC, which other devices cannot open; set the camera to most compatible, or convert it to JPEG.",
    ),
    (
        "too_many_pixels",
        "这张照片像素太多，请调低相机的分辨率再拍，或先缩小。",
        "This photo has too many pixels; take it with a lower resolution, or make it smaller first.",
    ),
    (
        "unreadable_picture",
        "这张照片读不出来，可能没传完。请重新选一次，或再拍一张。",
        "This photo cannot be read, perhaps it was cut off; choose it again, or take another.",
    ),
    (
        "copy_not_clean",
        "照片副本里还带着拍摄信息，没有收。请更新程序再添加。",
        "The copy of the photo holds more than the picture and was not taken; update the program and add it again.",
    ),
];

/// What the import of workbooks says of a row, a refusal or a warning.
pub(super) const IMPORTS: &[Row] = &[
    ("missing_key", "这一行没有编号，补上再导。", "This row has no number; add it and import again."),
    ("unknown_place", "没有这个村，请核对村名或先导入区划表。", "There is no such village; check the name or import the places first."),
    ("unknown_household", "没有这一户，请先导入户表。", "There is no such household; import the households first."),
    ("unknown_cadre", "没有这位干部，请先导入帮扶责任人表。", "There is no such cadre; import the cadres first."),
    ("ambiguous_cadre", "有几位同名干部，请补上联系电话或单位。", "Several cadres have this name; add telephone or unit."),
    ("bad_date", "日期不对，写成 2019.12.4 这样。", "This is no date; write it like 2019.12.4."),
    ("bad_number", "这里要写数字，例如 1200 或 7.58。", "Write a number here, such as 1200 or 7.58."),
    (
        "bad_id_number",
        "证件号码的校验位不对，请对照原件改。",
        "The check digit of the identity number is wrong; compare it with the paper.",
    ),
    ("duplicate_key", "同一个编号出现了两次，请留一行。", "The same number stands twice; keep one row."),
    ("overlap", "和已有的时间段重叠，请改起止时间。", "This overlaps another span; change its start or end."),
    ("too_long", "字太多，请写短些。", "The text is too long; shorten it."),
    (
        "both_education_fields",
        "文化程度和在校生状况都填了，只该填一个；照样导入。",
        "Education and school are both filled, only one should be; imported all the same.",
    ),
    (
        "exit_year_differs",
        "户属性和脱贫年度对不上，按户属性导入，请核对。",
        "Register property and year of exit disagree; the property was taken. Check it.",
    ),
    (
        "unknown_choice",
        "这个说法不在选项里，这一格没导入，请照选项改。",
        "This is not among the choices, the cell was left out; choose one of them.",
    ),
    ("unknown_column", "这一列不认识，没有导入。", "This column is not known and was left out."),
    ("missing_column", "少了这一列，其余照样导入。", "This column is missing; the rest is imported."),
    ("kept", "这一项有人改过，没有覆盖。", "Somebody changed this since; it was left alone."),
    ("not_in_roster", "花名册里没有这一户，按未脱贫导入，请核对。", "This household is not in the roster; taken as poor. Check it."),
    ("head_differs", "户主姓名和家庭成员里的户主不一样，请核对。", "The head of the household differs between the tables; check it."),
    ("duplicate_phone", "两位干部的联系电话一样，请核对。", "Two cadres have the same telephone; check it."),
    ("failed_formula", "这一格是出错的公式，没有收，其余照收。", "A formula failed in this cell; it was left out, the rest was taken."),
    ("sheet_not_read", "一个文件只读第一张认得的表，这张没有读。", "Only the first known table of a file is read; this sheet was not."),
    (
        "village_differs",
        "这一行的村和所属户的不一致，按户的村处理。",
        "The village of this row is not that of its household; the household's counts.",
    ),
    ("unreadable_row", "这一行没有读懂，没有收。", "This row could not be understood and was not taken."),
    ("date_without_day", "日期没有写日，按 1 日导入。", "The date has no day; the first was taken."),
];
