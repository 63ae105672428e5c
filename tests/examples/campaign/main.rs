//! A campaign: thousands of jobs through the local cloud while processes are killed, frozen and starved and requests are
//! lost; then every job is looked up, and none may be lost or doubled.
//!
//! `make -C tests campaign JOBS=20000 SEED=1` runs it. It exits 1 with the history of each job that is not as promised. It needs
//! Linux: memory is limited from outside with `prlimit`.

#[cfg(target_os = "linux")]
mod drive;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    drive::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> Result<(), &'static str> {
    Err("a campaign needs Linux: it limits the memory of running processes with prlimit")
}
