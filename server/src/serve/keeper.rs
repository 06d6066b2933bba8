//! What a running server does by itself, whoever asks or not: the first figures of a month are written in the night of its freeze, and
//! not by the first helper who hands a visit in afterwards; uploads that nobody goes on with are cleaned away.

use std::{future::Future, time::Duration};
use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use crate::{office::Office, store::blob::Swept};

/// How often a server looks whether something is due.
pub const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Keeps an office until `stop` is done. What fails is said in the log and tried again at the next look.
pub async fn keep(office: Office, stop: impl Future<Output = ()>) {
    let look = move || {
        if let Err(error) = office.write_first_figures() {
            tracing::error!(code = error.code(), "first figures were not written");
        }
        match office.sweep_blobs() {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => tracing::info!(uploads = swept.uploads.len(), files = swept.blobs.len(), "uploads_swept"),
            Err(error) => tracing::error!(code = error.code(), "uploads were not swept"),
        }
    };
    repeat(LOOK_EVERY, look, stop).await;
}

/// Does work now and at every step of this length, one round after the other, until `stop` is done.
async fn repeat(step: Duration, work: impl Fn() + Clone + Send + 'static, stop: impl Future<Output = ()>) {
    let rounds = async {
        let mut every = interval(step);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            // Work that panics is work that failed: the next round tries again.
            let _round = spawn_blocking(work.clone()).await;
        }
    };
    tokio::select! {
        () = rounds => {}
        () = stop => {}
    }
}

#[cfg(test)]
mod tests {
    use super::repeat;
    use std::time::Duration;
    use tokio::sync::{mpsc, oneshot};

    #[tokio::test]
    async fn rounds_follow_each_other_until_the_stop_and_one_that_panics_does_not_end_them() {
        let (said, mut heard) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let look = move || {
            _ = said.send(());
            panic!("a round that fails");
        };
        let keeping = tokio::spawn(repeat(Duration::from_millis(1), look, async { _ = stopped.await }));
        for _ in 0..3 {
            assert_eq!(heard.recv().await, Some(()));
        }

        stop.send(()).unwrap();

        keeping.await.unwrap();
        while heard.recv().await.is_some() {}
        assert!(heard.is_closed(), "the work is let go");
    }
}
