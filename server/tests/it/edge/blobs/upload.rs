//! Uploads that go well, however often they are cut.

use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use daohu_wire::merkle::sha256;
use futures_util::stream;
use sha1::{Digest, Sha1};
use std::io;
use tokio::sync::mpsc;

use super::{Camera, UPLOADS, created, metadata, picture};
use crate::{
    edge::{Client, add_user},
    world::{Outcome, VILLAGE, World},
};

/// A body that breaks off behind these bytes.
fn broken(bytes: &[u8]) -> Body {
    let parts = [Ok(Bytes::copy_from_slice(bytes)), Err(io::Error::other("cut"))];
    Body::from_stream(stream::iter(parts))
}

#[tokio::test]
async fn a_photo_goes_from_the_phone_to_the_office_and_back() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let (photo, thumb) = (picture("photo", 300_000), picture("thumb", 8_000));
    let record = camera.attach(&photo, &thumb)?;
    camera.phone.sync(&world.office)?;

    camera.upload(record, "thumb", &thumb).await?;
    let address = created(&camera.create(record, "file", &photo).await?)?;
    let half = camera.patch(&address, 0, photo[..150_000].to_vec()).await?;
    assert_eq!((half.status, half.header("upload-offset")), (StatusCode::NO_CONTENT, "150000"));
    let asked = camera.head(&address).await?;
    assert_eq!((asked.header("upload-offset"), asked.header("upload-length")), ("150000", "300000"));
    assert_eq!((asked.header("cache-control"), asked.header("upload-expires")), ("no-store", "Tue, 07 May 2019 02:00:00 GMT"));
    camera.patch(&address, 150_000, photo[150_000..].to_vec()).await?;

    let fetched = camera.fetch(&photo).await?;
    assert_eq!((fetched.status, fetched.header("content-type")), (StatusCode::OK, "image/jpeg"));
    assert_eq!(fetched.bytes, photo);
    add_user(&world, "shuji", "village_secretary", Some(VILLAGE))?;
    let secretary = Client::new(&world).signed_in("shuji").await?;
    let seen = secretary.get(&format!("/api/v1/blobs/{}", hex::encode(sha256(&[&thumb])))).await?;
    assert_eq!((seen.status, seen.bytes), (StatusCode::OK, thumb));
    Ok(())
}

#[tokio::test]
async fn what_uploads_can_is_told_to_anyone() -> Outcome {
    let world = World::new()?;
    let client = Client::new(&world);

    let told = client.send(client.request(Method::OPTIONS, UPLOADS).body(Body::empty())?).await?;
    let config = client.get("/v1/config").await?.json()?;

    assert_eq!((told.status, told.header("tus-version"), told.header("tus-resumable")), (StatusCode::NO_CONTENT, "1.0.0", "1.0.0"));
    assert_eq!(told.header("tus-extension"), "creation,creation-with-upload,checksum,expiration,termination");
    assert_eq!(told.header("tus-checksum-algorithm"), "sha1,sha256");
    assert_eq!(told.header("tus-max-size"), config["limits"]["blob_bytes_max"].to_string());
    assert!(config["limits"]["upload_day_bytes_max"].is_u64() && config["limits"]["uploads_open_max"].is_u64());
    Ok(())
}

#[tokio::test]
async fn cut_after_any_byte_it_goes_on_from_the_last_one_that_came() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    for cut in 0..=48 {
        let photo = picture(&format!("photo {cut}"), 48);
        let record = camera.attach(&photo, b"thumb")?;
        let address = created(&camera.create(record, "file", &photo).await?)?;

        let broke = camera.patch(&address, 0, broken(&photo[..cut])).await?;

        // Nobody hears that answer in earnest.
        assert_eq!((broke.status, broke.code().as_str()), (StatusCode::BAD_REQUEST, "upload_cut"), "{cut}");
        assert_eq!(camera.head(&address).await?.header("upload-offset"), cut.to_string());
        camera.patch(&address, cut, photo[cut..].to_vec()).await?;
        assert_eq!(camera.head(&address).await?.header("upload-offset"), "48");
        assert_eq!(world.office.shelf().read(&[sha256(&[&photo])])?, [Some(photo)], "{cut}");
    }
    Ok(())
}

