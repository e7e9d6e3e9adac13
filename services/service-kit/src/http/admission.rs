//! The limits of connections.
//!
//! If all connections are in use, a new one closes the connection that has been idle for the longest. If none is idle, it
//! gets a reserved connection, which serves only [health and metrics](super::endpoints::ALWAYS_ANSWERED): an operator
//! and Prometheus can still see why the service refuses other requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Connection;
use crate::limit::evicting::{EvictingLimit, Lease};
use crate::limit::{Limits, Permit};

/// The maximum number of connections, if the limit of open files allows it.
const CONNECTIONS: usize = 1_536;

/// The number of connections that serve only health and metrics.
const RESERVED: usize = 32;

/// Open files that every service needs for its runtime, its listeners, its logs and its own requests, and for evicted
/// connections that are not closed yet.
const OWN_OPEN_FILES: usize = 256;

/// The minimum number of connections, so that a service works with any limit of open files.
const FLOOR: usize = 16;

/// Returns the maximum number of connections with a limit of open files, of which the service needs `own` itself.
pub(crate) fn connections(open_files: usize, own: usize) -> usize {
    let needed = own.saturating_add(OWN_OPEN_FILES + RESERVED);
    open_files.saturating_sub(needed).clamp(FLOOR, CONNECTIONS)
}

/// Admits the connections of all listeners of a service.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    general: EvictingLimit<Connection>,
    reserved: EvictingLimit<Connection>,
}

impl Admission {
    pub(crate) fn new(limits: &Limits, connections: usize) -> Self {
        let close = |connection: Connection| connection.close();
        Self {
            general: EvictingLimit::new(limits.limit("connections", connections), close),
            reserved: EvictingLimit::new(limits.limit("reserved_connections", RESERVED), close),
        }
    }

    /// Returns a slot for an accepted connection; `None` only if there are no reserved ones.
    pub(crate) fn admit(&self, connection: &Connection) -> Option<ConnectionSlot> {
        let general = self.general.acquire(1).map(|permit| {
            let state = State::Idle(self.general.hold(permit, connection.clone()));
            ConnectionSlot::General(Arc::new(General {
                limit: self.general.clone(),
                connection: connection.clone(),
                state: Mutex::new(state),
            }))
        });
        general.or_else(|| {
            // Health and metrics take milliseconds, so the oldest connection is one that makes no progress.
            let permit = self.reserved.acquire(1)?;
            let lease = self.reserved.hold(permit, connection.clone());
            Some(ConnectionSlot::Reserved(Arc::new(lease)))
        })
    }
}

/// The slot of an admitted connection. It is released when all clones are dropped.
#[derive(Debug, Clone)]
pub(crate) enum ConnectionSlot {
    /// For all requests.
    General(Arc<General>),
    /// Only for health and metrics.
    Reserved(#[expect(dead_code, reason = "held, not used")] Arc<Lease<Connection>>),
}

#[derive(Debug)]
pub(crate) struct General {
    limit: EvictingLimit<Connection>,
    connection: Connection,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// No request is in progress: the connection may be closed for another one.
    Idle(Lease<Connection>),
    /// A request is being handled.
    Busy(Permit),
    /// The response is complete, but not all of it is written.
    Flushing(Permit),
    Evicted,
}

impl ConnectionSlot {
    pub(crate) const fn is_reserved(&self) -> bool {
        matches!(self, Self::Reserved(_))
    }

    /// Marks the start of a request. Returns `None` if the connection was evicted.
    pub(crate) fn start_request(&self) -> Option<ActiveRequest> {
        if let Self::General(general) = self {
            general.start_request()?;
        }
        Some(ActiveRequest(self.clone()))
    }

    /// Marks the response as written.
    pub(crate) fn flushed(&self) {
        if let Self::General(general) = self {
            general.flushed();
        }
    }
}

impl General {
    fn start_request(&self) -> Option<()> {
        let mut state = self.lock();
        let permit = match std::mem::replace(&mut *state, State::Evicted) {
            State::Idle(lease) => lease.into_value()?.0,
            State::Busy(permit) | State::Flushing(permit) => permit,
            State::Evicted => return None,
        };
        *state = State::Busy(permit);
        Some(())
    }

    fn request_ended(&self) {
        let mut state = self.lock();
        *state = match std::mem::replace(&mut *state, State::Evicted) {
            State::Busy(permit) => State::Flushing(permit),
            other => other,
        };
    }

    fn flushed(&self) {
        let mut state = self.lock();
        *state = match std::mem::replace(&mut *state, State::Evicted) {
            State::Flushing(permit) => {
                State::Idle(self.limit.hold(permit, self.connection.clone()))
            }
            other => other,
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in progress, until it is dropped.
#[derive(Debug)]
pub(crate) struct ActiveRequest(ConnectionSlot);

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        if let ConnectionSlot::General(general) = &self.0 {
            general.request_ended();
        }
    }
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;

    fn admission(connections: usize) -> Admission {
        Admission::new(&Limits::register(&Registry::new()).unwrap(), connections)
    }

    fn connection() -> Connection {
        Connection::new(([127, 0, 0, 1], 1).into())
    }

    #[test]
    fn the_limit_of_open_files_limits_connections() {
        assert_eq!(connections(1_024, 0), 1_024 - 256 - 32);
        assert_eq!(connections(4_096, 3_000), 4_096 - 3_000 - 256 - 32);
        assert_eq!(connections(usize::MAX, 2_000), CONNECTIONS);
        assert_eq!(connections(64, usize::MAX), FLOOR);
    }

    #[test]
    fn an_idle_connection_is_evicted_and_a_busy_one_is_not() {
        let admission = admission(2);
        let (idle, busy) = (connection(), connection());
        let idle_slot = admission.admit(&idle).unwrap();
        let busy_slot = admission.admit(&busy).unwrap();
        let request = busy_slot.start_request().unwrap();
        let third = admission.admit(&connection()).unwrap();
        assert!(!third.is_reserved());
        assert!(idle_slot.start_request().is_none(), "it was evicted");
        let third_request = third.start_request().unwrap();
        assert!(admission.admit(&connection()).unwrap().is_reserved());
        // The client must also have received the response.
        drop(request);
        assert!(admission.admit(&connection()).unwrap().is_reserved());
        busy_slot.flushed();
        assert!(!admission.admit(&connection()).unwrap().is_reserved());
        drop(third_request);
    }

    #[tokio::test]
    async fn a_new_reserved_connection_closes_the_oldest() {
        let admission = admission(1);
        let slot = admission.admit(&connection()).unwrap();
        let _request = slot.start_request().unwrap();
        let oldest = connection();
        let _reserved: Vec<_> = std::iter::once(oldest.clone())
            .chain(std::iter::repeat_with(connection).take(RESERVED))
            .map(|connection| admission.admit(&connection).unwrap())
            .collect();
        oldest.cut_requested().await;
    }
}
