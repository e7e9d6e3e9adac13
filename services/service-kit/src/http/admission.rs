//! How many connections there may be, and which give way.
//!
//! Where all are taken, the one that idled the longest is closed for the next. Where all are at work, the next one gets
//! a reserved connection, which answers only [what must always be answered](super::endpoints::ALWAYS_ANSWERED): so an
//! operator and Prometheus can still see why nobody else gets in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Connection;
use crate::limit::yielding::{Place, Yielding};
use crate::limit::{Limits, Permit};

/// The most connections of a service, where enough files may be open.
const CONNECTIONS: usize = 1_536;

/// The connections in which only health and metrics are answered.
const RESERVED: usize = 32;

/// Open files that every service needs for itself: its runtime, its listeners, its logs, its own requests. Also for
/// connections that gave way and are not closed yet.
const OWN_OPEN_FILES: usize = 256;

/// However few files may be open, a service can be used.
const LEAST: usize = 16;

/// The most connections of a service that may have so many files open and needs so many for itself.
pub(crate) fn connections(open_files: usize, own: usize) -> usize {
    let needed = own.saturating_add(OWN_OPEN_FILES + RESERVED);
    open_files.saturating_sub(needed).clamp(LEAST, CONNECTIONS)
}

/// All connections of a service, whatever they listen on.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    general: Yielding<Connection>,
    reserved: Yielding<Connection>,
}

impl Admission {
    pub(crate) fn new(limits: &Limits, connections: usize) -> Self {
        let close = |connection: Connection| connection.close();
        Self {
            general: Yielding::new(limits.limit("connections", connections), close),
            reserved: Yielding::new(limits.limit("reserved_connections", RESERVED), close),
        }
    }

    /// A seat for a connection that was just accepted. `None` only where there are no reserved ones.
    pub(crate) fn seat(&self, connection: &Connection) -> Option<Seat> {
        let general = self.general.room(1).map(|permit| {
            let state = State::Idle(self.general.hold(permit, connection.clone()));
            Seat::General(Arc::new(General {
                yielding: self.general.clone(),
                connection: connection.clone(),
                state: Mutex::new(state),
            }))
        });
        general.or_else(|| {
            // Whoever asks for health or metrics is answered within milliseconds: the oldest is one that does not.
            let permit = self.reserved.room(1)?;
            let place = self.reserved.hold(permit, connection.clone());
            Some(Seat::Reserved(Arc::new(place)))
        })
    }
}

/// The permission to use a connection. It is free again when all clones are dropped.
#[derive(Debug, Clone)]
pub(crate) enum Seat {
    /// For anything.
    General(Arc<General>),
    /// For health and metrics only.
    Reserved(#[expect(dead_code, reason = "held, not used")] Arc<Place<Connection>>),
}

#[derive(Debug)]
pub(crate) struct General {
    yielding: Yielding<Connection>,
    connection: Connection,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// No request is open: the connection may be closed to make room for others.
    Idle(Place<Connection>),
    /// A request is answered.
    AtWork(Permit),
    /// It is answered, but the client has not taken all of it.
    Leaving(Permit),
    GaveWay,
}

impl Seat {
    pub(crate) const fn is_reserved(&self) -> bool {
        matches!(self, Self::Reserved(_))
    }

    /// A request came. `None` if the connection gave way to another.
    pub(crate) fn work(&self) -> Option<Work> {
        if let Self::General(general) = self {
            general.work()?;
        }
        Some(Work(self.clone()))
    }

    /// Everything that was to be written is written.
    pub(crate) fn flushed(&self) {
        if let Self::General(general) = self {
            general.idle();
        }
    }
}

impl General {
    fn work(&self) -> Option<()> {
        let mut state = self.lock();
        let permit = match std::mem::replace(&mut *state, State::GaveWay) {
            State::Idle(place) => place.into_value()?.0,
            State::AtWork(permit) | State::Leaving(permit) => permit,
            State::GaveWay => return None,
        };
        *state = State::AtWork(permit);
        Some(())
    }

    fn answered(&self) {
        let mut state = self.lock();
        *state = match std::mem::replace(&mut *state, State::GaveWay) {
            State::AtWork(permit) => State::Leaving(permit),
            other => other,
        };
    }

    fn idle(&self) {
        let mut state = self.lock();
        *state = match std::mem::replace(&mut *state, State::GaveWay) {
            State::Leaving(permit) => {
                State::Idle(self.yielding.hold(permit, self.connection.clone()))
            }
            other => other,
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered, until it is dropped.
#[derive(Debug)]
pub(crate) struct Work(Seat);

impl Drop for Work {
    fn drop(&mut self) {
        if let Seat::General(general) = &self.0 {
            general.answered();
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
    fn a_connection_needs_a_file_of_those_that_may_be_open() {
        assert_eq!(connections(1_024, 0), 1_024 - 256 - 32);
        assert_eq!(connections(4_096, 3_000), 4_096 - 3_000 - 256 - 32);
        assert_eq!(connections(usize::MAX, 2_000), CONNECTIONS);
        assert_eq!(connections(64, usize::MAX), LEAST);
    }

    #[test]
    fn one_that_idles_gives_way_and_one_at_work_does_not() {
        let admission = admission(2);
        let (idle, busy) = (connection(), connection());
        let idle_seat = admission.seat(&idle).unwrap();
        let busy_seat = admission.seat(&busy).unwrap();
        let work = busy_seat.work().unwrap();
        let third = admission.seat(&connection()).unwrap();
        assert!(!third.is_reserved());
        assert!(idle_seat.work().is_none(), "it gave way");
        let third_work = third.work().unwrap();
        assert!(admission.seat(&connection()).unwrap().is_reserved());
        // Answered is not enough: the client has to take it.
        drop(work);
        assert!(admission.seat(&connection()).unwrap().is_reserved());
        busy_seat.flushed();
        assert!(!admission.seat(&connection()).unwrap().is_reserved());
        drop(third_work);
    }

    #[tokio::test]
    async fn the_oldest_reserved_connection_is_closed_for_the_next() {
        let admission = admission(1);
        let seat = admission.seat(&connection()).unwrap();
        let _work = seat.work().unwrap();
        let oldest = connection();
        let _reserved: Vec<_> = std::iter::once(oldest.clone())
            .chain(std::iter::repeat_with(connection).take(RESERVED))
            .map(|connection| admission.seat(&connection).unwrap())
            .collect();
        oldest.cut_requested().await;
    }
}
