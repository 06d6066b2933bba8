//! Who gets a file, and how it is given out.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use daohu_wire::{ThumbsAnswer, ThumbsRequest, merkle::sha256};

use super::{Camera, picture};
use crate::{
    edge::{Client, add_user},
    world::{OTHER_VILLAGE, Outcome, TOWN, VILLAGE, World, id_in},
};

const THUMBS: &str = "/v1/blobs/thumbs";

fn address(bytes: &[u8]) -> String {
    format!("/api/v1/blobs/{}", hex::encode(sha256(&[bytes])))
}

/// A phone that uploaded a photo with its thumbnail.
async fn uploaded(world: &World) -> Outcome<(Camera, Vec<u8>, Vec<u8>)> {
    let mut camera = Camera::of_helper(world, "一号", "610802209201001").await?;
    let (photo, thumb) = (picture("photo", 5_000), picture("thumb", 800));
    let record = camera.attach(&photo, &thumb)?;
    camera.phone.sync(&world.office)?;
    camera.upload(record, "file", &photo).await?;
    camera.upload(record, "thumb", &thumb).await?;
    Ok((camera, photo, thumb))
}

#[tokio::test]
async fn who_may_not_read_the_record_gets_the_answer_of_a_file_that_is_not_there() -> Outcome {
    let world = World::new()?;
    let (mut camera, photo, thumb) = uploaded(&world).await?;
    for (login, role, place, status) in [
        ("zj", "village_secretary", Some(VILLAGE), 200),
        ("xz", "town_office", Some(TOWN), 200),
        ("sh", "village_secretary", Some(OTHER_VILLAGE), 404),
        ("jc", "village_supervisor", Some(VILLAGE), 404),
        ("sys", "sysadmin", None, 404),
    ] {
        add_user(&world, login, role, place)?;
        let client = Client::new(&world).signed_in(login).await?;
        let answer = client.get(&address(&photo)).await?;
        assert_eq!(answer.status.as_u16(), status, "{login}: {}", answer.text.chars().take(200).collect::<String>());
        let nothing = client.get(&address(b"nothing")).await?;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);
        if status == 404 {
            assert_eq!((answer.text, answer.headers.len()), (nothing.text, nothing.headers.len()), "{login}: nothing tells the two apart");
        }
    }
    assert_eq!(Client::new(&world).get(&address(&photo)).await?.status, StatusCode::UNAUTHORIZED);

    let mut other = Camera::of_helper(&world, "二号", "610802209201002").await?;
    assert_eq!(other.fetch(&photo).await?.status, StatusCode::NOT_FOUND, "of another household of the same village");
    assert_eq!(other.fetch(&thumb).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(camera.fetch(&photo).await?.status, StatusCode::OK);
    world.office.device_revoke(camera.phone.id, "lost")?;
    assert_eq!(camera.fetch(&photo).await?.code(), "device_revoked");
    Ok(())
}

