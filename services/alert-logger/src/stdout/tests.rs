use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use super::*;

fn counter() -> IntCounter {
    IntCounter::new("lost", "lost").unwrap()
}

/// A writer whose results are given by the test.
struct Script {
    steps: Vec<io::Result<usize>>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let step = if self.steps.is_empty() {
            Ok(bytes.len())
        } else {
            self.steps.remove(0)
        };
        let length = step?.min(bytes.len());
        self.written
            .lock()
            .unwrap()
            .extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn written(steps: Vec<io::Result<usize>>, lines: &[&str]) -> (String, u64) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let script = Script {
        steps,
        written: Arc::clone(&written),
    };
    let lost = counter();
    let stdout = StdoutWriter::start(script, lost.clone()).unwrap();
    for line in lines {
        stdout.write((*line).to_owned()).await;
    }
    let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    (text, lost.get())
}

fn broken() -> io::Result<usize> {
    Err(io::ErrorKind::BrokenPipe.into())
}

#[tokio::test]
async fn lines_are_written_in_order_and_whole() {
    let short = vec![Ok(2), Err(io::ErrorKind::Interrupted.into()), Ok(1)];
    let (text, lost) = written(short, &["{\"a\":1}", "{\"b\":2}"]).await;
    assert_eq!((text.as_str(), lost), ("{\"a\":1}\n{\"b\":2}\n", 0));
}

#[tokio::test]
async fn lines_are_lost_only_while_stdout_fails() {
    let (text, lost) = written(vec![broken(), broken()], &["one", "two", "three"]).await;
    assert_eq!((text.as_str(), lost), ("three\n", 2));
}

#[tokio::test]
async fn a_partly_written_line_is_completed_before_the_next() {
    let steps = vec![Ok(2), broken(), broken(), Ok(1)];
    let (text, lost) = written(steps, &["first", "second", "third"]).await;
    assert_eq!((text.as_str(), lost), ("first\nthird\n", 2));
}

/// A writer that blocks until the test releases it.
struct Stalled(std::sync::mpsc::Receiver<()>);

impl Write for Stalled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_stalled_stdout_delays_no_payload() {
    let (_release, wait) = sync_channel(0);
    let lost = counter();
    let stdout = StdoutWriter::start(Stalled(wait), lost.clone()).unwrap();
    let began = Instant::now();
    for _ in 0..3 {
        stdout.write("x".repeat(QUEUE_MAX_BYTES / 3)).await;
    }
    assert_eq!(lost.get(), 0, "the lines wait in memory");
    stdout.write("one too many".to_owned()).await;
    assert_eq!(lost.get(), 1);
    assert!(began.elapsed() < Duration::from_secs(1), "paused time only");
}
