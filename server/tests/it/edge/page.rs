//! The page: form without a session, figures with one, no script, no words that turn visits into attendance.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use daohu_server::web::text::NEVER;

use super::{Client, PASSWORD, add_user, add_user_with};
use crate::world::{Outcome, TOWN, VILLAGE, World};

const FORM: &str = "application/x-www-form-urlencoded";

/// A township with one paired and one unpaired household, in the month after.
fn world() -> Outcome<World> {
    let world = World::new()?;
    let household = world.household(VILLAGE, "6108022090420001")?;
    world.household(VILLAGE, "6108022090420002")?;
    for row in world.office.record_list("household", None, None, None, None)?["records"].as_array().ok_or("no households")? {
        let id = row["id"].as_str().ok_or("no id")?.parse()?;
        world
            .office
            .record_edit(id, &[("status", "poor,2018-01-01,"), ("tier", "monthly,2018-01-01,"), ("places", "610802209201,2018-01-01,")])?;
    }
    let cadre = world.cadre("李秀英")?;
    world.pair(household, cadre, "primary")?;
    add_user(&world, "office", "town_office", Some(TOWN))?;
    add_user(&world, "supervisor", "village_supervisor", Some(VILLAGE))?;
    add_user(&world, "auditor", "auditor", None)?;
    add_user_with(
        &world,
        "helper",
        daohu_server::auth::users::Span { role: "helper".parse()?, place: None, unit: None, from: None, to: None },
        Some(cadre),
    )?;
    world.at("2019-06-20T09:00:00+08:00")?;
    Ok(world)
}

#[tokio::test]
async fn without_a_session_the_page_is_a_form_and_shows_no_figure() -> Outcome {
    let world = world()?;

    let page = Client::new(&world).get("/?place=610802209000&month=2019-05").await?;

    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("<form method=\"post\" action=\"/sign-in\">") && page.text.contains("type=\"password\""));
    assert!(page.text.contains("value=\"/?place=610802209000&amp;month=2019-05\""), "the way back is kept");
    assert!(!page.text.contains("红石桥乡") && !page.text.contains("左界村"));
    Ok(())
}

#[tokio::test]
async fn the_form_signs_in_and_out() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);

    let signed = client.post("/sign-in", FORM, format!("login=office&password={PASSWORD}&totp=&back=%2F%3Fmonth%3D2019-05")).await?;
    let cookie = signed.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let with_cookie = |method: Method, address: &str| client.request(method, address).header("cookie", cookie.clone()).body(Body::empty());
    let page = client.send(with_cookie(Method::GET, "/?month=2019-05")?).await?;
    let out = client.send(with_cookie(Method::POST, "/sign-out")?).await?;
    let after = client.send(with_cookie(Method::GET, "/?month=2019-05")?).await?;

    assert_eq!((signed.status, signed.header("location")), (StatusCode::SEE_OTHER, "/?month=2019-05"));
    assert!(page.text.contains("红石桥乡"), "{}", page.text);
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert!(after.text.contains("type=\"password\"") && !after.text.contains("红石桥乡"));
    Ok(())
}

#[tokio::test]
async fn a_wrong_form_is_shown_again_with_one_sentence_and_the_lock_with_its_minutes() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);
    for _ in 0..5 {
        let wrong = client.post("/sign-in", FORM, "login=office&password=wrong-password-2019").await?;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        assert!(wrong.text.contains("用户名、密码或动态码不对。") && wrong.header("set-cookie").is_empty());
    }

    let locked = client.post("/sign-in?lang=en", FORM, format!("login=office&password={PASSWORD}")).await?;

    assert_eq!(locked.status, StatusCode::LOCKED);
    assert!(locked.text.contains("Locked for 15 minutes."));
    Ok(())
}

