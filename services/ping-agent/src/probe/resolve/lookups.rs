//! Look-ups by the system's resolver, each on a thread that it may keep for as long as a name server likes.

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

/// Look-ups of names that are not in the hosts file at a time, each with a thread of its own.
pub(crate) const MAX_LOOKUPS: usize = 512;

/// Look-ups of names in the hosts file at a time. They take less than a millisecond.
pub(crate) const MAX_HOSTS_LOOKUPS: usize = 16;

/// How long a probe waits for a thread.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// A name whose look-up takes this long is slow.
const SLOW: Duration = Duration::from_secs(1);

/// Slow names that are remembered. Redirects can name any number of them.
const MAX_SLOW_NAMES: usize = 10_000;

/// The system's answer. All probes that wait for the same name get the same one.
pub(crate) type LookupResult = Arc<io::Result<Vec<SocketAddr>>>;

type System = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// The look-ups of all probes. Clones are the same.
#[derive(Clone)]
pub(crate) struct Lookups(Arc<Shared>);

struct Shared {
    system: Box<System>,
    hosts: HostsFile,
    all: Limit,
    slow: Limit,
    in_hosts_file: Limit,
    running: Mutex<HashMap<Arc<str>, Lookup>>,
    slow_names: Mutex<HashSet<Arc<str>>>,
}

/// A look-up that has started.
#[derive(Debug, Clone)]
pub(crate) struct Lookup(watch::Receiver<Option<LookupResult>>);

/// Lets a look-up run; a slow name takes a second one.
type Permits = (Permit, Option<Permit>);

impl Lookups {
    /// At most `most` at a time, half of them of slow names; those of the hosts file come on top. `system` may block.
    pub(crate) fn new(
        system: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
        hosts: HostsFile,
        most: usize,
        limits: &Limits,
    ) -> Self {
        Self(Arc::new(Shared {
            system: Box::new(system),
            hosts,
            all: limits.limit("lookups", most),
            slow: limits.limit("lookups_of_slow_names", most / 2),
            in_hosts_file: limits.limit("lookups_in_hosts_file", MAX_HOSTS_LOOKUPS),
            running: Mutex::default(),
            slow_names: Mutex::default(),
        }))
    }

    /// Joins the look-up of the name that runs, or starts one.
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
            cause: "too many look-ups of other names were running".to_owned(),
        })?;
        // Another probe may have begun meanwhile.
        Ok(self
            .running(name)
            .unwrap_or_else(|| self.start(name.into(), permits)))
    }

    /// The look-up of the name that runs. One that panicked has no sender any more.
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
            let found = (shared.system)(&name);
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
    /// Waits for its end.
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

    /// A name server that answers nothing until it is told to.
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

    /// Look-ups, 4 at a time, with `in-file` in the hosts file. The name server answers when it is dropped.
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
            let system = move |name: &str| name_server.query(name);
            Self {
                server,
                lookups: Lookups::new(system, HostsFile::new(hosts), 4, &limits),
                _folder: folder,
            }
        }

        /// Starts a look-up and leaves it, as a probe does that runs into its timeout.
        async fn begin(&self, name: &str) -> Result<Lookup, ProbeError> {
            self.lookups.begin(name, &mut AgentWait::default()).await
        }

        async fn finds(&self, name: &str) -> bool {
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
    async fn names_of_the_hosts_file_never_wait_for_names_whose_server_hangs() {
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
    async fn a_probe_that_finds_no_free_look_up_was_not_made() {
        let lab = Lab::new();
        for number in 0..4 {
            lab.begin(&format!("hangs-{number}")).await.unwrap();
        }
        let mut agent_wait = AgentWait::default();
        let refused = lab.lookups.begin("other", &mut agent_wait).await;
        assert!(matches!(refused, Err(ProbeError::NotRun { .. })));
        assert!(agent_wait.is_significant());
        assert_eq!(lab.server.queries("other"), 0);
    }

    #[tokio::test]
    async fn a_name_whose_look_up_hangs_has_one_thread_however_often_it_is_probed() {
        let lab = Lab::new();
        for _ in 0..20 {
            lab.begin("hangs").await.unwrap();
        }
        assert!(lab.finds("other").await);
        let running = lab.begin("hangs").await.unwrap();
        lab.server.set_hanging(false);
        assert!(running.result().await.is_ok());
        assert!(lab.finds("hangs").await, "the next look-up is a new one");
        assert_eq!(lab.server.queries("hangs"), 2);
    }

    #[tokio::test]
    async fn names_that_were_slow_share_half_of_the_threads_until_they_answer_again() {
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
            assert!(lab.finds(&format!("other-{number}")).await);
        }
        lab.server.set_hanging(false);
        for name in names.iter().chain(&names) {
            // The first may be the one that hung.
            assert!(lab.finds(name).await);
        }
        assert!(lock(&lab.lookups.0.slow_names).is_empty());
    }

    #[tokio::test]
    async fn the_slow_names_that_are_remembered_are_bounded() {
        let lab = Lab::new();
        for number in 0..2 * MAX_SLOW_NAMES {
            let name = format!("redirect-{number}").into();
            lab.lookups.0.record_speed(&name, SLOW);
        }
        assert!(lock(&lab.lookups.0.slow_names).len() <= MAX_SLOW_NAMES);
    }
}
