//! What differs between the systems that the lab runs on: Linux, and macOS with the means that every Unix has.
//!
//! Both modules offer the same: this very program, when a process started and in which run of the machine, and how a
//! part's life is tied to its supervisor's.

#[cfg(target_os = "linux")]
pub mod linux;
// Linux compiles and tests it as well: nobody has a machine of each kind at hand.
#[cfg(any(test, not(target_os = "linux")))]
pub mod portable;

#[cfg(target_os = "linux")]
pub use self::linux::*;

#[cfg(not(target_os = "linux"))]
pub use self::portable::*;
