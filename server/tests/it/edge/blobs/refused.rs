//! Uploads that are refused, each with its status and code, and what is left of them: nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use daohu_server::{
    app::{Settings, app},
    clock::ServerClock,
    disk::{DiskBounds, FreeSpace},
    office::Office,
    random::SystemRandom,
};
use daohu_wire::merkle::sha256;

use super::{AT, Camera, UPLOADS, by_office, created, metadata, picture};
use crate::{
    edge::Client,
    world::{OTHER_VILLAGE, Outcome, VILLAGE, World},
};

/// What lies in a folder and below, by its path.
fn files_below(folder: &Path) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path)?);
        } else {
            found.push(path.display().to_string());
        }
    }
    Ok(found)
}

#[tokio::test]
async fn another_file_than_was_said_is_refused_and_nothing_of_it_is_kept() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let (photo, other) = (picture("photo", 9_000), picture("other", 9_000));
    let record = camera.attach(&photo, b"thumb")?;
    let address = created(&camera.create(record, "file", &photo).await?)?;

    camera.patch(&address, 0, other[..5_000].to_vec()).await?;
    let refused = camera.patch(&address, 5_000, other[5_000..].to_vec()).await?;

    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "wrong_hash"));
    assert!(refused.json()?["zh"].as_str().is_some_and(|zh| zh.contains("不是记录里写的那个文件")));
    assert_eq!(camera.head(&address).await?.status, StatusCode::GONE);
    assert_eq!(files_below(&world.data().join("blobs"))?, Vec::<String>::new());
    assert!(files_below(&world.data().join("uploads"))?.iter().all(|path| path.ends_with(".lock")));
    camera.upload(record, "file", &photo).await?;
    let longer = camera.create_as(&sha256(&[&photo]), record, "file", 9_001).await?;
    assert_eq!(longer.code(), "wrong_hash", "a file that is there has one length");
    Ok(())
}

#[tokio::test]
async fn what_is_said_wrongly_is_answered_as_tus_says() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 1_000);
    let record = camera.attach(&photo, b"thumb")?;
    let address = created(&camera.create(record, "file", &photo).await?)?;
    camera.patch(&address, 0, photo[..100].to_vec()).await?;
    let send = async |method: Method, headers: &[(&str, &str)], body: usize| {
        let mut request = camera.client.request(method, &address);
        let usual = [("authorization", format!("Bearer {}", camera.token)), ("tus-resumable", "1.0.0".to_owned())];
        for (name, value) in usual.iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name)) {
            request = request.header(*name, value);
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        camera.client.send(request.body(Body::from(vec![7; body]))?).await
    };
    let part = ("content-type", "application/offset+octet-stream");

    let version = send(Method::PATCH, &[("tus-resumable", "0.2.2"), ("upload-offset", "100"), part], 1).await?;
    assert_eq!((version.status, version.header("tus-version")), (StatusCode::PRECONDITION_FAILED, "1.0.0"));
    assert_eq!(version.code(), "tus_version");
    for (headers, body, status, code) in [
        (&[("tus-resumable", ""), part][..], 1, 412, "tus_version"),
        (&[("authorization", ""), part], 1, 401, "bad_token"),
        (&[("authorization", "Bearer AAAA"), ("upload-offset", "100"), part], 1, 401, "bad_token"),
        (&[("upload-offset", "100")], 1, 415, "unsupported_media_type"),
        (&[("upload-offset", "100"), ("content-type", "image/jpeg")], 1, 415, "unsupported_media_type"),
        (&[part], 1, 400, "bad_upload"),
        (&[("upload-offset", "-1"), part], 1, 400, "bad_upload"),
        (&[("upload-offset", "99"), part], 1, 409, "wrong_offset"),
        (&[("upload-offset", "101"), part], 1, 409, "wrong_offset"),
        (&[("upload-offset", "100"), part], 901, 413, "too_big"),
    ] {
        let answer = send(Method::PATCH, headers, body).await?;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str(), answer.header("tus-resumable")),
            (status, code, "1.0.0"),
            "{headers:?}"
        );
    }
    assert_eq!(camera.head(&address).await?.header("upload-offset"), "100", "nothing of it counted");
    let nowhere = format!("{UPLOADS}/{}", world.office.new_id());
    assert_eq!(camera.head(&nowhere).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(camera.head(&format!("{UPLOADS}/x")).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(send(Method::DELETE, &[], 0).await?.status, StatusCode::NO_CONTENT);
    assert_eq!(send(Method::PATCH, &[("upload-offset", "100"), part], 1).await?.status, StatusCode::GONE);
    assert_eq!(camera.head(&address).await?.status, StatusCode::GONE);
    Ok(())
}

#[tokio::test]
async fn what_cannot_become_a_file_of_a_record_is_refused_before_a_byte_is_sent() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let (photo, thumb) = (picture("photo", 20_000), picture("thumb", 8_000));
    let record = camera.attach(&photo, &thumb)?;
    camera.phone.sync(&world.office)?;
    let visit = camera.phone.visit(camera.household, AT, "不是佐证。")?;
    camera.phone.sync(&world.office)?;
    let code = async |answer: crate::edge::Answer| (answer.status.as_u16(), answer.code());

    assert_eq!(code(camera.create(visit, "file", &photo).await?).await, (404, "not_found".to_owned()), "a visit names no file");
    assert_eq!(code(camera.create(record, "file", &thumb).await?).await, (422, "not_named".to_owned()), "it names it as the thumbnail");
    assert_eq!(code(camera.create(record, "thumb", &photo).await?).await, (413, "too_big".to_owned()), "no thumbnail is so big");
    let huge = camera.create_as(&sha256(&[&photo]), record, "file", 128 * 1024 * 1024 + 1).await?;
    assert_eq!(code(huge).await, (413, "too_big".to_owned()));
    assert_eq!(code(camera.create(record, "cover", &photo).await?).await, (400, "bad_upload".to_owned()));
    assert!(camera.create(record, "thumb", &thumb).await?.status == StatusCode::CREATED, "and what fits is not");
    Ok(())
}

