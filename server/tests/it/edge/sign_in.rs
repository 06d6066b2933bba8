//! Passwords, locks, second factors and sessions, as a script meets them.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use daohu_server::auth::users;
use serde_json::json;

use super::{Client, PASSWORD, add_user};
use crate::world::{Outcome, TOWN, World};

/// A township's office that can sign in.
fn world() -> Outcome<World> {
    let world = World::new()?;
    add_user(&world, "office", "town_office", Some(TOWN))?;
    Ok(world)
}

#[tokio::test]
async fn a_session_opens_the_interface_until_it_is_ended() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);
    let answer = client.try_sign_in("office", PASSWORD, None).await?;
    let body = answer.json()?;
    let signed = client.signed_in("office").await?;

    assert_eq!(
        (answer.status, &body["user"]["login"], &body["expires_at"]),
        (StatusCode::CREATED, &json!("office"), &json!("2019-05-05T21:00:00+08:00"))
    );
    assert!(answer.header("set-cookie").contains("HttpOnly; SameSite=Strict"));
    assert!(!answer.text.contains("argon2"), "no hash leaves the server");
    assert_eq!(signed.get("/api/v1/places").await?.status, StatusCode::OK);

    let ended = signed.send(signed.request(Method::DELETE, "/api/v1/sessions").body(Body::empty())?).await?;

    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(signed.get("/api/v1/places").await?.code(), "sign_in");
    Ok(())
}

#[tokio::test]
async fn the_cookie_of_a_page_opens_the_interface_too() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);
    let answer = client.try_sign_in("office", PASSWORD, None).await?;
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();

    let places = client.send(client.request(Method::GET, "/api/v1/places").header("cookie", cookie).body(Body::empty())?).await?;

    assert_eq!(places.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn an_unknown_login_and_a_wrong_password_are_answered_alike() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);

    let wrong = client.try_sign_in("office", "wrong-password-2019", None).await?;
    let unknown = client.try_sign_in("nobody", PASSWORD, None).await?;

    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_login"));
    assert_eq!((unknown.status, &unknown.text), (wrong.status, &wrong.text));
    Ok(())
}

#[tokio::test]
async fn five_wrong_tries_lock_the_login_for_a_quarter_of_an_hour_whether_it_exists_or_not() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);
    for login in ["office", "nobody"] {
        for _ in 0..5 {
            assert_eq!(client.try_sign_in(login, "wrong-password-2019", None).await?.code(), "bad_login");
        }
        let locked = client.try_sign_in(login, PASSWORD, None).await?;
        assert_eq!((locked.status, locked.code().as_str(), locked.header("retry-after")), (StatusCode::LOCKED, "locked", "900"), "{login}");
    }

    world.at("2019-05-05T09:14:59+08:00")?;
    assert_eq!(client.try_sign_in("office", PASSWORD, None).await?.status, StatusCode::LOCKED);
    world.at("2019-05-05T09:15:00+08:00")?;

    assert_eq!(client.try_sign_in("office", PASSWORD, None).await?.status, StatusCode::CREATED);
    Ok(())
}

#[tokio::test]
async fn a_right_password_forgives_the_wrong_ones_before_it() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);
    for _ in 0..3 {
        for _ in 0..4 {
            client.try_sign_in("office", "wrong-password-2019", None).await?;
        }
        assert_eq!(client.try_sign_in("office", PASSWORD, None).await?.status, StatusCode::CREATED);
    }
    Ok(())
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_of_rest_and_after_twelve_hours_of_work() -> Outcome {
    let world = world()?;
    let resting = Client::new(&world).signed_in("office").await?;
    let working = Client::new(&world).signed_in("office").await?;
    let mut hour = 9;
    let mut minute = 0;

    while (hour, minute) < (21, 0) {
        world.at(&format!("2019-05-05T{hour:02}:{minute:02}:00+08:00"))?;
        assert_eq!(working.get("/api/v1/places").await?.status, StatusCode::OK, "{hour}:{minute}");
        (hour, minute) = if minute == 40 { (hour + 1, 0) } else { (hour, minute + 20) };
        if (hour, minute) == (9, 40) {
            assert_eq!(resting.get("/api/v1/places").await?.status, StatusCode::OK, "twenty minutes of rest");
        }
    }
    world.at("2019-05-05T21:00:00+08:00")?;

    assert_eq!(working.get("/api/v1/places").await?.code(), "sign_in");
    assert_eq!(resting.get("/api/v1/places").await?.code(), "sign_in");
    Ok(())
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_is_good_once() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);
    let shown = users::set_totp(&world.office, "office", false)?;
    let secret = shown["totp"]["secret"].as_str().ok_or("no secret")?.to_owned();
    let code = code_at(&secret, world.office.now().0)?;
    let other = if code == "000000" { "000001" } else { "000000" };

    assert_eq!(client.try_sign_in("office", PASSWORD, None).await?.code(), "bad_login");
    assert_eq!(client.try_sign_in("office", PASSWORD, Some(other)).await?.code(), "bad_login");
    assert_eq!(client.try_sign_in("office", PASSWORD, Some(&code)).await?.status, StatusCode::CREATED);
    assert_eq!(client.try_sign_in("office", PASSWORD, Some(&code)).await?.code(), "bad_login", "a replay");
    assert!(!users::list(&world.office)?.to_string().contains(&secret));

    users::set_totp(&world.office, "office", true)?;
    assert_eq!(client.try_sign_in("office", PASSWORD, None).await?.status, StatusCode::CREATED);
    Ok(())
}

