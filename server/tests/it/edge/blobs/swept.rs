//! What is cleaned away, when, and what never is.

use axum::http::StatusCode;
use daohu_server::store::blob::Swept;
use daohu_wire::merkle::sha256;

use super::{Camera, created, picture};
use crate::world::{Outcome, World};

#[tokio::test]
async fn an_upload_that_nobody_goes_on_with_is_gone_after_a_day_and_its_bytes_with_it() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 1_000);
    let record = camera.attach(&photo, b"thumb")?;
    camera.phone.sync(&world.office)?;
    let address = created(&camera.create(record, "file", &photo).await?)?;
    world.at("2019-05-06T20:00:00+08:00")?;
    camera.patch(&address, 0, photo[..400].to_vec()).await?;
    let file = world.data().join("uploads").join(address.rsplit('/').next().ok_or("no id")?);
    let stray = world.data().join("uploads").join(world.office.new_id().to_string());
    std::fs::write(&stray, b"left by a crash")?;

    world.at("2019-05-07T19:59:59+08:00")?;
    camera.token = camera.ask_token().await?.json()?["token"].as_str().ok_or("no token")?.to_owned();
    assert_eq!(world.office.sweep_blobs()?, Swept::default(), "a day begins with each byte that comes");
    assert!(file.exists() && !stray.exists());
    world.at("2019-05-07T20:00:00+08:00")?;
    assert_eq!(camera.head(&address).await?.status, StatusCode::GONE, "even before anybody swept");
    assert_eq!(world.office.sweep_blobs()?.uploads.len(), 1);

    assert!(!file.exists());
    assert_eq!(camera.head(&address).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(world.office.sweep_blobs()?, Swept::default());
    Ok(())
}

#[tokio::test]
async fn a_file_may_come_before_its_record_and_waits_for_it_for_a_day() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let (kept, lost) = (picture("kept", 1_000), picture("lost", 1_000));
    let record = camera.attach(&kept, b"thumb")?;
    let announced = camera.phone.id;
    camera.upload(record, "file", &kept).await?;
    camera.upload(announced, "file", &lost).await?;
    assert_eq!(camera.fetch(&kept).await?.status, StatusCode::NOT_FOUND, "no record says yet who may have it");

    world.at("2019-05-07T09:59:59+08:00")?;
    assert_eq!(world.office.sweep_blobs()?, Swept::default());
    camera.phone.sync(&world.office)?;
    world.at("2019-05-09T10:00:00+08:00")?;
    let swept = world.office.sweep_blobs()?;

    assert_eq!((swept.uploads.len(), swept.blobs), (2, vec![sha256(&[&lost])]));
    assert_eq!(world.office.shelf().read(&[sha256(&[&kept]), sha256(&[&lost])])?, [Some(kept.clone()), None]);
    assert_eq!(camera.fetch(&kept).await?.bytes, kept);
    Ok(())
}

#[tokio::test]
async fn a_file_whose_record_waits_in_quarantine_waits_with_it() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 1_000);
    let record = camera.attach(&photo, b"thumb")?;
    camera.upload(record, "file", &photo).await?;
    // The pairing is over for long when the record comes: it waits for the office.
    let pairings = world.office.pairing_list(Some(&camera.household.to_string()), None, None)?;
    let pairing = pairings[0]["id"].as_str().ok_or("no pairing")?.parse()?;
    world.office.pairing_end(pairing, "2019-05-06".parse()?, "moved")?;
    world.at("2019-06-20T10:00:00+08:00")?;
    world.sql()?.execute("UPDATE upload SET began_at_ms = ?1, expires_at_ms = ?1", [world.office.now().0])?;
    let codes = camera.phone.sync(&world.office)?.codes;
    assert_eq!(codes.len(), 1, "{codes:?}");

    world.at("2019-07-20T10:00:00+08:00")?;
    assert_eq!(world.office.sweep_blobs()?, Swept::default());
    let waiting = world.office.quarantine_list()?[0]["id"].as_str().ok_or("nothing waits")?.parse()?;
    world.office.quarantine_release(waiting)?;
    let swept = world.office.sweep_blobs()?;

    assert_eq!((swept.uploads.len(), swept.blobs), (1, vec![]));
    assert_eq!(world.office.shelf().read(&[sha256(&[&photo])])?, [Some(photo)]);
    Ok(())
}

#[tokio::test]
async fn who_names_which_file_is_made_anew_from_the_records() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 1_000);
    let record = camera.attach(&photo, b"thumb")?;
    camera.phone.sync(&world.office)?;
    camera.upload(record, "file", &photo).await?;
    assert_eq!(world.office.rebuild()?["differences"], 0);

    world.sql()?.execute_batch("DELETE FROM blob_use")?;
    assert_eq!(camera.fetch(&photo).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(world.office.rebuild()?["differences"], 3, "file, thumbnail and original");

    assert_eq!(camera.fetch(&photo).await?.bytes, photo);
    assert_eq!(world.office.verify()?["ok"], true);
    Ok(())
}