#[tokio::test]
async fn an_upload_is_for_its_device_alone_and_a_record_for_whoever_may_write_it() -> Outcome {
    let world = World::new()?;
    let mut mine = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 1_000);
    let record = mine.attach(&photo, b"thumb")?;
    mine.phone.sync(&world.office)?;
    let address = created(&mine.create(record, "file", &photo).await?)?;
    world.user("双红书记", "village_secretary", Some(OTHER_VILLAGE), None)?;
    world.user("书记", "village_secretary", Some(VILLAGE), None)?;
    let household = world.household(OTHER_VILLAGE, "610802209202001")?;
    let elsewhere = Camera::of(&world, world.phone("双红书记")?, household).await?;
    let secretary = Camera::of(&world, world.phone("书记")?, mine.household).await?;

    for other in [&elsewhere, &secretary] {
        assert_eq!(other.head(&address).await?.status, StatusCode::NOT_FOUND);
        assert_eq!(other.patch(&address, 0, photo.clone()).await?.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(elsewhere.create(record, "file", &photo).await?.code(), "not_found", "the record is of another village");
    assert_eq!(secretary.create(record, "file", &photo).await?.status, StatusCode::CREATED, "the village's secretary may help out");
    assert_eq!(mine.head(&address).await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_revoked_device_sends_nothing_more_and_one_handed_back_only_with_a_new_token() -> Outcome {
    let world = World::new()?;
    let mut lost = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let mut left = Camera::of_helper(&world, "二号", "610802209201002").await?;
    let photo = picture("photo", 1_000);
    let (one, two) = (lost.attach(&photo, b"thumb")?, left.attach(&photo, b"thumb")?);
    left.phone.sync(&world.office)?;
    let addresses = [created(&lost.create(one, "file", &photo).await?)?, created(&left.create(two, "file", &photo).await?)?];

    world.office.device_revoke(lost.phone.id, "lost")?;
    world.office.device_revoke(left.phone.id, "left")?;

    assert_eq!(lost.patch(&addresses[0], 0, photo.clone()).await?.code(), "device_revoked");
    assert_eq!(lost.create(one, "file", &photo).await?.code(), "device_revoked");
    assert_eq!(lost.ask_token().await?.code(), "device_revoked");
    assert_eq!(left.patch(&addresses[1], 0, photo.clone()).await?.code(), "bad_token", "it died with the device");
    world.at("2019-05-06T10:01:00+08:00")?;
    left.token = left.ask_token().await?.json()?["token"].as_str().ok_or("no token")?.to_owned();
    assert_eq!(left.patch(&addresses[1], 0, photo.clone()).await?.status, StatusCode::NO_CONTENT, "its work may still come in");
    assert_eq!(left.fetch(&photo).await?.status, StatusCode::NOT_FOUND, "and nothing goes out");
    world.at("2019-06-10T10:00:00+08:00")?;
    assert_eq!(left.ask_token().await?.code(), "device_revoked");
    Ok(())
}

#[tokio::test]
async fn a_token_lives_for_some_hours_and_cannot_be_made_by_anybody_else() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 1_000);
    let record = camera.attach(&photo, b"thumb")?;
    let address = created(&camera.create(record, "file", &photo).await?)?;
    let kept: String = world.sql()?.query_row("SELECT group_concat(sql) FROM sqlite_schema", [], |row| row.get(0))?;
    assert!(!kept.contains("blob_token"), "it is kept nowhere");

    let good = camera.token.clone();
    for place in [0, 20, 30, 74] {
        let other = |at: usize, sign: char| {
            if at != place {
                sign
            } else if sign == 'A' {
                'B'
            } else {
                'A'
            }
        };
        camera.token = good.chars().enumerate().map(|(at, sign)| other(at, sign)).collect();
        assert_eq!(camera.create(record, "file", &photo).await?.code(), "bad_token", "{place}");
    }
    camera.token = good;
    world.at("2019-05-06T21:59:59+08:00")?;
    assert_eq!(camera.head(&address).await?.status, StatusCode::OK);
    world.at("2019-05-06T22:00:00+08:00")?;
    assert_eq!(camera.head(&address).await?.status, StatusCode::UNAUTHORIZED);
    let unsigned = camera.client.send(camera.client.request(Method::POST, super::TOKEN).body(Body::empty())?).await?;
    assert_eq!((unsigned.status, unsigned.code().as_str()), (StatusCode::UNAUTHORIZED, "bad_signature"));
    Ok(())
}

#[derive(Debug, Clone)]
struct Room(Arc<AtomicU64>);

impl FreeSpace for Room {
    fn free_bytes(&self, _: &Path) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed))
    }
}

