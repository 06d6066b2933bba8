//! The doors that anyone may knock at: sync, enrolment, configuration, health, and addresses that do not exist.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use daohu_server::{
    app::{App, Settings, app, watcher},
    permit::table::{self, Who},
    routes,
};
use serde_json::json;

use super::{Client, add_user};
use crate::world::{Outcome, TOWN, World};

const SYNC: &str = "application/vnd.daohu.sync+cbor";

#[tokio::test]
async fn garbage_at_the_doors_is_refused_with_a_code() -> Outcome {
    let world = World::new()?;
    let client = Client::new(&world);
    for body in [Vec::new(), vec![0], vec![0xa0; 1000], b"\x28\xb5\x2f\xfdgarbage".to_vec()] {
        let enrol = client.post("/v1/enrol", "application/cbor", body.clone()).await?;
        assert!(enrol.status.is_client_error() && !enrol.code().is_empty(), "{} {}", enrol.status, enrol.text);
        let sync = client.post("/v1/sync", SYNC, body).await?;
        assert!(sync.status.is_client_error() && !sync.code().is_empty(), "{} {}", sync.status, sync.text);
    }
    Ok(())
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_refused_whether_it_is_announced_or_not() -> Outcome {
    let world = World::new()?;
    let client = Client::new(&world);
    let big = vec![0_u8; 600 * 1024];

    let announced = client
        .send(
            client
                .request(Method::POST, "/v1/sync")
                .header("content-type", SYNC)
                .header("content-length", big.len())
                .body(Body::from(big.clone()))?,
        )
        .await?;
    let streamed = client.post("/v1/sync", SYNC, big).await?;
    let enrol = client.post("/v1/enrol", "application/cbor", vec![0_u8; 17 * 1024]).await?;

    for answer in [announced, streamed, enrol] {
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_big"));
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    Ok(())
}

#[tokio::test]
async fn other_types_and_encodings_are_refused() -> Outcome {
    let world = World::new()?;
    let client = Client::new(&world);

    let typed = client.post("/v1/sync", "application/json", "{}").await?;
    let coded = client
        .send(client.request(Method::POST, "/v1/sync").header("content-type", SYNC).header("content-encoding", "gzip").body(Body::empty())?)
        .await?;

    assert_eq!((typed.status, typed.code().as_str()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"));
    assert_eq!(coded.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    Ok(())
}

#[tokio::test]
async fn the_configuration_is_open_and_names_the_keys() -> Outcome {
    let world = World::new()?;

    let config = Client::new(&world).get("/v1/config").await?.json()?;

    assert_eq!(config["server_key"], hex::encode(world.office.server_key()));
    assert_eq!((&config["server"], &config["clock"]), (&json!("daohu"), &json!("set")));
    assert_eq!(config["limits"]["request_bytes_max"], 512 * 1024);
    Ok(())
}

#[tokio::test]
async fn packs_are_for_devices_alone() -> Outcome {
    let world = World::new()?;

    let answer = Client::new(&world).get("/v1/packs/610802209201/1/1/0").await?;

    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_signature"));
    Ok(())
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_with_both_languages() -> Outcome {
    let world = World::new()?;
    let client = Client::new(&world);

    let nowhere = client.get("/api/v2/anything").await?;
    let method = client.send(client.request(Method::PUT, "/api/v1/places").body(Body::empty())?).await?;

    assert_eq!((nowhere.status, nowhere.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    assert_eq!((method.status, method.code().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
    let body = nowhere.json()?;
    assert!(["type", "title", "status", "code", "zh", "en"].iter().all(|key| body.get(key).is_some()), "{body}");
    assert_eq!(body["status"], 404);
    Ok(())
}

#[tokio::test]
async fn health_shows_the_clock_and_only_where_nobody_from_outside_reaches() -> Outcome {
    let world = World::new()?;
    let inside = Client::new(&world);
    let outside = Client { router: app(world.office.clone(), Settings { watched_here: false, ..Settings::default() }), token: None };
    let watching = Client { router: watcher(world.office.clone()), token: None };

    assert!(inside.get("/metrics").await?.text.contains("\ndaohu_disk_state 0\n"));
    assert_eq!(inside.get("/healthz").await?.json()?["disk"]["state"], "ok");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(inside.get(path).await?.json()?["clock"], "set", "{path}");
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(outside.get(path).await?.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(watching.get(path).await?.status, StatusCode::OK, "{path}");
    }
    assert_eq!(watching.get("/api/v1/places").await?.status, StatusCode::NOT_FOUND);
    assert_eq!(watching.get("/v1/config").await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn whoever_finds_no_place_in_the_line_is_told_to_come_back() -> Outcome {
    let world = World::new()?;
    let full = Settings { workers_max: 0, waiting_max: 0, ..Settings::default() };
    let client = Client { router: app(world.office.clone(), full), token: None };

    let answer = client.get("/readyz").await?;

    assert_eq!((answer.status, answer.code().as_str(), answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "busy", "5"));
    Ok(())
}

#[tokio::test]
async fn a_panic_in_one_call_ends_that_call_alone() -> Outcome {
    let world = World::new()?;
    let state = App::new(world.office.clone(), Settings { workers_max: 1, waiting_max: 0, ..Settings::default() });

    let refused = state.call(|_| -> Result<(), routes::problem::Problem> { panic!("a fault of ours, on purpose") }).await;
    let after = state.call(|office| Ok(office.epoch())).await;

    assert_eq!(refused.map_err(|problem| problem.code), Err("internal"));
    assert!(after.is_ok(), "the worker's place is free again");
    Ok(())
}

#[tokio::test]
async fn every_route_of_people_is_closed_without_a_session() -> Outcome {
    let world = World::new()?;
    let client = Client::new(&world);
    let mut closed = 0;
    for route in routes::all() {
        let Some(row) = table::find(route.method, route.path) else { return Err(format!("{} has no row", route.path).into()) };
        if matches!(row.who, Who::Session(_)) {
            let path = route.path.replace("{id}", "019b0000-0000-7000-8000-000000000000").replace("{code}", TOWN);
            let answer = client.send(client.request(route.method.parse()?, &path).body(Body::empty())?).await?;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "sign_in"), "{path}");
            closed += 1;
        }
    }
    assert!(closed >= 12, "only {closed} routes are closed");
    Ok(())
}

#[tokio::test]
async fn the_description_names_every_route_and_kind() -> Outcome {
    let world = World::new()?;
    add_user(&world, "office", "town_office", Some(TOWN))?;
    let client = Client::new(&world).signed_in("office").await?;

    let described = client.get("/api/v1/openapi.json").await?.json()?;

    for route in routes::all() {
        assert!(described["paths"][route.path][route.method.to_ascii_lowercase()].is_object(), "{} {}", route.method, route.path);
    }
    for kind in daohu_domain::kinds::all() {
        assert!(described["components"]["schemas"][kind.name].is_object(), "{}", kind.name);
    }
    Ok(())
}
