//! Look-ups by the system's resolver. Each blocks a thread, possibly for long.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Debug, Formatter};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use service_kit::{Limit, Limits, Permit};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::super::agent_wait::AgentWait;
use super::super::failure::ProbeError;
use super::super::hosts::HostsFile;

/// The maximum number of concurrent look-ups of names that are not in the hosts file. Each uses a thread.
pub(crate) const MAX_LOOKUPS: usize = 512;

/// The maximum number of concurrent look-ups of names in the hosts file. They take less than a millisecond.
pub(crate) const MAX_HOSTS_LOOKUPS: usize = 16;

/// The maximum time that a probe waits for a thread.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// A name is slow if its look-up takes this long.
const SLOW: Duration = Duration::from_secs(1);

/// The maximum number of slow names that are stored. Redirects can name any number of them.
const MAX_SLOW_NAMES: usize = 10_000;

/// The result of the system's resolver, shared by all probes that wait for the same name.
pub(crate) type LookupResult = Arc<io::Result<Vec<SocketAddr>>>;

type Resolve = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// The look-ups of all probes. Clones share their state.
#[derive(Clone)]
pub(crate) struct Lookups(Arc<Shared>);

struct Shared {
    resolve: Box<Resolve>,
    hosts: HostsFile,
    all: Limit,
    slow: Limit,
    in_hosts_file: Limit,
    running: Mutex<HashMap<Arc<str>, Lookup>>,
    slow_names: Mutex<HashSet<Arc<str>>>,
}

/// A look-up in progress.
#[derive(Debug, Clone)]
pub(crate) struct Lookup(watch::Receiver<Option<LookupResult>>);

/// The permit of a look-up, and a second one for a slow name.
type Permits = (Permit, Option<Permit>);

impl Lookups {
    /// Allows `max` concurrent look-ups, half of them for slow names, besides those of the hosts file. `resolve` may block.
    pub(crate) fn new(
        resolve: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
        hosts: HostsFile,
        max: usize,
        limits: &Limits,
    ) -> Self {
        Self(Arc::new(Shared {
            resolve: Box::new(resolve),
            hosts,
            all: limits.limit("lookups", max),
            slow: limits.limit("lookups_of_slow_names", max / 2),
            in_hosts_file: limits.limit("lookups_in_hosts_file", MAX_HOSTS_LOOKUPS),
            running: Mutex::default(),
            slow_names: Mutex::default(),
        }))
    }

    /// Joins the look-up of the name in progress, or starts one.
    pub(crate) async fn begin(
        &self,
        name: &str,
        agent_wait: &mut AgentWait,
    ) -> Result<Lookup, ProbeError> {
        if let Some(running) = self.running(name) {
            return Ok(running);
        }
        let permits = agent_wait.during(self.permits(name)).await;
        let permits = permits.ok_or_else(|| ProbeError::NotRun {
            cause: "the maximum number of look-ups of other names was running".to_owned(),
        })?;
        // Another probe may have started one in the meantime.
        Ok(self
            .running(name)
            .unwrap_or_else(|| self.start(name.into(), permits)))
    }

    /// Returns the look-up of the name in progress. Ignores one that panicked: its sender is dropped.
    fn running(&self, name: &str) -> Option<Lookup> {
        let running = lock(&self.0.running).get(name).cloned();
        running.filter(|running| running.0.has_changed().is_ok())
    }

    async fn permits(&self, name: &str) -> Option<Permits> {
        let shared = &*self.0;
        if shared.hosts.contains(name) {
            let permit = shared.in_hosts_file.acquire_within(1, MAX_WAIT).await?;
            return Some((permit, None));
        }
        let is_slow = lock(&shared.slow_names).contains(name);
        let slow = match is_slow {
            true => Some(shared.slow.acquire_within(1, MAX_WAIT).await?),
            false => None,
        };
        Some((shared.all.acquire_within(1, MAX_WAIT).await?, slow))
    }

    fn start(&self, name: Arc<str>, permits: Permits) -> Lookup {
        let (sender, receiver) = watch::channel(None);
        let running = Lookup(receiver);
        lock(&self.0.running).insert(Arc::clone(&name), running.clone());
        let shared = Arc::clone(&self.0);
        spawn_blocking(move || {
            let started = Instant::now();
            let found = (shared.resolve)(&name);
            shared.record_speed(&name, started.elapsed());
            lock(&shared.running).remove(&name);
            drop(permits);
            sender.send_replace(Some(Arc::new(found)));
        });
        running
    }
}

impl Shared {
    fn record_speed(&self, name: &Arc<str>, took: Duration) {
        let mut slow = lock(&self.slow_names);
        if took < SLOW {
            slow.remove(name);
            return;
        }
        if slow.len() >= MAX_SLOW_NAMES {
            slow.clear();
        }
        slow.insert(Arc::clone(name));
    }
}

impl Lookup {
    /// Waits for the result.
    pub(crate) async fn result(mut self) -> LookupResult {
        match self.0.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(found)) => Arc::clone(found),
            _ => Arc::new(Err(io::Error::other("the look-up panicked"))),
        }
    }
}

