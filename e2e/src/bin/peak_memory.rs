//! Runs a command and writes to a file, as a list in JSON, the most memory it held, in bytes, and what it took of a CPU, in
//! milliseconds: `peak_memory FILE COMMAND ARGUMENT...`.
//!
//! The tests of bad input run the command line through it. It is a process of its own because the system only tells the
//! maximum over all children that were waited for: this one has a single child.

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
