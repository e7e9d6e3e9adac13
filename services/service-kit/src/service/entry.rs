//! The entry point of a service's binary.

/// The allocator of a service's process.
#[cfg(target_os = "linux")]
pub use tikv_jemallocator::Jemalloc as Allocator;

/// The allocator on other systems, where services run only for development.
#[cfg(not(target_os = "linux"))]
pub use std::alloc::System as Allocator;

/// Expands to a service's `main` and its allocator, which returns memory to the system. The standard one would keep the
/// memory of the highest load.
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
