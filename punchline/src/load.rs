//! `punchline load`: how many jobs a service gets done, and how long each takes, as its clients see it.
//!
//! Every job has words of its own, so that none is answered from what was done before, and with `--fresh` a picture of its
//! own. Of the outputs a sample is held, byte for byte, to what the engine in this binary makes of the same job.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail, ensure};
use bytes::Bytes;
use clap::Args;
use fonts::{Fonts, engine_spec};
use futures::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use proto_shared::{Caption, CaptionSpec, Position, Style};
use reqwest::{
    Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::Value;
use url::Url;

use crate::{
    client::{Client, DEFAULT_SERVER, retry_after},
    job, parts,
};

/// Send jobs to a service and measure it.
#[derive(Debug, Args)]
#[command(after_help = "Jobs are sent with `Prefer: wait`; a latency is from the first byte of the upload to the answer that \
    the job is done. Refusals that say when to come back (429, 503) are obeyed and counted.")]
pub(crate) struct LoadArgs {
    /// Pictures to send, in turn
    #[arg(required = true, value_name = "GIF")]
    pictures: Vec<PathBuf>,
    /// Where the service is
    #[arg(long, default_value = DEFAULT_SERVER)]
    url: Url,
    /// How many jobs
    #[arg(long, value_name = "N", default_value_t = 100)]
    jobs: u64,
    /// How many at a time
    #[arg(long, value_name = "C", default_value_t = 8)]
    concurrency: usize,
    /// How many outputs to check byte for byte
    #[arg(long, value_name = "N", default_value_t = 10)]
    check: u64,
    /// How long a job may take
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience_s: u64,
    /// Make every GIF another file, by a comment at its end, so that each upload must be stored
    #[arg(long)]
    fresh: bool,
    /// Be content with the answer that a job is accepted: the jobs are left in the queue, nothing is checked
    #[arg(long)]
    only_queue: bool,
    /// The API key
    #[arg(long, env = "PUNCHLINE_API_KEY", hide_env_values = true)]
    key: Option<String>,
}

/// One picture and its name.
struct Picture {
    name: String,
    bytes: Bytes,
}

/// What the jobs are sent with.
struct Load {
    args: LoadArgs,
    client: Client,
    pictures: Vec<Picture>,
    /// Between the texts of one run and those of another.
    run: u64,
    sent_away: AtomicU64,
    bar: ProgressBar,
}

pub(crate) fn run(args: LoadArgs) -> anyhow::Result<()> {
    parts::runtime()?.block_on(load(args))
}

async fn load(args: LoadArgs) -> anyhow::Result<()> {
    ensure!(args.jobs > 0 && args.concurrency > 0, "--jobs and --concurrency must be at least 1");
    let picture = |path: &PathBuf| {
        let bytes = std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
        Ok(Picture { name: path.display().to_string(), bytes: bytes.into() })
    };
    let pictures = args.pictures.iter().map(picture).collect::<anyhow::Result<Vec<_>>>()?;
    let bar = ProgressBar::new(args.jobs).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} jobs, {eta} left")?);
    let run = service::Clock::system().now_ms();
    let client = Client::new(&args.url, args.key.as_deref()).map_err(|e| anyhow!("{e}"))?;
    let load = Arc::new(Load { client, pictures, run, sent_away: AtomicU64::new(0), bar, args });

    let begun = Instant::now();
    let jobs = (0..load.args.jobs).map(|n| {
        let load = load.clone();
        async move { (n, load.one(n).await) }
    });
    let ended: Vec<_> = stream::iter(jobs).buffer_unordered(load.args.concurrency).inspect(|_| load.bar.inc(1)).collect().await;
    let took = begun.elapsed();
    load.bar.finish_and_clear();
    load.report(ended, took).await
}

impl Load {
    fn picture(&self, n: u64) -> &Picture {
        let count = self.pictures.len() as u64;
        &self.pictures[usize::try_from(n % count).unwrap_or(0)]
    }

    fn spec(&self, n: u64) -> CaptionSpec {
        let text = format!("{n} of {} in {}", self.args.jobs, self.run);
        CaptionSpec { captions: vec![Caption::new(text, Position::Bottom, Style::Overlay)] }
    }

    /// Sends a job and waits for its end; its id and how long that took.
    async fn one(&self, n: u64) -> anyhow::Result<(String, Duration)> {
        let spec = serde_json::to_string(&self.spec(n))?;
        let picture = self.bytes(n);
        let begun = Instant::now();
        let deadline = begun + Duration::from_secs(self.args.patience_s);
        let job = loop {
            let form = Form::new().part("file", part(&picture)).text("spec", spec.clone());
            let mut request = self.client.request(Method::POST, "v1/jobs");
            if !self.args.only_queue {
                request = request.header("prefer", "wait=30");
            }
            let answer = request.multipart(form).send().await?;
            let status = answer.status();
            if status.is_success() {
                break answer.json::<Value>().await?;
            }
            match retry_after(&answer) {
                Some(wait) if Instant::now() + wait < deadline => {
                    self.sent_away.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(wait).await;
                }
                _ => bail!("refused with {status}: {}", answer.text().await?),
            }
        };
        let id = job["id"].as_str().context("the answer names no job")?.to_owned();
        if !self.args.only_queue {
            self.end(&id, job, deadline).await?;
        }
        Ok((id, begun.elapsed()))
    }