/// Returns the code that an authenticator shows at an instant.
fn code_at(secret: &str, now_ms: i64) -> Outcome<String> {
    let secret = totp_rs::Secret::try_from_base32(secret).map_err(|_| "not base 32")?;
    let totp = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    Ok(totp.generate(u64::try_from(now_ms / 1000)?).to_string())
}

#[tokio::test]
async fn a_closed_account_has_no_session_and_gets_none() -> Outcome {
    let world = world()?;
    let signed = Client::new(&world).signed_in("office").await?;

    users::disable(&world.office, "office")?;

    assert_eq!(signed.get("/api/v1/places").await?.code(), "sign_in");
    assert_eq!(signed.try_sign_in("office", PASSWORD, None).await?.code(), "bad_login");
    Ok(())
}

#[tokio::test]
async fn a_made_password_is_shown_once_and_works() -> Outcome {
    let world = world()?;
    let signed = Client::new(&world).signed_in("office").await?;

    let shown = users::set_password(&world.office, "office", None)?;
    let made = shown["password"].as_str().ok_or("no password")?;

    assert_eq!(signed.get("/api/v1/places").await?.code(), "sign_in", "a new password ends old sessions");
    assert_eq!(signed.try_sign_in("office", made, None).await?.status, StatusCode::CREATED);
    assert!(!users::list(&world.office)?.to_string().contains(made));
    assert_eq!(users::set_password(&world.office, "office", Some("short")).map_err(|error| error.code()), Err("weak_password"));
    Ok(())
}

#[test]
fn system_security_and_audit_administrators_are_three_accounts() -> Outcome {
    let world = World::new()?;
    add_user(&world, "sys", "sysadmin", None)?;
    let span =
        |role: &str| -> Outcome<users::Span> { Ok(users::Span { role: role.parse()?, place: None, unit: None, from: None, to: None }) };

    for role in ["secadmin", "auditor"] {
        assert_eq!(users::grant(&world.office, "sys", &span(role)?).map_err(|error| error.code()), Err("not_permitted"), "{role}");
    }
    assert!(users::grant(&world.office, "sys", &span("helper")?).is_ok());

    users::ungrant(&world.office, "sys", &span("sysadmin")?)?;
    let granted = users::grant(&world.office, "sys", &span("auditor")?)?;
    assert_eq!(granted["user"]["roles"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[test]
fn a_login_is_taken_once_and_role_places_are_needed() -> Outcome {
    let world = world()?;

    let taken = add_user(&world, "office", "helper", None).map_err(|error| error.to_string());
    let nowhere = add_user(&world, "new", "town_office", None).map_err(|error| error.to_string());

    assert_eq!(taken.err().as_deref(), Some("refused: login_taken"));
    assert_eq!(nowhere.err().as_deref(), Some("refused: bad_place"));
    Ok(())
}

#[tokio::test]
async fn what_is_not_a_sign_in_is_refused_before_any_password_is_hashed() -> Outcome {
    let world = world()?;
    let client = Client::new(&world);

    assert_eq!(client.post("/api/v1/sessions", "text/plain", "{}").await?.code(), "unsupported_media_type");
    assert_eq!(client.post("/api/v1/sessions", "application/json", "{}").await?.code(), "bad_request");
    assert_eq!(client.post("/api/v1/sessions", "application/json", "x".repeat(9_000)).await?.code(), "too_big");
    Ok(())
}
