//! A child process in a process group of its own, with its output in a file. Only this file starts, signals and ends long-running
//! processes.
//!
//! Called by the guards of the servers and of our own binary. It must never leave a process behind: dropping the guard kills the
//! whole group, launcher scripts and their children too.

use std::{
    fs::{self, File},
    io,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use crate::HarnessError;

const LOG_TAIL_LINES: usize = 60;
const POLL: Duration = Duration::from_millis(20);

/// A running child and everything it started.
#[derive(Debug)]
pub struct Group {
    name: String,
    child: Child,
    log: PathBuf,
    status: Option<ExitStatus>,
}

impl Group {
    /// Starts `command` without standard input; its output is appended to `log`. `install` says how to get the program.
    ///
    /// # Errors
    /// The program is not there, or the log can't be written.
    pub fn spawn(name: &str, mut command: Command, log: &Path, install: &'static str) -> Result<Self, HarnessError> {
        let open = || File::options().create(true).append(true).open(log);
        let out = open().map_err(HarnessError::io(format!("open {}", log.display())))?;
        let err = open().map_err(HarnessError::io(format!("open {}", log.display())))?;
        command.stdin(Stdio::null()).stdout(out).stderr(err).process_group(0);
        let child = command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => {
                HarnessError::Missing { program: command.get_program().to_string_lossy().into_owned(), install }
            }
            _ => HarnessError::io(format!("start {name}"))(source),
        })?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned(), status: None })
    }

    /// The process id, which is the group's too.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The name it was started under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `kill -9` for the whole group; returns when the child is gone.
    pub fn kill(&mut self) {
        // The leader may be gone while a process that it started is not. An empty group is no error.
        let _ = killpg(self.nix_pid(), Signal::SIGKILL);
        if self.status.is_none() {
            self.status = self.child.wait().ok();
        }
    }

    /// Sends a signal to the child alone.
    ///
    /// # Errors
    /// The child has ended.
    pub fn signal(&mut self, signal: Signal) -> Result<(), HarnessError> {
        self.fail_if_ended()?;
        kill(self.nix_pid(), signal).map_err(|e| HarnessError::io(format!("signal {}", self.name))(e.into()))
    }

    /// Waits until the child ends by itself and returns its exit code (128 + signal if a signal ended it).
    ///
    /// # Errors
    /// It still runs at the deadline.
    pub async fn wait(&mut self, within: Duration) -> Result<i32, HarnessError> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.ended() {
                return Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)));
            }
            if Instant::now() >= deadline {
                return Err(self.not_in_time("its end", within));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Polls `condition` until it is true.
    ///
    /// # Errors
    /// The child ended first, or the deadline passed.
    pub async fn wait_until<F>(&mut self, what: &str, within: Duration, mut condition: F) -> Result<(), HarnessError>
    where
        F: AsyncFnMut() -> bool,
    {
        let deadline = Instant::now() + within;
        loop {
            self.fail_if_ended()?;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.not_in_time(what, within));
            }
            if tokio::time::timeout(left, condition()).await.unwrap_or(false) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Whether the child has not ended.
    pub fn is_running(&mut self) -> bool {
        self.ended().is_none()
    }

    /// All that it printed.
    #[must_use]
    pub fn log(&self) -> Vec<u8> {
        fs::read(&self.log).unwrap_or_default()
    }

    /// The last lines of what it printed.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }

    fn fail_if_ended(&mut self) -> Result<(), HarnessError> {
        match self.ended() {
            None => Ok(()),
            Some(status) => {
                Err(HarnessError::Ended { name: self.name.clone(), status: status.to_string(), log: self.log_tail() })
            }
        }
    }

    fn not_in_time(&self, what: &str, within: Duration) -> HarnessError {
        HarnessError::NotInTime { what: format!("{}: {what}", self.name), within, log: self.log_tail() }
    }

    fn nix_pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "a failing test shows the logs of what it started")]
            {
                eprintln!("--- the log of {} ends:\n{}\n---", self.name, self.log_tail());
            }
        }
        self.kill();
    }
}

/// The program `name` on this machine's PATH, or `name` itself if it is a path.
#[must_use]
pub fn find_program(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| path.is_file());
    }
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}
