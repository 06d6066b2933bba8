//! What each role sees: two villages, a household and a cadre in each, and every answer searched for what must not be in it.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use daohu_domain::{id::Id, role};
use daohu_server::auth::users::Span;
use serde_json::{Value, json};

use super::{Client, add_user, add_user_with};
use crate::world::{OTHER_VILLAGE, Outcome, TOWN, VILLAGE, World};

const FIRST: &str = "6108022090420001";
const SECOND: &str = "6108022090420002";

/// A township with a household in each village, a helper paired with the first, and a visit there.
struct Township {
    world: World,
    first: Id,
    second: Id,
    helper: Id,
    visit: Id,
}

fn township() -> Outcome<Township> {
    let world = World::new()?;
    let household = |village: &str, number: &str, head: &str, note: &str, phone: &str| -> Outcome<Id> {
        let pairs = [
            ("place", village),
            ("number", number),
            ("head_name", head),
            ("contact_note", note),
            ("phone", phone),
            ("bank", "6222021234567890"),
        ];
        Ok(world.office.record_add("household", &pairs)?["id"].as_str().ok_or("no id")?.parse()?)
    };
    let first = household(VILLAGE, FIRST, "王建军", "下午在羊圈", "13900000001")?;
    let second = household(OTHER_VILLAGE, SECOND, "赵铁柱", "晚上在家", "13900000002")?;
    let helper = world.cadre("李秀英")?;
    world.pair(first, helper, "primary")?;
    for (subject, village, number, name) in [(first, VILLAGE, "1", "王小燕"), (second, OTHER_VILLAGE, "2", "赵小虎")] {
        world.write(
            "member",
            Some(subject),
            village,
            json!({"number": number, "name": name, "relation": "child", "id_number": "610802200101010010"}),
        )?;
    }
    let visit = world.write(
        "visit",
        Some(first),
        VILLAGE,
        json!({"mode": "home", "purpose": ["verify"], "start": "2019-05-04T10:00:00+08:00", "end": "2019-05-04T10:40:00+08:00", "recorder": helper, "participants": [helper],
            "met": [{"name": "王建军", "relation": "户主"}], "narrative": "核对羊圈台账"}),
    )?;
    Ok(Township { world, first, second, helper, visit })
}

/// Addresses that show records, for either household.
fn addresses(township: &Township) -> Vec<String> {
    let Township { first, second, visit, .. } = township;
    let mut all = vec![
        "/api/v1/places".to_owned(),
        "/api/v1/households".to_owned(),
        "/api/v1/visits".to_owned(),
        "/api/v1/visits?month=2019-05".to_owned(),
        format!("/api/v1/visits/{visit}"),
        "/".to_owned(),
    ];
    for (household, number) in [(first, FIRST), (second, SECOND)] {
        all.extend([
            format!("/api/v1/households/{household}"),
            format!("/api/v1/households/{number}"),
            format!("/api/v1/households/{household}/visits"),
        ]);
    }
    for place in [TOWN, VILLAGE, OTHER_VILLAGE] {
        all.extend([
            format!("/api/v1/places/{place}"),
            format!("/api/v1/households?place={place}"),
            format!("/api/v1/visits?place={place}"),
        ]);
        all.extend(["coverage", "gaps"].map(|what| format!("/api/v1/{what}?place={place}&month=2019-05")));
        all.push(format!("/?place={place}&month=2019-05"));
    }
    all.extend(
        ["/api/v1/households?q=赵", "/api/v1/households?q=羊圈", "/api/v1/visits?q=羊圈"]
            .map(|address| address.replace('赵', "%E8%B5%B5").replace("羊圈", "%E7%BE%8A%E5%9C%88")),
    );
    all
}

/// Everything that a role is answered, in one text.
async fn seen_by(township: &Township, client: &Client) -> Outcome<String> {
    let mut seen = String::new();
    for address in addresses(township) {
        let answer = client.get(&address).await?;
        assert!(answer.status != StatusCode::FORBIDDEN && !answer.status.is_server_error(), "{address}: {} {}", answer.status, answer.text);
        seen.push_str(&answer.text);
    }
    Ok(seen)
}

/// Where a role's user stands in the test: helpers at the first household, the rest at the first village or the township.
fn place_of(role: role::Role) -> Option<&'static str> {
    match role.level() {
        role::Reach::Village => Some(VILLAGE),
        role::Reach::Township | role::Reach::County => Some(TOWN),
        role::Reach::Own | role::Reach::Unit | role::Reach::None => None,
    }
}

