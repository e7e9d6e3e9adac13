//! The code that differs between Linux and other systems such as macOS.
//!
//! Both modules have the same interface: the path of this program, the start time of a process, the id of the boot, and
//! functions that tie a part to its supervisor, so that it is killed when the supervisor exits.

#[cfg(target_os = "linux")]
pub mod linux;
// Linux compiles and tests it, too, so that a change for Linux does not break the others unnoticed.
#[cfg(any(test, not(target_os = "linux")))]
pub mod portable;

#[cfg(target_os = "linux")]
pub use self::linux::*;

#[cfg(not(target_os = "linux"))]
pub use self::portable::*;