#[tokio::test]
async fn a_form_that_a_browser_says_is_from_elsewhere_is_not_looked_at() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);
    let post = |address: &str| client.request(Method::POST, address).header("content-type", FORM).header("sec-fetch-site", "cross-site");

    let sign_in = client.send(post("/sign-in").body(Body::from(format!("login=office&password={PASSWORD}")))?).await?;
    let sign_out = client.send(post("/sign-out").body(Body::empty())?).await?;

    assert_eq!((sign_in.status, sign_out.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
    assert!(sign_in.header("set-cookie").is_empty());
    Ok(())
}

/// Pages of every kind, in both languages, each as some user sees it.
async fn pages(world: &World) -> Outcome<Vec<(String, String)>> {
    let client = Client::new(world);
    let mut pages = Vec::new();
    for lang in ["zh", "en"] {
        let addresses = [
            format!("/?month=2019-05&lang={lang}"),
            format!("/?place={VILLAGE}&month=2019-05&lang={lang}"),
            format!("/?place={TOWN}&month=2019-06&measure=verified&version=first&lang={lang}"),
            format!("/?place=610802209999&lang={lang}"),
            format!("/?month=13&lang={lang}"),
        ];
        for address in &addresses {
            pages.push((format!("{address} unsigned"), client.get(address).await?.text));
            for login in ["office", "supervisor", "auditor", "helper"] {
                pages.push((format!("{address} {login}"), client.signed_in(login).await?.get(address).await?.text));
            }
        }
        let wrong = client.post(&format!("/sign-in?lang={lang}"), FORM, "login=nobody&password=wrong-password-2019").await?;
        pages.push((format!("/sign-in {lang}"), wrong.text));
    }
    Ok(pages)
}

#[tokio::test]
async fn no_page_has_a_script_an_inline_style_or_a_word_we_never_say() -> Outcome {
    let world = world()?;
    for (name, page) in pages(&world).await? {
        let lower = page.to_lowercase();
        assert!(page.starts_with("<!DOCTYPE html><html lang=\""), "{name}");
        for forbidden in ["<script", "style=\"", "<style", "javascript:", " onclick", "http://", "https://"] {
            assert!(!lower.contains(forbidden), "{name}: {forbidden}");
        }
        for word in NEVER {
            assert!(!lower.contains(word), "{name} says {word}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn english_pages_are_english_but_for_names_and_the_switch() -> Outcome {
    let world = world()?;
    for (name, page) in pages(&world).await?.into_iter().filter(|(name, _)| name.contains("lang=en") || name.ends_with(" en")) {
        let mut rest = page.replace("中文", "").replace('户', "");
        for known in ["红石桥乡", "左界村", "双红村", "王建军", "王*军", "李秀英"] {
            rest = rest.replace(known, "");
        }
        let chinese: String = rest.chars().filter(|letter| ('\u{3000}'..='\u{9fff}').contains(letter)).collect();
        assert_eq!(chinese, "", "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn every_page_forbids_what_it_does_not_need() -> Outcome {
    let world = world()?;
    for address in ["/", "/?month=13"] {
        let page = Client::new(&world).signed_in("office").await?.get(address).await?;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!((page.header("x-content-type-options"), page.header("cache-control")), ("nosniff", "private, no-store"));
    }
    Ok(())
}

#[tokio::test]
async fn the_overview_is_a_table_that_can_be_read_aloud() -> Outcome {
    let world = world()?;

    let page = Client::new(&world).signed_in("office").await?.get("/?month=2019-05").await?.text;

    for expected in [
        "<th scope=\"col\">18年7月</th>",
        "<th scope=\"row\"><a href=\"/?place=610802209201",
        "aria-label=\"左界村，2019年5月，已走访0户，应访2户，0.0%，有空档户\"",
        "<h1 class=\"seen-by-readers\">红石桥乡 2019年5月 走访概览</h1>",
        "<summary aria-label=\"这是怎么算的\">?</summary>",
        "首报：次月10日24:00写下，不再变。",
        "演示时钟 2019-06-20 09:00",
        "0/2",
        "按区划代码排列",
        "<main id=\"main\">",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    let places: Vec<usize> = ["左界村，2019年5月", "双红村，2019年5月"].iter().filter_map(|words| page.find(words)).collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]) && places.len() == 2, "code order");
    Ok(())
}

#[tokio::test]
async fn a_village_lists_its_households_for_those_who_may_see_them() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);
    let address = format!("/?place={VILLAGE}&month=2019-05");

    let office = client.signed_in("office").await?.get(&address).await?.text;
    let supervisor = client.signed_in("supervisor").await?.get(&address).await?.text;

    assert!(office.contains("6108022090420001") && office.contains("王建军") && office.contains("李秀英"), "{office}");
    assert!(!supervisor.contains("6108022090420001") && !supervisor.contains("王建军") && supervisor.contains("左界村"));
    Ok(())
}

#[tokio::test]
async fn a_helper_sees_own_households_and_no_percent() -> Outcome {
    let world = world()?;

    let page = Client::new(&world).signed_in("helper").await?.get("/?month=2019-05").await?.text;

    assert!(page.contains("6108022090420001") && !page.contains("6108022090420002"), "{page}");
    assert!(!page.contains('%'), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_page_outside_the_scope_says_one_sentence() -> Outcome {
    let world = world()?;
    let client = Client::new(&world).signed_in("supervisor").await?;

    let page = client.get(&format!("/?place={TOWN}&month=2019-05")).await?;

    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header("content-type").starts_with("text/html") && !page.text.contains("红石桥乡"));
    Ok(())
}

#[tokio::test]
async fn the_style_sheet_is_served_with_its_tag() -> Outcome {
    let world = World::new()?;

    let style = Client::new(&world).get("/office.css").await?;

    assert_eq!((style.status, style.header("content-type")), (StatusCode::OK, "text/css; charset=utf-8"));
    assert!(!style.header("etag").is_empty() && style.text.contains("--primary: #0b57a4"));
    Ok(())
}
