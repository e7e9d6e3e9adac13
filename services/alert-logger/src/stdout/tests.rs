use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use super::*;

fn counter() -> IntCounter {
    IntCounter::new("lost", "lost").unwrap()
}

/// Writes what it is allowed to, in steps that the test decides.
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
    let stdout = Lines::start(script, lost.clone()).unwrap();
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
async fn a_closed_stdout_costs_lines_and_nothing_else() {
    let (text, lost) = written(vec![broken(), broken()], &["one", "two", "three"]).await;
    assert_eq!((text.as_str(), lost), ("three\n", 2));
}

#[tokio::test]
async fn a_line_cut_short_is_ended_before_the_next() {
    let steps = vec![Ok(2), broken(), broken(), Ok(1)];
    let (text, lost) = written(steps, &["first", "second", "third"]).await;
    assert_eq!((text.as_str(), lost), ("first\nthird\n", 2));
}

/// Blocks until the test lets go.
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
async fn a_stdout_that_nobody_reads_holds_nobody_up() {
    let (_release, wait) = sync_channel(0);
    let lost = counter();
    let stdout = Lines::start(Stalled(wait), lost.clone()).unwrap();
    let began = Instant::now();
    for _ in 0..3 {
        stdout.write("x".repeat(QUEUE_MAX_BYTES / 3)).await;
    }
    assert_eq!(lost.get(), 0, "they wait in memory");
    stdout.write("one too many".to_owned()).await;
    assert_eq!(lost.get(), 1);
    assert!(began.elapsed() < Duration::from_secs(1), "paused time only");
}
