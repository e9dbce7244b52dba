//! A private RabbitMQ node, on its own ports, in its own folder, with its own epmd. The programs are those of Debian's package
//! `rabbitmq-server`, or those in the folder that `PUNCHLINE_RABBITMQ` names, so that the same tests run on another release.
//!
//! Called by the tests, which start a node, kill it, and start it again on the same data. It must never touch the system's own node,
//! and never leave an epmd behind: epmd is started here as a child, because the one that Erlang would start detaches itself.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{HarnessError, group::Group, ports::Port};

/// The folder of `rabbitmq-server`, `rabbitmqctl` and, where it is not the system's, `epmd`.
const PROGRAMS: &str = "PUNCHLINE_RABBITMQ";
/// Not the wrappers in /usr/sbin: they change user.
const OF_DEBIAN: &str = "/usr/lib/rabbitmq/bin";
const INSTALL: &str = "apt-get install -y --no-install-recommends rabbitmq-server";
const READY_WITHIN: Duration = Duration::from_secs(600);
const STOP_WITHIN: Duration = Duration::from_secs(600);

/// A running node. Dropping it kills the node and its epmd and removes the folder.
#[derive(Debug)]
pub struct RabbitMq {
    node: Group,
    // Declaration order is drop order: node, epmd, folder, and only then the ports.
    _epmd: Group,
    folder: TempDir,
    amqp: Port,
    management: Port,
    distribution: Port,
    epmd_port: Port,
}

impl RabbitMq {
    /// Starts a node and waits until it takes AMQP connections.
    ///
    /// # Errors
    /// RabbitMQ is not installed (the error says how to), or does not get ready in time.
    pub async fn start() -> Result<Self, HarnessError> {
        let epmd = epmd();
        for program in [&server(), &epmd] {
            let program = program.to_string_lossy();
            if crate::group::find_program(&program).is_none() {
                return Err(HarnessError::Missing { program: program.into_owned(), install: INSTALL });
            }
        }
        let folder = TempDir::with_prefix("punchline-rabbitmq-").map_err(HarnessError::io("create a folder for RabbitMQ"))?;
        let (amqp, management, distribution, epmd_port) = (Port::lease()?, Port::lease()?, Port::lease()?, Port::lease()?);

        let mut epmd = Command::new(epmd);
        epmd.args(["-address", "127.0.0.1", "-port", &epmd_port.number().to_string()]);
        let mut epmd = Group::spawn("epmd", epmd, &folder.path().join("epmd.log"), INSTALL)?;
        epmd.wait_until("an open port", READY_WITHIN, async || connects(epmd_port.number()).await).await?;

        let conf = format!(
            // Counts are made every second, so that a test that waits for an empty queue sees it soon.
            "listeners.tcp.1 = 127.0.0.1:{}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {}\n\
             collect_statistics_interval = 1000\n",
            amqp.number(),
            management.number()
        );
        let files = [("rabbitmq.conf", conf.as_str()), ("enabled_plugins", "[rabbitmq_management].\n")];
        for (name, text) in files {
            fs::write(folder.path().join(name), text).map_err(HarnessError::io(format!("write {name}")))?;
        }
        let node = spawn_node(folder.path(), &amqp, &distribution, &epmd_port)?;
        let mut rabbitmq = Self { node, _epmd: epmd, folder, amqp, management, distribution, epmd_port };
        rabbitmq.wait_ready().await?;
        Ok(rabbitmq)
    }

    /// Where clients connect, with the credentials of the guest account.
    #[must_use]
    pub fn amqp_url(&self) -> String {
        self.amqp_url_at(self.amqp.number())
    }

    /// The same by another port: a proxy's.
    #[must_use]
    pub fn amqp_url_at(&self, port: u16) -> String {
        format!("amqp://guest:guest@127.0.0.1:{port}/%2f")
    }

    /// The port of [`RabbitMq::amqp_url`], for a test that puts a proxy before it.
    #[must_use]
    pub fn amqp_port(&self) -> u16 {
        self.amqp.number()
    }

