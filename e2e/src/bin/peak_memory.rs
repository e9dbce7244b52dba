//! Runs a command and writes its peak memory in bytes and its CPU time in milliseconds to a file, as a list in JSON:
//! `peak_memory FILE COMMAND ARGUMENT...`.
//!
//! Called by [`e2e::cli`]. It is a process of its own, and must start only one child: the system reports the maximum over all children
//! of a process.

use std::{
    env, fs, io,
    os::unix::process::ExitStatusExt,
    process::{Command, ExitCode},
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike as _,
};

fn main() -> io::Result<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let (Some(report), Some(program)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "peak_memory FILE COMMAND ARGUMENT... was expected"));
    };
    let status = Command::new(program).args(arguments).status()?;
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu_ms = (used.user_time() + used.system_time()).num_milliseconds();
    fs::write(report, format!("[{},{cpu_ms}]", used.max_rss() * 1024))?;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}