#[tokio::test]
async fn a_unit_that_sees_which_visits_were_made_sees_no_photo() -> Outcome {
    let world = World::new()?;
    let (camera, photo, _) = uploaded(&world).await?;
    let unit = id_in(&world.office.record_add("org", &[("name", "县水务局")])?)?;
    let pairings = world.office.pairing_list(Some(&camera.household.to_string()), None, None)?;
    let cadre = pairings[0]["cadre"].as_str().ok_or("no cadre")?.parse()?;
    world.office.record_edit(cadre, &[("org", &unit.to_string())])?;
    let span = daohu_server::auth::users::Span { role: "unit_liaison".parse()?, place: None, unit: Some(unit), from: None, to: None };
    crate::edge::add_user_with(&world, "dw", span, None)?;
    let liaison = Client::new(&world).signed_in("dw").await?;

    assert_eq!(liaison.get(&format!("/api/v1/households/{}", camera.household)).await?.status, StatusCode::OK);
    assert_eq!(liaison.get(&address(&photo)).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_picture_is_kept_by_its_browser_alone_and_given_in_parts() -> Outcome {
    let world = World::new()?;
    let (mut camera, photo, _) = uploaded(&world).await?;
    add_user(&world, "zj", "village_secretary", Some(VILLAGE))?;
    let client = Client::new(&world).signed_in("zj").await?;
    let tag = format!("\"{}\"", hex::encode(sha256(&[&photo])));

    let whole = client.get(&address(&photo)).await?;
    let known = client.send(client.request(Method::GET, &address(&photo)).header("if-none-match", &tag).body(Body::empty())?).await?;
    let part = client.send(client.request(Method::GET, &address(&photo)).header("range", "bytes=-10").body(Body::empty())?).await?;
    let head = client.send(client.request(Method::HEAD, &address(&photo)).body(Body::empty())?).await?;
    let behind = camera.fetch_with(&photo, &[("range", "bytes=5000-")]).await?;

    assert_eq!((whole.header("etag"), whole.header("accept-ranges")), (tag.as_str(), "bytes"));
    assert_eq!(whole.header("cache-control"), "private, max-age=31536000, immutable");
    assert_eq!((whole.header("vary"), whole.header("x-content-type-options")), ("cookie, authorization", "nosniff"));
    assert_eq!((whole.header("content-type"), whole.header("content-disposition")), ("image/jpeg", ""));
    assert_eq!((known.status, known.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &photo[4_990..]));
    assert_eq!((head.status, head.header("content-length"), head.bytes.len()), (StatusCode::OK, "5000", 0));
    assert_eq!((behind.status, behind.code().as_str()), (StatusCode::RANGE_NOT_SATISFIABLE, "bad_range"));
    Ok(())
}

#[tokio::test]
async fn what_is_no_picture_is_saved_and_never_run_whatever_its_record_says_it_is() -> Outcome {
    let world = World::new()?;
    let mut camera = Camera::of_helper(&world, "一号", "610802209201001").await?;
    let types = [("application/pdf", "application/pdf", ".pdf\""), ("text/html", "application/octet-stream", ".bin\"")];
    let others = [("image/svg+xml", "application/octet-stream", ".bin\""), ("image/jpeg; x", "application/octet-stream", ".bin\"")];
    for (said, given, ending) in types.into_iter().chain(others) {
        let file = picture(said, 700);
        let record = camera.attach_as(said, &file, b"thumb")?;
        camera.phone.sync(&world.office)?;
        camera.upload(record, "file", &file).await?;

        let answer = camera.fetch(&file).await?;

        assert_eq!((answer.header("content-type"), answer.header("x-content-type-options")), (given, "nosniff"), "{said}");
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\"") && disposition.ends_with(ending), "{disposition}");
    }
    Ok(())
}

#[tokio::test]
async fn thumbnails_come_many_at_once_and_only_those_that_one_may_have() -> Outcome {
    let world = World::new()?;
    let (mut camera, photo, thumb) = uploaded(&world).await?;
    let mut other = Camera::of_helper(&world, "二号", "610802209201002").await?;
    let (their_photo, their_thumb) = (picture("their photo", 900), picture("their thumb", 90));
    let record = other.attach(&their_photo, &their_thumb)?;
    other.phone.sync(&world.office)?;
    other.upload(record, "thumb", &their_thumb).await?;
    let hashes = vec![sha256(&[b"nothing"]), sha256(&[&their_thumb]), sha256(&[&thumb]), sha256(&[&thumb])];
    let body = ThumbsRequest { hashes }.to_cbor()?;
    let ask = async |camera: &mut Camera, media_type: &str| {
        let signature = camera.phone.sign("POST", THUMBS, &body)?;
        let request = camera.client.request(Method::POST, THUMBS).header("daohu-signature", signature).header("content-type", media_type);
        camera.client.send(request.body(Body::from(body.clone()))?).await
    };

    let mine = ask(&mut camera, "application/cbor").await?;
    let theirs = ask(&mut other, "application/cbor").await?;

    assert_eq!(ThumbsAnswer::from_cbor(&mine.bytes)?.thumbs, [(sha256(&[&thumb]), thumb)]);
    assert_eq!(ThumbsAnswer::from_cbor(&theirs.bytes)?.thumbs, [(sha256(&[&their_thumb]), their_thumb)]);
    assert_eq!(ask(&mut camera, "application/json").await?.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let unsigned = camera.client.post(THUMBS, "application/cbor", body.clone()).await?;
    assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
    assert_ne!(photo.len(), 0);
    Ok(())
}

#[tokio::test]
async fn one_file_has_one_address() -> Outcome {
    let world = World::new()?;
    let (_, photo, _) = uploaded(&world).await?;
    add_user(&world, "zj", "village_secretary", Some(VILLAGE))?;
    let client = Client::new(&world).signed_in("zj").await?;
    let hash = hex::encode(sha256(&[&photo]));

    for other in [hash.to_uppercase(), hash.chars().take(62).collect(), format!("{hash}00"), "..%2f..%2fdaohu.db".to_owned()] {
        assert_eq!(client.get(&format!("/api/v1/blobs/{other}")).await?.status, StatusCode::NOT_FOUND, "{other}");
    }
    assert_eq!(client.get(&format!("/api/v1/blobs/{hash}")).await?.status, StatusCode::OK);
    Ok(())
}