async fn client_of(township: &Township, role: role::Role) -> Outcome<Client> {
    let is_paired = role.level() == role::Reach::Own;
    let span = Span { role, place: place_of(role).map(str::parse).transpose()?, unit: None, from: None, to: None };
    add_user_with(&township.world, role.slug(), span, is_paired.then_some(township.helper))?;
    Client::new(&township.world).signed_in(role.slug()).await
}

#[tokio::test]
async fn no_role_is_ever_answered_with_a_secret() -> Outcome {
    let township = township()?;
    for role in role::ALL {
        let seen = seen_by(&township, &client_of(&township, role).await?).await?;
        for secret in ["13900000001", "13900000002", "6222021234567890", "610802200101010010", "13812345678", "argon2"] {
            assert!(!seen.contains(secret), "{role} sees {secret}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn each_role_sees_its_own_place_and_nothing_beyond() -> Outcome {
    let township = township()?;
    for role in role::ALL {
        let seen = seen_by(&township, &client_of(&township, role).await?).await?;
        let (sees_first, sees_second) = match role.level() {
            role::Reach::None | role::Reach::Unit => (false, false),
            role::Reach::Own | role::Reach::Village => (true, false),
            role::Reach::Township | role::Reach::County => (true, true),
        };
        assert_eq!(seen.contains(FIRST), sees_first, "{role} and the first household");
        assert_eq!(seen.contains(SECOND), sees_second, "{role} and the second household");
        if !sees_second {
            assert!(!seen.contains("赵") && !seen.contains("晚上在家"), "{role} sees the other village's family");
        }
        let masked = matches!(role, role::Role::VillageSupervisor | role::Role::TownDiscipline);
        if masked {
            assert!(seen.contains("王*军") && !seen.contains("下午在羊圈") && !seen.contains("王小燕"), "{role} sees names");
        } else if sees_first {
            assert!(seen.contains("王建军") && seen.contains("下午在羊圈"), "{role} does not see its family");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_village_supervisor_counts_and_reads_no_visit() -> Outcome {
    let township = township()?;
    let client = client_of(&township, role::Role::VillageSupervisor).await?;

    assert_eq!(client.get(&format!("/api/v1/visits/{}", township.visit)).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/api/v1/visits").await?.status, StatusCode::NOT_FOUND);
    let coverage = client.get(&format!("/api/v1/coverage?place={VILLAGE}&month=2019-05")).await?.json()?;
    assert!(coverage.get("sums").is_some() && coverage.get("households").is_none() && coverage.get("cadres").is_none(), "{coverage}");
    Ok(())
}

#[tokio::test]
async fn a_units_liaison_sees_masked_names_of_its_own_peoples_households() -> Outcome {
    let township = township()?;
    let world = &township.world;
    let unit: Id = world.office.record_add("org", &[("name", "区文化馆")])?["id"].as_str().ok_or("no id")?.parse()?;
    world.office.record_edit(township.helper, &[("org", &unit.to_string())])?;
    add_user_with(world, "liaison", Span { role: role::Role::UnitLiaison, place: None, unit: Some(unit), from: None, to: None }, None)?;
    let client = Client::new(world).signed_in("liaison").await?;

    let seen = seen_by(&township, &client).await?;

    assert!(seen.contains("王*军") && seen.contains(FIRST), "the household of its own helper");
    for hidden in ["王建军", "王小燕", "下午在羊圈", "核对羊圈台账", SECOND, "赵"] {
        assert!(!seen.contains(hidden), "the liaison sees {hidden}");
    }
    Ok(())
}

#[tokio::test]
async fn an_id_outside_the_scope_is_answered_like_one_that_does_not_exist() -> Outcome {
    let township = township()?;
    let client = client_of(&township, role::Role::VillageSecretary).await?;
    let nobody = "019b0000-0000-7000-8000-000000000000";

    for (outside, unknown) in [
        (format!("/api/v1/households/{}", township.second), format!("/api/v1/households/{nobody}")),
        (format!("/api/v1/households/{SECOND}"), "/api/v1/households/6108022090429999".to_owned()),
        (format!("/api/v1/households/{}/visits", township.second), format!("/api/v1/households/{nobody}/visits")),
        (format!("/api/v1/households/{}", township.visit), format!("/api/v1/households/{nobody}")),
        (format!("/api/v1/places/{OTHER_VILLAGE}"), "/api/v1/places/610802209999".to_owned()),
        (format!("/api/v1/coverage?place={TOWN}&month=2019-05"), "/api/v1/coverage?place=610802209999&month=2019-05".to_owned()),
    ] {
        let (outside, unknown) = (client.get(&outside).await?, client.get(&unknown).await?);
        assert_eq!((outside.status, outside.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
        assert_eq!((unknown.status, &unknown.text), (outside.status, &outside.text));
    }
    Ok(())
}

#[tokio::test]
async fn an_inspector_sees_until_his_last_day_and_not_on_it() -> Outcome {
    let township = township()?;
    let span = Span {
        role: role::Role::Inspector,
        place: Some(VILLAGE.parse()?),
        unit: None,
        from: Some("2019-05-06".parse()?),
        to: Some("2019-05-20".parse()?),
    };
    add_user_with(&township.world, "inspector", span, None)?;
    let address = format!("/api/v1/households/{}", township.first);
    for (instant, expected) in [
        ("2019-05-05T23:59:00+08:00", StatusCode::NOT_FOUND),
        ("2019-05-06T00:00:00+08:00", StatusCode::OK),
        ("2019-05-19T23:59:00+08:00", StatusCode::OK),
        ("2019-05-20T00:00:00+08:00", StatusCode::NOT_FOUND),
    ] {
        township.world.at(instant)?;
        let client = Client::new(&township.world).signed_in("inspector").await?;
        assert_eq!(client.get(&address).await?.status, expected, "{instant}");
    }
    Ok(())
}

#[tokio::test]
async fn a_helper_whose_pairing_ended_sees_the_household_no_more() -> Outcome {
    let township = township()?;
    let client = client_of(&township, role::Role::Helper).await?;
    let address = format!("/api/v1/households/{}", township.first);
    assert_eq!(client.get(&address).await?.status, StatusCode::OK);
    let pairing = township.world.office.pairing_list(None, Some(township.helper), None)?;

    township.world.office.pairing_end(pairing[0]["id"].as_str().ok_or("no id")?.parse()?, "2019-05-05".parse()?, "调离")?;

    assert_eq!(client.get(&address).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn pages_of_a_list_show_every_row_once_in_order() -> Outcome {
    let township = township()?;
    for n in 3..12 {
        township.world.household(if n % 2 == 0 { VILLAGE } else { OTHER_VILLAGE }, &format!("61080220904200{n:02}"))?;
    }
    let client = client_of(&township, role::Role::VillageSecretary).await?;
    let mut seen: Vec<String> = Vec::new();
    let mut address = "/api/v1/households?limit=2".to_owned();
    loop {
        let page = client.get(&address).await?.json()?;
        let items = page["items"].as_array().ok_or("no items")?;
        assert!(items.len() <= 2);
        seen.extend(items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)));
        let Some(next) = page["next"].as_str() else { break };
        address = format!("/api/v1/households?limit=2&cursor={next}");
    }

    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (5, &sorted));
    assert_eq!(client.get("/api/v1/households?cursor=abc").await?.code(), "bad_cursor");
    Ok(())
}

#[tokio::test]
async fn a_list_that_did_not_change_is_not_sent_twice() -> Outcome {
    let township = township()?;
    let client = client_of(&township, role::Role::TownOffice).await?;
    let first = client.get("/api/v1/households").await?;
    let again = || client.request(Method::GET, "/api/v1/households").header("if-none-match", first.header("etag"));

    let same = client.send(again().body(Body::empty())?).await?;
    township.world.office.record_edit(township.first, &[("contact_note", "早上在家")])?;
    let changed = client.send(again().body(Body::empty())?).await?;

    assert_eq!((same.status, same.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(first.header("cache-control"), "private, no-cache");
    Ok(())
}

#[tokio::test]
async fn a_household_comes_with_all_that_belongs_to_it_and_its_digest() -> Outcome {
    let township = township()?;
    let client = client_of(&township, role::Role::Helper).await?;
    let address = format!("/api/v1/households/{}", township.first);

    let shown = client.get(&address).await?.json()?;
    let count = |key: &str| shown[key].as_array().map_or(0, Vec::len);

    assert_eq!(
        (shown["number"].as_str(), count("members"), count("pairings"), count("visits"), count("months"), count("conflicts")),
        (Some(FIRST), 1, 1, 1, 0, 0)
    );
    assert_eq!((shown["visits"][0]["month"].as_str(), shown["visits"][0]["occurred_day"].as_str()), (Some("2019-05"), Some("2019-05-04")));
    assert!(shown["masked"].as_array().is_some_and(|keys| keys.contains(&json!("phone"))));
    township.world.office.record_edit(township.first, &[("contact_note", "早上在家")])?;
    assert_ne!(client.get(&address).await?.json()?["digest"], shown["digest"], "a new head is a new digest");
    Ok(())
}

#[tokio::test]
async fn administrators_keep_accounts_and_places_and_see_no_family() -> Outcome {
    let township = township()?;
    for (login, sees_places) in [("sysadmin", true), ("secadmin", false), ("auditor", false)] {
        add_user(&township.world, login, login, None)?;
        let client = Client::new(&township.world).signed_in(login).await?;
        let places = client.get("/api/v1/places").await?.json()?;
        assert_eq!(places["items"].as_array().map_or(0, Vec::len), if sees_places { 3 } else { 0 }, "{login}");
        assert_eq!(client.get("/api/v1/households").await?.code(), "not_found", "{login}");
    }
    Ok(())
}

#[tokio::test]
async fn wrong_words_in_an_address_have_their_own_codes() -> Outcome {
    let township = township()?;
    let client = client_of(&township, role::Role::TownOffice).await?;
    for (address, code) in [
        ("/api/v1/coverage?place=6108&month=2019-05", "bad_place"),
        ("/api/v1/coverage?place=610802209000", "bad_month"),
        ("/api/v1/coverage?place=610802209000&month=2019-13", "bad_month"),
        ("/api/v1/gaps?month=2019-05", "bad_place"),
        ("/api/v1/visits?month=May", "bad_month"),
        ("/api/v1/places/abc", "bad_place"),
    ] {
        let answer = client.get(address).await?;
        let body: Value = answer.json()?;
        assert_eq!((answer.status, &body["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{address}");
    }
    Ok(())
}

#[tokio::test]
async fn a_visit_of_a_phone_has_its_true_day_and_both_values_of_a_note_are_shown_to_those_who_work_with_the_family() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "6108022090420001")?;
    let cadre = world.cadre("二号")?;
    world.pair(household, cadre, "assistant")?;
    world.user("二号", "assistant_helper", None, Some(cadre))?;
    let mut other = world.phone("二号")?;
    add_user(&world, "secretary", "village_secretary", Some(VILLAGE))?;
    add_user(&world, "supervisor", "village_supervisor", Some(VILLAGE))?;
    let at_ms = "2019-05-12T10:00:00+08:00".parse::<daohu_domain::calendar::Instant>()?.0;
    for (phone, note) in [(&mut phone, "上午打电话"), (&mut other, "只接村委会电话")] {
        phone.sync(&world.office)?;
        let fields = json!({"contact_note": note}).as_object().cloned().unwrap_or_default();
        phone.edit(household, &fields, at_ms)?;
    }
    let visit = phone.visit(household, "2019-05-12T10:00:00+08:00", "核对羊圈台账")?;
    world.at("2019-05-13T20:00:00+08:00")?;
    phone.sync(&world.office)?;
    other.sync(&world.office)?;
    let address = format!("/api/v1/households/{household}");

    let client = Client::new(&world).signed_in("secretary").await?;
    let shown = client.get(&address).await?.json()?;
    let month = client.get("/api/v1/visits?month=2019-05").await?.json()?;
    let next = client.get("/api/v1/visits?month=2019-06").await?.json()?;
    let masked = Client::new(&world).signed_in("supervisor").await?.get(&address).await?;

    assert_eq!(shown["conflicts"][0]["values"].as_array().map(Vec::len), Some(2), "{shown}");
    let one = &shown["visits"][0];
    assert_eq!(
        (&one["id"], &one["occurred_day"], &one["state"], &one["backfill"]),
        (&json!(visit), &json!("2019-05-12"), &json!("received"), &json!(false))
    );
    assert!(one["time"] == "trusted" && one["skew_s"].is_i64(), "{one}");
    assert_eq!((&month["items"][0], next["items"].as_array().map(Vec::len)), (one, Some(0)));
    assert!(!masked.text.contains("打电话") && !masked.text.contains("村委会"), "{}", masked.text);
    Ok(())
}