    /// The picture of a job, as it is sent.
    fn bytes(&self, n: u64) -> Bytes {
        let picture = &self.picture(n).bytes;
        if self.args.fresh { with_comment(picture, &format!("{n} {}", self.run)) } else { picture.clone() }
    }

    /// Looks again until the job has ended: once is enough where the wait was long enough.
    async fn end(&self, id: &str, mut job: Value, deadline: Instant) -> anyhow::Result<()> {
        loop {
            match job["state"].as_str() {
                Some("done") => return Ok(()),
                Some("queued") if Instant::now() < deadline => {}
                Some("queued") => bail!("job {id} was not done within {} s", self.args.patience_s),
                _ => bail!("job {id} ended as {job}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            let answer = self.client.request(Method::GET, &job::path(id)).send().await?;
            job = answer.error_for_status()?.json().await?;
        }
    }

    /// Whether an output is, byte for byte, what the engine makes of the job.
    async fn check(&self, n: u64, id: &str) -> anyhow::Result<()> {
        let answer = self.client.request(Method::GET, &format!("{}/result", job::path(id))).send().await?;
        ensure!(answer.status() == StatusCode::OK, "job {id} is done, its output was answered with {}", answer.status());
        let got = answer.bytes().await?;
        let spec = engine_spec(&self.spec(n), &Fonts::built_in())?;
        let wanted = caption::render(&self.bytes(n), &spec, &caption::Limits::default())?;
        ensure!(got == wanted, "job {id}: the output of {} is not what the engine makes of it", self.picture(n).name);
        Ok(())
    }

    async fn report(&self, ended: Vec<(u64, anyhow::Result<(String, Duration)>)>, took: Duration) -> anyhow::Result<()> {
        let mut latencies = Vec::new();
        let mut failures = Vec::new();
        let mut done = Vec::new();
        for (n, outcome) in ended {
            match outcome {
                Ok((id, latency)) => {
                    latencies.push(latency);
                    done.push((n, id));
                }
                Err(error) => failures.push(error),
            }
        }
        latencies.sort_unstable();
        let step = (done.len() as u64 / self.args.check.max(1)).max(1);
        let check = if self.args.only_queue { 0 } else { usize::try_from(self.args.check)? };
        let sample: Vec<_> = done.iter().step_by(usize::try_from(step).unwrap_or(1)).take(check).collect();
        for (n, id) in &sample {
            if let Err(error) = self.check(*n, id).await {
                failures.push(error);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of jobs")]
        let jobs_per_s = latencies.len() as f64 / took.as_secs_f64();
        let ms = |share: f64| quantile(&latencies, share).map_or(0.0, |latency| latency.as_secs_f64() * 1e3);
        let mut out = io::stdout();
        writeln!(
            out,
            "{} jobs in {:.1} s: {:.1} jobs/s, latency p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms; sent away {} times; \
             {} outputs checked; {} failures",
            latencies.len(),
            took.as_secs_f64(),
            jobs_per_s,
            ms(0.5),
            ms(0.95),
            ms(0.99),
            self.sent_away.load(Ordering::Relaxed),
            sample.len(),
            failures.len()
        )?;
        for error in failures.iter().take(5) {
            writeln!(out, "  {error:#}")?;
        }
        ensure!(failures.is_empty(), "{} of {} jobs failed", failures.len(), self.args.jobs);
        Ok(())
    }
}

fn part(picture: &Bytes) -> Part {
    Part::stream_with_length(picture.clone(), picture.len() as u64)
}

/// The same animation in a file of its own: a comment before the trailer. What ends without one is left as it is.
fn with_comment(gif: &Bytes, text: &str) -> Bytes {
    let (Some((&0x3b, before)), Ok(len)) = (gif.split_last(), u8::try_from(text.len())) else { return gif.clone() };
    [before, &[0x21, 0xfe, len], text.as_bytes(), &[0, 0x3b]].concat().into()
}

/// The value below which that share of the sorted ones lies.
fn quantile(sorted: &[Duration], share: f64) -> Option<Duration> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a list")]
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_makes_another_file_of_the_same_animation() {
        let duck = Bytes::from_static(include_bytes!("../../samples/duck.gif"));
        let (one, other) = (with_comment(&duck, "1 of 2"), with_comment(&duck, "2 of 2"));
        assert!(one != other && one != duck);
        let frames = |gif: &Bytes| caption::probe(gif, &caption::Limits::default()).unwrap().frames;
        assert_eq!(frames(&one), frames(&duck));
        assert_eq!(with_comment(&Bytes::from_static(b"no GIF"), "1"), "no GIF");
    }

    #[test]
    fn quantiles_are_of_what_was_seen() {
        let seen: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        let ms = |share| quantile(&seen, share).map(|latency| latency.as_millis());
        assert_eq!((ms(0.5), ms(0.95), ms(0.99), ms(1.0)), (Some(50), Some(95), Some(99), Some(100)));
        assert_eq!(quantile(&seen[..1], 0.5), Some(Duration::from_millis(1)));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