#[tokio::test]
async fn it_goes_on_in_another_process_after_the_first_one_died() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 2_500_000);
    let record = camera.attach(&photo, b"thumb")?;
    let address = created(&camera.create(record, "file", &photo).await?)?;
    camera.patch(&address, 0, broken(&photo[..1_200_000])).await?;
    // As a machine that died in the middle may leave it: bytes behind those that were told, more than there should ever be.
    let file = world.data().join("uploads").join(address.rsplit('/').next().ok_or("no id")?);
    let mut longer = std::fs::read(&file)?;
    assert_eq!(longer.len(), 1_200_000);
    longer.resize(3_000_000, 0);
    std::fs::write(&file, longer)?;

    let restarted = World { office: world.another_office()?, folder: world.folder };
    camera.client = Client::new(&restarted);
    assert_eq!(camera.head(&address).await?.header("upload-offset"), "1200000");
    let rest = camera.patch(&address, 1_200_000, photo[1_200_000..].to_vec()).await?;

    assert_eq!(rest.header("upload-offset"), "2500000");
    assert_eq!(restarted.office.shelf().read(&[sha256(&[&photo])])?, [Some(photo)]);
    assert!(!file.exists(), "it lies in the store and nowhere else");
    Ok(())
}

#[tokio::test]
async fn whose_last_answer_was_lost_is_told_that_it_is_complete_and_a_kill_before_the_end_is_made_up_for() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 4_000);
    let record = camera.attach(&photo, b"thumb")?;
    let address = camera.upload(record, "file", &photo).await?;
    assert_eq!(camera.head(&address).await?.header("upload-offset"), "4000");
    assert_eq!(camera.patch(&address, 4_000, Vec::new()).await?.status, StatusCode::NO_CONTENT);

    // As a kill leaves it between the last byte and the store.
    let id = address.rsplit('/').next().ok_or("no id")?;
    std::fs::write(world.data().join("uploads").join(id), &photo)?;
    world.office.shelf().remove(&sha256(&[&photo]))?;
    world.sql()?.execute_batch("DELETE FROM blob; UPDATE upload SET state = 'open'")?;
    assert_eq!(camera.head(&address).await?.header("upload-offset"), "4000");

    assert_eq!(world.office.shelf().read(&[sha256(&[&photo])])?, [Some(photo)]);
    Ok(())
}

#[tokio::test]
async fn a_creation_may_bring_bytes_with_it() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 5_000);
    let record = camera.attach(&photo, b"thumb")?;
    let begin = |bytes: &[u8], media_type: &str| {
        let request = camera.tus(Method::POST, UPLOADS).header("upload-length", 5_000).header("content-type", media_type);
        let request = request.header("content-length", bytes.len());
        request.header("upload-metadata", metadata(&sha256(&[&photo]), record, "file")).body(Body::from(bytes.to_vec()))
    };

    let other = camera.client.send(begin(&photo[..2_000], "image/jpeg")?).await?;
    let half = camera.client.send(begin(&photo[..2_000], "application/offset+octet-stream")?).await?;
    let whole = camera.client.send(begin(&photo, "application/offset+octet-stream")?).await?;

    assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!((created(&half)?.is_empty(), half.header("upload-offset")), (false, "2000"));
    assert_eq!((created(&whole)?.is_empty(), whole.header("upload-offset")), (false, "5000"));
    assert!(world.office.store().blob(&sha256(&[&photo]))?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_part_with_a_checksum_counts_whole_or_not_at_all() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 3_000_000);
    let record = camera.attach(&photo, b"thumb")?;
    let address = created(&camera.create(record, "file", &photo).await?)?;
    let (sha_1, sha_256) = (STANDARD.encode(Sha1::digest(&photo[..10])), STANDARD.encode(sha256(&[&photo[10..]])));
    let send = async |offset: usize, checksum: String, body: Body| {
        let request = camera.tus(Method::PATCH, &address).header("upload-offset", offset).header("upload-checksum", checksum);
        camera.client.send(request.header("content-type", "application/offset+octet-stream").body(body)?).await
    };

    let damaged = send(0, format!("sha1 {sha_1}"), Body::from(photo[1..11].to_vec())).await?;
    assert_eq!((damaged.status.as_u16(), damaged.code().as_str()), (460, "bad_checksum"));
    assert_eq!(camera.head(&address).await?.header("upload-offset"), "0");
    assert_eq!(send(0, "md5 AAAA".to_owned(), Body::from(photo[..10].to_vec())).await?.status, StatusCode::BAD_REQUEST);
    assert_eq!(send(0, format!("sha1 {sha_1}"), Body::from(photo[..10].to_vec())).await?.status, StatusCode::NO_CONTENT);
    let cut = send(10, format!("sha256 {sha_256}"), broken(&photo[10..2_500_000])).await?;
    assert_eq!(cut.code(), "upload_cut");
    assert_eq!(camera.head(&address).await?.header("upload-offset"), "10", "nobody can say whether it was sound");
    let rest = send(10, format!("sha256 {sha_256}"), Body::from(photo[10..].to_vec())).await?;

    assert_eq!(rest.header("upload-offset"), "3000000");
    assert_eq!(world.office.shelf().read(&[sha256(&[&photo])])?, [Some(photo)]);
    Ok(())
}

