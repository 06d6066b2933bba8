//! The server on a real socket, and what it writes into its log.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex, PoisonError},
};

use daohu_server::{
    app::{Settings, app},
    serve::serve,
};
use tokio::{net::TcpListener, sync::oneshot};

use super::{Client, add_user};
use crate::world::{Outcome, TOWN, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_told_to_stop_answers_and_ends() -> Outcome {
    let world = World::new()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let router = app(world.office.clone(), Settings::default());
    let served = tokio::spawn(serve(router, listener, async move {
        let _told = stopped.await;
    }));
    let ask = move || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /v1/config HTTP/1.1\r\nhost: daohu\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    };

    let answer = tokio::task::spawn_blocking(ask).await??;
    // A connection that says nothing must not keep the server alive.
    let idle = TcpStream::connect(address)?;
    stop.send(()).map_err(|()| "nobody listens")?;
    served.await??;

    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("content-length:"), "{answer}");
    drop(idle);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    Ok(())
}

/// Collects what is logged.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_templates_and_codes_and_nothing_of_anybody() -> Outcome {
    let world = World::new()?;
    add_user(&world, "office", "town_office", Some(TOWN))?;
    let lines = Lines::default();
    let copy = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || copy.clone()).finish();
    let logging = tracing::subscriber::set_default(subscriber);

    let client = Client::new(&world).signed_in("office").await?;
    client.get("/api/v1/households?q=%E7%8E%8B%E5%BB%BA%E5%86%9B&place=610802209201").await?;
    client.get("/api/v1/households/6108022090420001").await?;
    client.get("/13812345678").await?;
    client.try_sign_in("13812345678", "wrong-password-2019", None).await?;
    drop(logging);

    let log = String::from_utf8(lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone())?;
    assert_eq!(log.lines().count(), 5, "{log}");
    for expected in ["\"route\":\"/api/v1/households/{id}\"", "\"code\":\"bad_login\"", "\"status\":201", "\"method\":\"GET\"", "\"route\":\"none\""] {
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
    for secret in ["%E7%8E%8B", "王建军", "6108022090420001", "13812345678", "610802209201", "wrong-password", client.token.as_deref().unwrap_or("?")] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    Ok(())
}
