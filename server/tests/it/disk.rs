//! Room on the disk: said early, and no push is begun that might not be finished.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use daohu_server::clock::ServerClock;
use daohu_server::disk::{DiskBounds, DiskState, FreeSpace};
use daohu_server::office::Office;
use daohu_server::random::SystemRandom;

use crate::world::{Outcome, World};

const AT: &str = "2019-05-06T10:00:00+08:00";

#[derive(Debug, Clone)]
struct Room(Arc<AtomicU64>);

impl FreeSpace for Room {
    fn free_bytes(&self, _: &Path) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed))
    }
}

#[test]
fn below_the_floor_a_push_is_refused_before_anything_is_written_and_the_phone_keeps_it() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.at(AT)?;
    let room = Room(Arc::new(AtomicU64::new(10_000)));
    let clock = ServerClock::file(world.folder.path().join("now"))?;
    let bounds = DiskBounds { low_bytes: 5_000, floor_bytes: 1_000 };
    let office = Office::open_on(&world.data(), clock, SystemRandom, (Box::new(room.clone()), bounds))?;
    assert_eq!(office.disk(), (DiskState::Ok, Some(10_000)));

    room.0.store(4_999, Ordering::Relaxed);
    assert_eq!(office.disk_json(), serde_json::json!({"state": "low", "free_bytes": 4_999}));
    phone.visit(household, AT, "还放得下。")?;
    phone.sync(&office)?;

    room.0.store(999, Ordering::Relaxed);
    let before = office.verify()?;
    phone.visit(household, AT, "放不下了。")?;
    phone.seal()?;
    let request = phone.request();
    let refused = phone.send(&office, &request).err().ok_or("it was taken in")?.to_string();
    assert!(refused.contains("server_full"), "{refused}");
    assert_eq!(office.verify()?, before);
    assert_eq!(phone.outbox.len(), 1);

    room.0.store(10_000, Ordering::Relaxed);
    phone.sync(&office)?;
    assert_eq!(office.verify()?["batches"].as_u64(), before["batches"].as_u64().map(|batches| batches + 1));
    Ok(())
}
