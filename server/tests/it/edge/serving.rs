//! The server on a real socket.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use daohu_server::{
    app::{Settings, app},
    serve::{bounded::Bounded, serve, serve_on},
};
use tokio::{net::TcpListener, sync::oneshot};

use crate::world::{Outcome, World};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_connection_loses_its_place_to_one_that_asks() -> Outcome {
    let world = World::new()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let bounded = Bounded::new(listener, 1, Duration::from_millis(200));
    let served = tokio::spawn(serve_on(app(world.office.clone(), Settings::default()), bounded, async move {
        let _told = stopped.await;
    }));
    let ask = move || -> std::io::Result<(String, usize)> {
        let mut silent = TcpStream::connect(address)?;
        silent.write_all(b"GET /v1/config HTTP/1.1\r\nhost: dao")?;
        let mut asking = TcpStream::connect(address)?;
        asking.write_all(b"GET /v1/config HTTP/1.1\r\nhost: daohu\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        asking.read_to_string(&mut text)?;
        let mut rest = Vec::new();
        // Ended by the server, either way.
        let left = silent.read_to_end(&mut rest).unwrap_or(0);
        Ok((text, left))
    };

    let (answer, left) = tokio::task::spawn_blocking(ask).await??;
    stop.send(()).map_err(|()| "nobody listens")?;
    served.await??;

    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(left, 0, "the silent one was answered nothing");
    Ok(())
}
