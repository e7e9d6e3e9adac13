//! The entry point of a service's binary.

/// The allocator of a service's process.
#[cfg(target_os = "linux")]
pub use tikv_jemallocator::Jemalloc as Allocator;

/// The same on machines where services are only tried out.
#[cfg(not(target_os = "linux"))]
pub use std::alloc::System as Allocator;

/// All of a service's `main.rs`: its entry point, and an allocator that gives memory back to the system. The standard
/// one keeps what was used once, so that a service would stay as large as its worst moment.
#[macro_export]
macro_rules! main {
    ($name:literal, $start:path) => {
        #[global_allocator]
        static ALLOCATOR: $crate::Allocator = $crate::Allocator;

        fn main() -> ::std::process::ExitCode {
            $crate::run($name, $start)
        }
    };
}
