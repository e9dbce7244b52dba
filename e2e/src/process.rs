//! Our own long-running processes, as an operator starts them: `punchline api`, `worker` and `serve`, configured by the environment
//! alone, and ready when `/readyz` says so.
//!
//! Called by the tests across processes. The environment that the tests run in must not reach them.

use std::{path::Path, process::Command, time::Duration};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::{HarnessError, binary, group::Group, network::Network, ports::Port, rabbitmq::RabbitMq, seaweedfs::SeaweedFs};

/// Here and in all of the harness, a limit for something that must happen is long enough for a slow and busy machine.
const READY_WITHIN: Duration = Duration::from_secs(600);
/// The name of its log, in a folder of its own.
const LOG: &str = "log";

/// A running `punchline`. Dropping it kills it; a failing test shows the end of its log.
#[derive(Debug)]
pub struct Process {
    group: Group,
    port: Port,
    log: TempDir,
}

/// The environment that connects a process to these servers through `network`. `folder` separates the tests that share a bucket.
#[must_use]
pub fn cluster_env(network: &Network, rabbitmq: &RabbitMq, store: &SeaweedFs, folder: &str) -> Vec<(String, String)> {
    let aws = store.aws_env(network.store.port());
    let mut env: Vec<_> = aws.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    env.push(("PUNCHLINE_AMQP_URL".to_owned(), rabbitmq.amqp_url_at(network.broker.port())));
    env.push(("PUNCHLINE_STORE_URL".to_owned(), format!("s3://{}/{folder}", store.bucket())));
    env
}

impl Process {
    /// Starts `punchline api` and waits until it is ready.
    ///
    /// # Errors
    /// It does not start, ends, or does not get ready in time; the error holds its log.
    pub async fn api(env: &[(String, String)]) -> Result<Self, HarnessError> {
        Self::start("api", &[], "PUNCHLINE_LISTEN", env).await
    }

    /// Starts `punchline worker` and waits until it is ready.
    ///
    /// # Errors
    /// As [`Process::api`].
    pub async fn worker(env: &[(String, String)]) -> Result<Self, HarnessError> {
        Self::start("worker", &[], "PUNCHLINE_OPS_LISTEN", env).await
    }

