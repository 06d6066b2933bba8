//! Device codes and enrolment: guessing is bounded, a lost answer is not, and no two devices write under one prefix.

use daohu_wire::EnrolAnswer;

use crate::phone::Phone;
use crate::world::{Outcome, VILLAGE, World};

fn code_of(world: &World, login: &str) -> Outcome<String> {
    Ok(world.office.device_code(login, 900_000)?["code"].as_str().ok_or("no code")?.to_owned())
}

fn ready() -> Outcome<(World, String)> {
    let world = World::new()?;
    world.user("书记", "village_secretary", Some(VILLAGE), None)?;
    let code = code_of(&world, "书记")?;
    Ok((world, code))
}

/// Tries to enrol a new phone and returns status and code.
fn tried(world: &World, phone: &Phone, code: &str, address: &str) -> Outcome<(u16, &'static str)> {
    let answer = world.office.enrol(&phone.enrol_request(code)?, address);
    Ok(answer.map_or_else(|refusal| (refusal.status, refusal.code), |_| (200, "ok")))
}

/// The same code with its last character changed.
fn with_wrong_rest(code: &str) -> String {
    let last = if code.ends_with('Z') { "Y" } else { "Z" };
    let mut wrong: String = code.chars().take(code.len() - 1).collect();
    wrong.push_str(last);
    wrong
}

#[test]
fn a_code_has_sixty_bits_in_three_groups_and_works_once() -> Outcome {
    let (world, code) = ready()?;
    assert_eq!(code.len(), 14);
    assert_eq!(code.chars().filter(|letter| *letter == '-').count(), 2);
    let (phone, other) = (Phone::new(0), Phone::new(0));

    assert_eq!(tried(&world, &phone, &code.to_lowercase(), "10.0.0.1")?, (200, "ok"), "however it is typed");
    assert_eq!(tried(&world, &other, &code, "10.0.0.1")?, (403, "code_used"));
    Ok(())
}

#[test]
fn a_lost_answer_to_an_enrolment_is_given_again_to_the_same_device() -> Outcome {
    let (world, code) = ready()?;
    let phone = Phone::new(0);
    let first = EnrolAnswer::decode(&world.office.enrol(&phone.enrol_request(&code)?, "a").map_err(|refusal| refusal.code)?)?;

    let second = EnrolAnswer::decode(&world.office.enrol(&phone.enrol_request(&code)?, "a").map_err(|refusal| refusal.code)?)?;

    assert_eq!(first.policy.grants, second.policy.grants);
    assert_eq!(world.devices()?.as_array().map(Vec::len), Some(1));
    assert_eq!(second.role, "village_secretary");
    assert_eq!(second.name, "书记");
    Ok(())
}

#[test]
fn five_wrong_rests_lock_a_code_for_a_quarter_of_an_hour_even_for_the_right_one() -> Outcome {
    let (world, code) = ready()?;
    let phone = Phone::new(0);
    for _ in 0..5 {
        assert_eq!(tried(&world, &phone, &with_wrong_rest(&code), "10.0.0.1")?, (403, "code_unknown"));
    }

    assert_eq!(tried(&world, &phone, &code, "10.0.0.2")?, (429, "too_many_tries"));
    world.at("2019-05-05T09:14:59+08:00")?;
    assert_eq!(tried(&world, &phone, &code, "10.0.0.2")?, (429, "too_many_tries"));
    let fresh = code_of(&world, "书记")?;
    assert_eq!(tried(&world, &phone, &fresh, "10.0.0.1")?, (200, "ok"), "another code is not locked");
    Ok(())
}

#[test]
fn unknown_names_count_against_their_address_alone() -> Outcome {
    let (world, code) = ready()?;
    let phone = Phone::new(0);
    for n in 0..20 {
        assert_eq!(tried(&world, &phone, &format!("XXXX-{n:04}-0000"), "10.0.0.66")?, (403, "code_unknown"));
    }

    assert_eq!(tried(&world, &phone, &code, "10.0.0.66")?, (429, "too_many_tries"));
    assert_eq!(tried(&world, &phone, &code, "10.0.0.1")?, (200, "ok"));
    Ok(())
}

#[test]
fn a_code_ends_by_the_servers_clock() -> Outcome {
    let (world, code) = ready()?;
    world.at("2019-05-05T09:15:00+08:00")?;

    assert_eq!(tried(&world, &Phone::new(0), &code, "10.0.0.1")?, (403, "code_expired"));
    Ok(())
}

#[test]
fn a_device_whose_id_ends_like_anothers_is_asked_to_draw_again() -> Outcome {
    let (world, code) = ready()?;
    let first = Phone::new(0);
    assert_eq!(tried(&world, &first, &code, "10.0.0.1")?, (200, "ok"));
    let mut second = Phone::new(0);
    let mut bytes = *second.id.as_bytes();
    bytes[12..].copy_from_slice(&first.id.as_bytes()[12..]);
    second.id = daohu_domain::id::Id::from_bytes(bytes);
    let code = code_of(&world, "书记")?;

    assert_eq!(tried(&world, &second, &code, "10.0.0.1")?, (409, "device_id_taken"));
    assert_eq!(tried(&world, &Phone::new(0), &code, "10.0.0.1")?, (200, "ok"), "the code is still good");
    Ok(())
}

#[test]
fn an_enrolment_that_its_own_key_did_not_sign_is_refused() -> Outcome {
    let (world, code) = ready()?;
    let mut body = Phone::new(0).enrol_request(&code)?;
    let last = body.len() - 1;
    body[last] ^= 1;

    let refused = world.office.enrol(&body, "10.0.0.1").unwrap_err();
    assert_eq!((refused.status, refused.code), (401, "bad_signature"));
    assert_eq!(world.office.enrol(b"rubbish", "10.0.0.1").map_err(|refusal| refusal.status), Err(400));
    Ok(())
}

#[test]
fn the_list_tells_when_a_device_was_last_here_and_with_which_batch() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.at("2019-05-06T10:00:00+08:00")?;
    phone.visit(household, "2019-05-06T10:00:00+08:00", "一次。")?;
    phone.sync(&world.office)?;

    let listed = world.devices()?;

    assert_eq!(listed.as_array().map(Vec::len), Some(1), "the server's own device is not listed");
    assert_eq!(listed[0]["last_batch"], 1);
    assert_eq!(listed[0]["last_contact_at"], "2019-05-06T10:00:00+08:00");
    assert_eq!(listed[0]["label"], "红米");
    Ok(())
}
