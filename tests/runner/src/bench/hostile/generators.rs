//! The load of misbehaving peers, from a thread that is limited to half a core. Each kind of peer has a fixed number of
//! connections, and reopens a closed one after a second.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use super::throttle::Throttle;

/// The number of webhook requests that stop within their body, and the size that each announces.
const STALLED: usize = 500;
const BODY: usize = 3_900 << 10;
const CHUNK: usize = 64 << 10;

/// The number of webhook requests that are sent one byte at a time, and the size of each.
const TRICKLING: usize = 4;
const BYTES: usize = 170_000;

/// The number of requests for windows, each for a different window.
const WINDOWS: usize = 500;

/// The number of clients that request the page and read nothing.
const SILENT: usize = 1_000;

/// The number of event streams from the gateway, and from the page.
const STREAMS: usize = 1_050;

/// The pause before a closed connection is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// How long a client waits for a response.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The services under load.
#[derive(Debug, Clone, Copy)]
pub struct Services {
    pub alert_logger: SocketAddr,
    pub gateway: SocketAddr,
    pub page: SocketAddr,
}

/// The running generators.
#[derive(Debug)]
pub struct Generators {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<f64>,
}

impl Generators {
    /// Starts the generators. `targets` are the sockets of the hostile targets that never answer, and of those that send
    /// interim responses.
    pub fn start(
        services: Services,
        targets: Option<(StdListener, StdListener)>,
    ) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("can't set up the generators")?;
        let thread = std::thread::Builder::new()
            .name("generators".to_owned())
            .spawn(move || {
                let throttle = Throttle::new();
                LocalSet::new().block_on(&runtime, async {
                    spawn_all(services, targets, throttle);
                    while !stopped.load(Ordering::Relaxed) {
                        sleep(Duration::from_millis(100)).await;
                    }
                    throttle.cores()
                })
            })
            .context("can't start the generators")?;
        Ok(Self { stop, thread })
    }

    /// Stops the generators, closes their connections, and returns the share of a core that they used.
    pub fn stop(self) -> f64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or(f64::NAN)
    }
}

/// Returns the share of a core that the generators use against a server that reads everything and answers nothing.
pub fn control(time: Duration) -> anyhow::Result<f64> {
    let sink = StdListener::bind(("127.0.0.1", 0)).context("no free port")?;
    let address = sink.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("can't set up the control run")?;
    let _guard = runtime.enter();
    runtime.spawn(accept(listen(sink)?, |mut stream| async move {
        let mut buffer = vec![0; CHUNK];
        while stream.read(&mut buffer).await? > 0 {}
        Ok(())
    }));
    let services = Services {
        alert_logger: address,
        gateway: address,
        page: address,
    };
    let generators = Generators::start(services, None)?;
    runtime.block_on(async {
        let begun = Instant::now();
        while begun.elapsed() < time {
            sleep(Duration::from_secs(1)).await;
        }
    });
    Ok(generators.stop())
}

fn spawn_all(services: Services, targets: Option<(StdListener, StdListener)>, throttle: Throttle) {
    for _ in 0..STALLED {
        spawn_repeated(move || stalled_body(services.alert_logger, throttle));
    }
    for _ in 0..TRICKLING {
        spawn_repeated(move || trickling_body(services.alert_logger, throttle));
    }
    for index in 0..WINDOWS {
        let mut round = 0;
        spawn_repeated(move || {
            round += 1;
            let window = 61 + (index + round * WINDOWS) % 1_000_000;
            let path = format!("/uptime-summary-windowed?window={window}s");
            get(services.gateway, path, throttle)
        });
    }
    for _ in 0..SILENT {
        spawn_repeated(move || silent_reader(services.page, throttle));
    }
    for _ in 0..STREAMS {
        spawn_repeated(move || get(services.gateway, "/api/v1/events".to_owned(), throttle));
        spawn_repeated(move || get(services.page, "/events".to_owned(), throttle));
    }
    if let Some((hung, chatty)) = targets {
        spawn_target(hung, |mut stream| async move {
            let mut buffer = [0; 4096];
            while stream.read(&mut buffer).await? > 0 {}
            Ok(())
        });
        spawn_target(chatty, move |mut stream| async move {
            loop {
                throttle.pace().await;
                stream
                    .write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                    .await?;
            }
        });
    }
}

/// Opens connections one after the other, until the runtime ends.
fn spawn_repeated<F: Future<Output = io::Result<()>> + 'static>(
    mut make: impl FnMut() -> F + 'static,
) {
    spawn_local(async move {
        loop {
            let _ = make().await;
            sleep(REOPEN_AFTER).await;
        }
    });
}

async fn stalled_body(server: SocketAddr, throttle: Throttle) -> io::Result<()> {
    throttle.pace().await;
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&post(server, BODY)).await?;
    let chunk = [b'x'; CHUNK];
    for _ in 0..BODY / CHUNK {
        throttle.pace().await;
        stream.write_all(&chunk).await?;
    }
    read_to_end(&mut stream, throttle).await
}

async fn trickling_body(server: SocketAddr, throttle: Throttle) -> io::Result<()> {
    throttle.pace().await;
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&post(server, BYTES)).await?;
    for _ in 1..BYTES {
        throttle.pace().await;
        stream.write_all(b"x").await?;
    }
    read_to_end(&mut stream, throttle).await
}

async fn get(server: SocketAddr, path: String, throttle: Throttle) -> io::Result<()> {
    throttle.pace().await;
    let mut stream = TcpStream::connect(server).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    read_to_end(&mut stream, throttle).await
}

/// Requests the page with a small receive buffer, so that the page does not fit into the kernel's buffers.
async fn silent_reader(server: SocketAddr, throttle: Throttle) -> io::Result<()> {
    throttle.pace().await;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let mut stream = socket.connect(server).await?;
    let request = format!("GET / HTTP/1.1\r\nHost: {server}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    // Without reading, the client does not notice when the server closes the connection.
    sleep(TIMEOUT).await;
    Ok(())
}

/// Reads until the server closes the connection, at most for [`TIMEOUT`].
async fn read_to_end(stream: &mut TcpStream, throttle: Throttle) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let read = async {
        while stream.read(&mut buffer).await? > 0 {
            throttle.pace().await;
        }
        Ok(())
    };
    tokio::time::timeout(TIMEOUT, read).await?
}

fn post(server: SocketAddr, length: usize) -> Vec<u8> {
    format!(
        "POST /webhook HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes()
}

fn spawn_target<F>(socket: StdListener, serve: impl Fn(TcpStream) -> F + 'static)
where
    F: Future<Output = io::Result<()>> + 'static,
{
    spawn_local(async move {
        let Ok(listener) = listen(socket) else { return };
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                let served = serve(stream);
                spawn_local(async move { drop(served.await) });
            }
        }
    });
}

async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let served = serve(stream);
            tokio::spawn(async move { drop(served.await) });
        }
    }
}

fn listen(socket: StdListener) -> io::Result<TcpListener> {
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}