    /// The management plugin's address, without a slash at the end; user and password are both `guest`.
    #[must_use]
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.management.number())
    }

    /// `kill -9`; returns when the node is gone. What it had on disk stays.
    pub fn kill(&mut self) {
        self.node.kill();
    }

    /// Ends the node with SIGTERM and waits for its end.
    ///
    /// # Errors
    /// It had ended already, or does not end in time.
    pub async fn stop(&mut self) -> Result<(), HarnessError> {
        self.node.signal(Signal::SIGTERM)?;
        self.node.wait(STOP_WITHIN).await?;
        Ok(())
    }

    /// Starts the node again on the same data and ports, killing it first if it runs.
    ///
    /// # Errors
    /// It does not get ready in time.
    pub async fn restart(&mut self) -> Result<(), HarnessError> {
        self.node.kill();
        self.node = spawn_node(self.folder.path(), &self.amqp, &self.distribution, &self.epmd_port)?;
        self.wait_ready().await
    }

    /// Runs `rabbitmqctl` on this node and returns its output.
    ///
    /// # Errors
    /// It can't be started, or ends with anything but success.
    pub async fn ctl(&self, arguments: &[&str]) -> Result<String, HarnessError> {
        let mut ctl = Command::new(programs().join("rabbitmqctl"));
        name_node(&mut ctl, self.folder.path(), &self.amqp, &self.epmd_port).arg("--quiet").args(arguments);
        let ended = tokio::task::spawn_blocking(move || ctl.output()).await.unwrap_or_else(|ended| Err(ended.into()));
        let done = ended.map_err(HarnessError::io("run rabbitmqctl"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if !done.status.success() {
            let name = format!("rabbitmqctl {}", arguments.join(" "));
            return Err(HarnessError::Ended { name, status: done.status.to_string(), log: text(&done.stderr) });
        }
        Ok(text(&done.stdout))
    }

    /// The last lines that the node logged.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.node.log_tail()
    }

    async fn wait_ready(&mut self) -> Result<(), HarnessError> {
        let port = self.amqp.number();
        self.node.wait_until("an answer to the AMQP protocol header", READY_WITHIN, async || speaks_amqp(port).await).await
    }
}

fn programs() -> PathBuf {
    env::var_os(PROGRAMS).map_or_else(|| PathBuf::from(OF_DEBIAN), PathBuf::from)
}

fn server() -> PathBuf {
    programs().join("rabbitmq-server")
}

/// The server's own epmd if it has one, so that both are of the same release.
fn epmd() -> PathBuf {
    let beside = programs().join("epmd");
    if beside.exists() { beside } else { PathBuf::from("epmd") }
}

fn spawn_node(folder: &Path, amqp: &Port, distribution: &Port, epmd: &Port) -> Result<Group, HarnessError> {
    let mut server = Command::new(server());
    name_node(&mut server, folder, amqp, epmd)
        // The launcher then becomes the Erlang machine, instead of waiting for it as a child of its own. So our child is the process
        // that holds the ports and the data.
        .env("RUNNING_UNDER_SYSTEMD", "true")
        .env("RABBITMQ_DIST_PORT", distribution.number().to_string())
        .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
        .env("RABBITMQ_LOG_BASE", folder.join("log"))
        .env("RABBITMQ_PID_FILE", folder.join("pid"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("enabled_plugins"))
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
        // A quorum queue reports its length once a tick, which is five seconds by default.
        .env(
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "-kernel inet_dist_use_interface {127,0,0,1} -rabbit quorum_tick_interval 500",
        );
    Group::spawn("rabbitmq", server, &folder.join("out"), INSTALL)
}

/// What the node and its tools must agree on: the name, the cookie's folder, the epmd.
fn name_node<'a>(command: &'a mut Command, folder: &Path, amqp: &Port, epmd: &Port) -> &'a mut Command {
    command
        .env("HOME", folder)
        .env("RABBITMQ_NODENAME", format!("punchline{}@localhost", amqp.number()))
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("ERL_EPMD_PORT", epmd.number().to_string())
}

async fn connects(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

/// Whether a broker answers the protocol header with its `Connection.Start` (a method frame, type 1).
async fn speaks_amqp(port: u16) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
        stream.read_u8().await
    };
    matches!(exchange.await, Ok(1))
}