impl Debug for Lookups {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lookups").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Condvar;

    use prometheus::Registry;
    use tempfile::TempDir;

    use super::*;

    /// A resolver that, while `hangs` is set, blocks on names that start with `hangs`.
    #[derive(Default)]
    struct NameServer {
        hangs: Mutex<bool>,
        changed: Condvar,
        queries: Mutex<Vec<String>>,
    }

    impl NameServer {
        fn set_hanging(&self, hangs: bool) {
            *lock(&self.hangs) = hangs;
            self.changed.notify_all();
        }

        fn queries(&self, name: &str) -> usize {
            let queries = lock(&self.queries);
            queries.iter().filter(|query| *query == name).count()
        }

        fn query(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
            lock(&self.queries).push(name.to_owned());
            let mut hangs = lock(&self.hangs);
            while *hangs && name.starts_with("hangs") {
                hangs = self.changed.wait(hangs).unwrap();
            }
            Ok(vec![([127, 0, 0, 1], 0).into()])
        }
    }

    /// At most 4 concurrent look-ups, with `in-file` in the hosts file. Dropping the lab ends those that hang.
    struct Lab {
        server: Arc<NameServer>,
        lookups: Lookups,
        _folder: TempDir,
    }

    impl Lab {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let hosts = folder.path().join("hosts");
            fs::write(&hosts, "127.0.0.1 in-file").unwrap();
            let server = Arc::<NameServer>::default();
            server.set_hanging(true);
            let name_server = Arc::clone(&server);
            let limits = Limits::register(&Registry::new()).unwrap();
            let resolve = move |name: &str| name_server.query(name);
            Self {
                server,
                lookups: Lookups::new(resolve, HostsFile::new(hosts), 4, &limits),
                _folder: folder,
            }
        }

        /// Starts a look-up and abandons it, like a probe that times out.
        async fn begin(&self, name: &str) -> Result<Lookup, ProbeError> {
            self.lookups.begin(name, &mut AgentWait::default()).await
        }

        async fn resolves(&self, name: &str) -> bool {
            match self.begin(name).await {
                Ok(running) => running.result().await.is_ok(),
                Err(_) => false,
            }
        }
    }

    impl Drop for Lab {
        fn drop(&mut self) {
            self.server.set_hanging(false);
        }
    }

    #[tokio::test]
    async fn names_in_the_hosts_file_never_wait_for_look_ups_that_hang() {
        let lab = Lab::new();
        for number in 0..4 {
            lab.begin(&format!("hangs-{number}")).await.unwrap();
        }
        for _ in 0..50 {
            let mut agent_wait = AgentWait::default();
            let running = lab.lookups.begin("in-file", &mut agent_wait).await.unwrap();
            assert!(running.result().await.is_ok() && !agent_wait.is_significant());
        }
    }

    #[tokio::test]
    async fn a_probe_that_gets_no_look_up_does_not_run() {
        let lab = Lab::new();
        for number in 0..4 {
            lab.begin(&format!("hangs-{number}")).await.unwrap();
        }
        let mut agent_wait = AgentWait::default();
        let result = lab.lookups.begin("other", &mut agent_wait).await;
        assert!(matches!(result, Err(ProbeError::NotRun { .. })));
        assert!(agent_wait.is_significant());
        assert_eq!(lab.server.queries("other"), 0);
    }

    #[tokio::test]
    async fn a_name_whose_look_up_hangs_uses_one_thread() {
        let lab = Lab::new();
        for _ in 0..20 {
            lab.begin("hangs").await.unwrap();
        }
        assert!(lab.resolves("other").await);
        let running = lab.begin("hangs").await.unwrap();
        lab.server.set_hanging(false);
        assert!(running.result().await.is_ok());
        assert!(lab.resolves("hangs").await, "the next look-up is a new one");
        assert_eq!(lab.server.queries("hangs"), 2);
    }

    #[tokio::test]
    async fn slow_names_share_half_of_the_threads_until_their_look_up_is_fast() {
        let lab = Lab::new();
        let names: Vec<Arc<str>> = (0..4)
            .map(|number| format!("hangs-{number}").into())
            .collect();
        for name in &names {
            lab.lookups.0.record_speed(name, SLOW);
        }
        for name in &names[..2] {
            lab.begin(name).await.unwrap();
        }
        assert!(lab.begin(&names[2]).await.is_err());
        for number in 0..50 {
            assert!(lab.resolves(&format!("other-{number}")).await);
        }
        lab.server.set_hanging(false);
        for name in names.iter().chain(&names) {
            // The first look-up may be the one that hung.
            assert!(lab.resolves(name).await);
        }
        assert!(lock(&lab.lookups.0.slow_names).is_empty());
    }

    #[tokio::test]
    async fn the_number_of_stored_slow_names_is_limited() {
        let lab = Lab::new();
        for number in 0..2 * MAX_SLOW_NAMES {
            let name = format!("redirect-{number}").into();
            lab.lookups.0.record_speed(&name, SLOW);
        }
        assert!(lock(&lab.lookups.0.slow_names).len() <= MAX_SLOW_NAMES);
    }
}