    /// As [`Process::worker`], with this much address space.
    ///
    /// # Errors
    /// As [`Process::api`].
    pub async fn worker_within(memory_kb: u32, env: &[(String, String)]) -> Result<Self, HarnessError> {
        let program = binary::punchline()?;
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("ulimit -v {memory_kb}; exec \"$0\" worker")).arg(program);
        let mut process = Self::spawn("worker", command, "PUNCHLINE_OPS_LISTEN", env)?;
        process.wait_ready(READY_WITHIN).await?;
        Ok(process)
    }

    /// Starts `punchline serve` with its state in `data` and waits until it is ready.
    ///
    /// # Errors
    /// As [`Process::api`].
    pub async fn serve(data: &Path, env: &[(String, String)]) -> Result<Self, HarnessError> {
        Self::start("serve", &["--data", &data.to_string_lossy()], "PUNCHLINE_LISTEN", env).await
    }

    /// Starts `punchline api` or `punchline worker` without waiting until it is ready, which may never be.
    ///
    /// # Errors
    /// It does not start.
    pub fn launch(role: &str, env: &[(String, String)]) -> Result<Self, HarnessError> {
        let listen = if role == "api" { "PUNCHLINE_LISTEN" } else { "PUNCHLINE_OPS_LISTEN" };
        let mut command = Command::new(binary::punchline()?);
        command.arg(role);
        Self::spawn(role, command, listen, env)
    }

    async fn start(role: &str, args: &[&str], listen: &str, env: &[(String, String)]) -> Result<Self, HarnessError> {
        let mut command = Command::new(binary::punchline()?);
        command.arg(role).args(args);
        let mut process = Self::spawn(role, command, listen, env)?;
        process.wait_ready(READY_WITHIN).await?;
        Ok(process)
    }

    /// `kill -9`, then starts `punchline api` with these settings at the same address.
    ///
    /// # Errors
    /// As [`Process::api`].
    pub async fn replace_api(&mut self, env: &[(String, String)]) -> Result<(), HarnessError> {
        self.kill();
        let mut command = Command::new(binary::punchline()?);
        command.arg("api");
        self.group = group("api", command, "PUNCHLINE_LISTEN", env, self.port.number(), &self.log)?;
        self.wait_ready(READY_WITHIN).await
    }

    /// `kill -9` if it still runs, then starts `punchline serve` on the folder `data` at the same address.
    ///
    /// # Errors
    /// As [`Process::api`].
    pub async fn replace_serve(&mut self, data: &Path, env: &[(String, String)]) -> Result<(), HarnessError> {
        self.kill();
        let mut command = Command::new(binary::punchline()?);
        command.arg("serve").arg("--data").arg(data);
        self.group = group("serve", command, "PUNCHLINE_LISTEN", env, self.port.number(), &self.log)?;
        self.wait_ready(READY_WITHIN).await
    }

    fn spawn(role: &str, command: Command, listen: &str, env: &[(String, String)]) -> Result<Self, HarnessError> {
        let log = TempDir::with_prefix("punchline-process-").map_err(HarnessError::io("create a folder for a log"))?;
        let port = Port::lease()?;
        let group = group(role, command, listen, env, port.number(), &log)?;
        Ok(Self { group, port, log })
    }

    /// Waits until `/readyz` answers 200.
    ///
    /// # Errors
    /// It ends, or the time passes.
    pub async fn wait_ready(&mut self, within: Duration) -> Result<(), HarnessError> {
        let url = self.url("/readyz");
        let ready = async || reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success());
        self.group.wait_until("200 from /readyz", within, ready).await
    }

    /// The address of a path on the port that it listens on.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port.number())
    }

    /// `kill -9`; returns when it is gone.
    pub fn kill(&mut self) {
        self.group.kill();
    }

    /// SIGTERM, then waits for its end and returns the exit code.
    ///
    /// # Errors
    /// It had ended already, or still runs when the time has passed.
    pub async fn terminate(&mut self, within: Duration) -> Result<i32, HarnessError> {
        self.group.signal(Signal::SIGTERM)?;
        self.group.wait(within).await
    }

    /// Stops it without ending it (SIGSTOP), as a machine that sleeps.
    ///
    /// # Errors
    /// It has ended.
    pub fn freeze(&mut self) -> Result<(), HarnessError> {
        self.group.signal(Signal::SIGSTOP)
    }

    /// Continues it (SIGCONT).
    ///
    /// # Errors
    /// It has ended.
    pub fn thaw(&mut self) -> Result<(), HarnessError> {
        self.group.signal(Signal::SIGCONT)
    }

    /// Its resident memory, by the system's count.
    ///
    /// # Errors
    /// It has ended.
    pub fn resident_bytes(&self) -> Result<u64, HarnessError> {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(&path).map_err(HarnessError::io(format!("read {path}")))?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<u64>().ok());
        Ok(kib.unwrap_or(0) * 1024)
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.group.is_running()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.group.pid()
    }

    /// All that it has written to standard output and standard error.
    #[must_use]
    pub fn log(&self) -> Vec<u8> {
        self.group.log()
    }

    /// Waits until its log contains this text.
    ///
    /// # Errors
    /// It ends, or the time passes.
    pub async fn wait_logged(&mut self, text: &str, within: Duration) -> Result<(), HarnessError> {
        let path = self.log.path().join(LOG);
        let written = async || std::fs::read(&path).is_ok_and(|log| String::from_utf8_lossy(&log).contains(text));
        self.group.wait_until(text, within, written).await
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.group.log_tail()
    }
}

fn group(
    role: &str,
    mut command: Command,
    listen: &str,
    env: &[(String, String)],
    port: u16,
    log: &TempDir,
) -> Result<Group, HarnessError> {
    command
        .env_clear()
        .env("PUNCHLINE_LOG", "info")
        .env(listen, format!("127.0.0.1:{port}"))
        .envs(env.iter().map(|(name, value)| (name, value)))
        .current_dir(log.path());
    let name = format!("punchline {role} on port {port}");
    Group::spawn(&name, command, &log.path().join(LOG), "cargo build -p punchline")
}
