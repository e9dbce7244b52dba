//! `punchline-plan`: how many workers a load needs and how long its jobs wait, simulated.
//!
//! It prints the runs of a [`scaling::Plan`] as a table, JSON or a picture. The library simulates; `options` holds what may be
//! typed, and `build` makes a plan of it. It asks no service and needs none.

mod build;
mod options;

use std::{
    fs,
    io::{self, Write as _},
    time::Duration,
};

use anyhow::Context as _;
use clap::Parser as _;
use scaling::{Mode, Plan, Run, plot, report};
use serde_json::{Value, json};

use crate::options::Options;

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let plan = build::plan(&options)?;
    let runs = plan.run()?;
    if let Some(path) = &options.plot {
        fs::write(path, plot::svg(&runs)).with_context(|| format!("failed to write {}", path.display()))?;
    }
    let text = if options.json { format!("{}\n", as_json(&plan, &runs)) } else { as_text(&options, &plan, &runs) };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// The target that external and keda have, if one of them is asked for.
fn target(plan: &Plan) -> Option<f64> {
    plan.modes.iter().find_map(|(mode, _)| match mode {
        Mode::External { target_per_pod } | Mode::Keda { target_per_pod, .. } => Some(*target_per_pod),
        Mode::Fixed { .. } | Mode::Cpu { .. } => None,
    })
}

fn as_text(options: &Options, plan: &Plan, runs: &[Run]) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let times = &plan.times;
    let targets = target(plan).map(|target| {
        format!("external and keda want {target:.0} messages a pod, cpu {} % of its request.\n", options.scaling.cpu_target)
    });
    format!(
        "A job is in hand for {:.0} ms in the mean (p50 {:.0}, p95 {:.0}), a pod has {} at a time and does {:.1} a second; \
         it starts in {} s.\n{}\n{}",
        ms(times.mean()),
        ms(times.quantile(0.5)),
        ms(times.quantile(0.95)),
        plan.parallelism,
        plan.jobs_per_s_of_a_pod(),
        plan.pod_start.as_secs_f64(),
        targets.unwrap_or_default(),
        report::table(runs),
    )
}

fn as_json(plan: &Plan, runs: &[Run]) -> Value {
    json!({
        "seed": plan.seed,
        "job_mean_s": plan.times.mean().as_secs_f64(),
        "parallelism": plan.parallelism,
        "pod_start_s": plan.pod_start.as_secs_f64(),
        "jobs_per_s_of_a_pod": plan.jobs_per_s_of_a_pod(),
        "target_messages_per_pod": target(plan),
        "min": plan.bounds.min,
        "max": plan.bounds.max,
        "runs": runs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_run_and_what_is_assumed_before_them() {
        let options = options::typed("--load steady,burst --mode external,keda --rate 2 --burst-jobs 50").unwrap();
        let plan = build::plan(&options).unwrap();
        let runs = plan.run().unwrap();
        let text = as_text(&options, &plan, &runs);
        assert!(text.starts_with("A job is in hand for "), "{text}");
        assert!(text.contains("\nexternal and keda want 3 messages a pod"), "{text}");
        assert_eq!(text.lines().count(), 3 + 1 + 4, "{text}");
        let json = as_json(&plan, &runs);
        assert_eq!((json["runs"].as_array().unwrap().len(), json["runs"][2]["jobs"].as_u64()), (4, Some(50)));
    }
}
