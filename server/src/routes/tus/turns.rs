//! Whose turn it is at an upload: the newest who comes. Whoever was there before keeps what it has and leaves.
//!
//! This is of one process and protects it from itself; between processes the table decides whose bytes count.

use daohu_domain::id::Id;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Mutex as Place, OwnedMutexGuard, watch};

/// The turns of all uploads; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<Id, Arc<Slot>>>>);

#[derive(Debug)]
struct Slot {
    /// Counts who came.
    newest: watch::Sender<u64>,
    place: Arc<Place<()>>,
}

/// A turn at an upload; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Turns,
    upload: Id,
    number: u64,
    newest: watch::Receiver<u64>,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the turn at an upload, after telling whoever is there to leave.
    pub async fn take(&self, upload: Id) -> Turn {
        let (place, mut turn) = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = all.entry(upload).or_insert_with(|| Arc::new(Slot { newest: watch::Sender::new(0), place: Arc::default() }));
            slot.newest.send_modify(|number| *number += 1);
            let newest = slot.newest.subscribe();
            let number = *newest.borrow();
            (Arc::clone(&slot.place), Turn { turns: self.clone(), upload, number, newest, held: None })
        };
        turn.held = Some(place.lock_owned().await);
        turn
    }
}

impl Turn {
    /// Returns once somebody newer waits for the turn.
    pub async fn is_over(&mut self) {
        let number = self.number;
        // The sender is in the map while this turn is, so that an error is as good as nobody newer.
        if self.newest.wait_for(|newest| *newest > number).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut all = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever came last takes the slot with it.
        if all.get(&self.upload).is_some_and(|slot| *slot.newest.borrow() == self.number) {
            all.remove(&self.upload);
        }
        drop(all);
        drop(self.held.take());
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;
    use daohu_domain::id::Id;

    #[tokio::test]
    async fn whoever_comes_is_let_in_once_the_one_before_has_left_and_nothing_is_remembered() {
        let (turns, upload) = (Turns::default(), Id::from_bytes([1; 16]));
        let mut first = turns.take(upload).await;
        let waiting = turns.clone();
        let second = tokio::spawn(async move { waiting.take(upload).await });

        first.is_over().await;
        assert!(!second.is_finished());
        drop(first);

        drop(second.await.unwrap());
        assert!(turns.0.lock().unwrap().is_empty());
    }
}