#[tokio::test]
async fn on_a_full_disk_no_byte_more_is_taken_and_those_that_came_stay() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let (photo, there) = (picture("photo", 1_000), picture("there", 1_000));
    let (record, earlier) = (camera.attach(&photo, b"thumb")?, camera.attach(&there, b"thumb")?);
    camera.upload(earlier, "file", &there).await?;
    let room = Room(Arc::new(AtomicU64::new(10_000)));
    let bounds = DiskBounds { low_bytes: 5_000, floor_bytes: 1_000 };
    let clock = ServerClock::file(world.folder.path().join("now"))?;
    let office = Office::open_on(&world.data(), clock, SystemRandom, (Box::new(room.clone()), bounds))?;
    camera.client = Client { router: app(office, Settings::default()), token: None };
    let address = created(&camera.create(record, "file", &photo).await?)?;
    camera.patch(&address, 0, photo[..400].to_vec()).await?;

    room.0.store(999, Ordering::Relaxed);
    let refused = camera.patch(&address, 400, photo[400..].to_vec()).await?;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::INSUFFICIENT_STORAGE, "server_full"));
    assert_eq!(camera.create(record, "original", &photo).await?.status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(camera.create(earlier, "file", &there).await?.header("upload-offset"), "1000", "what is there needs no room");
    assert_eq!(camera.head(&address).await?.header("upload-offset"), "400");

    room.0.store(10_000, Ordering::Relaxed);
    assert_eq!(camera.patch(&address, 400, photo[400..].to_vec()).await?.header("upload-offset"), "1000");
    Ok(())
}

#[tokio::test]
async fn no_name_on_the_disk_and_none_in_an_answer_comes_from_a_client() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let file = picture("file", 1_000);
    let record = by_office(&world, camera.household, &file)?;
    camera.phone.sync(&world.office)?;
    let before = files_below(world.folder.path())?;
    let named = format!("{},filename Li4vLi4vZXZpbA==,name Li4vZXZpbA==", metadata(&sha256(&[&file]), record, "file"));
    let request = camera.tus(Method::POST, UPLOADS).header("upload-length", 1_000).header("upload-metadata", named);

    let address = created(&camera.client.send(request.body(Body::empty())?).await?)?;
    camera.patch(&address, 0, file[..500].to_vec()).await?;

    let made: Vec<String> = files_below(world.folder.path())?.into_iter().filter(|path| !before.contains(path)).collect();
    let id = address.rsplit('/').next().ok_or("no id")?;
    assert_eq!(made, [world.data().join("uploads").join(id).display().to_string()]);
    Ok(())
}