#[tokio::test]
async fn two_phones_with_the_same_photo_send_it_once() -> Outcome {
    let world = World::new()?;
    let mut first = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let mut second = Camera::of_helper(&world, "二号", "610802209201002").await?;
    let photo = picture("photo", 50_000);
    let (one, two) = (first.attach(&photo, b"thumb")?, second.attach(&photo, b"thumb")?);
    first.phone.sync(&world.office)?;
    second.phone.sync(&world.office)?;

    // Both begin before either is done: both may, and the same bytes come out.
    let waiting = created(&second.create(two, "file", &photo).await?)?;
    first.upload(one, "file", &photo).await?;
    let again = second.create(two, "file", &photo).await?;
    assert_eq!((created(&again)?.is_empty(), again.header("upload-offset")), (false, "50000"), "it is there: nothing is to be sent");
    assert_eq!(second.head(&created(&again)?).await?.header("upload-offset"), "50000");
    assert_eq!(second.patch(&waiting, 0, photo.clone()).await?.status, StatusCode::NO_CONTENT);

    assert_eq!((first.fetch(&photo).await?.bytes, second.fetch(&photo).await?.bytes), (photo.clone(), photo));
    let costs: i64 = world.sql()?.query_row("SELECT sum(cost) FROM upload", [], |row| row.get(0))?;
    assert_eq!(costs, 100_000, "the one that was there costs nothing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_back_takes_the_place_of_the_connection_that_nobody_knows_is_dead() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 1_500_000);
    let record = camera.attach(&photo, b"thumb")?;
    let address = created(&camera.create(record, "file", &photo).await?)?;
    // A connection that says nothing more and does not end.
    let (say, heard) = mpsc::channel::<Result<Bytes, io::Error>>(1);
    let body = Body::from_stream(stream::unfold(heard, |mut heard| async move { Some((heard.recv().await?, heard)) }));
    let (client, address_there) = (camera.client.clone(), address.clone());
    let request = camera.tus(Method::PATCH, &address_there).header("upload-offset", 0);
    let request = request.header("content-type", "application/offset+octet-stream").body(body)?;
    let hanging = tokio::spawn(async move { client.send(request).await.map(|answer| answer.code()).map_err(|error| error.to_string()) });
    say.send(Ok(Bytes::copy_from_slice(&photo[..1_100_000]))).await?;
    // Room for the second one is there once the first was taken.
    let _taken = say.reserve().await?;

    let offset = loop {
        // The first answer may come before the hanging request has begun.
        let offset: usize = camera.head(&address).await?.header("upload-offset").parse()?;
        if offset > 0 || hanging.is_finished() {
            break offset;
        }
        tokio::task::yield_now().await;
    };
    let rest = camera.patch(&address, offset, photo[offset..].to_vec()).await?;

    assert_eq!((rest.status, rest.header("upload-offset")), (StatusCode::NO_CONTENT, "1500000"), "{offset}");
    assert_eq!(hanging.await??, "upload_cut");
    assert_eq!(world.office.shelf().read(&[sha256(&[&photo])])?, [Some(photo)]);
    Ok(())
}

#[tokio::test]
async fn a_client_that_can_only_post_says_what_it_means() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let photo = picture("photo", 500);
    let record = camera.attach(&photo, b"thumb")?;
    let address = created(&camera.create(record, "file", &photo).await?)?;
    let post = |method: &str| {
        let request = camera.tus(Method::POST, &address).header("x-http-method-override", method).header("upload-offset", 0);
        request.header("content-type", "application/offset+octet-stream").body(Body::from(photo.clone()))
    };

    assert_eq!(camera.client.send(post("PUT")?).await?.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(camera.client.send(post("PATCH")?).await?.header("upload-offset"), "500");
    assert_eq!(camera.client.send(post("DELETE")?).await?.status, StatusCode::NO_CONTENT);
    assert_eq!(camera.head(&address).await?.status, StatusCode::GONE);
    assert!(world.office.store().blob(&sha256(&[&photo]))?.is_some(), "what is in the store is for the records to keep");
    Ok(())
}

#[tokio::test]
async fn a_file_of_many_parts_is_kept_whole_and_given_out_by_parts() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let scan = picture("scan", 17_000_003);
    let record = camera.attach_as("application/pdf", &scan, b"thumb")?;
    camera.phone.sync(&world.office)?;
    camera.upload(record, "original", &scan).await?;

    let whole = camera.fetch(&scan).await?;
    let part = camera.fetch_with(&scan, &[("range", "bytes=8388607-8388609")]).await?;

    assert!(whole.bytes == scan && whole.header("content-length") == "17000003");
    assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &scan[8_388_607..8_388_610]));
    assert_eq!((part.header("content-range"), part.header("content-length")), ("bytes 8388607-8388609/17000003", "3"));
    Ok(())
}
