//! What came of a plan, as a table that a terminal shows: a line each load and mode, with pods and queue as they went.
//!
//! Called by `punchline-plan`. It computes nothing that [`crate::plan`] has not.

use std::fmt::Write as _;

use crate::{
    counts::{floor, real_len},
    plan::{Point, Run},
};

/// Characters of a course over time.
const COURSE: usize = 24;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A line for each run, and a head.
#[must_use]
pub fn table(runs: &[Run]) -> String {
    let mut rows = vec![
        [
            "load",
            "mode",
            "jobs",
            "wait p50",
            "p95",
            "p99",
            "most waiting",
            "peak pods",
            "pod-hours",
            "pods over time",
            "queue over time",
        ]
        .map(str::to_owned),
    ];
    rows.extend(runs.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Names and courses begin at the left, numbers end at the right.
            let padded = if (2..9).contains(&column) { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
            line.push_str(&padded);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for run in runs.iter().filter(|run| run.refused + run.left > 0) {
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{} under {}: {} of {} jobs were refused by a full queue, {} were not done a day later",
            run.load, run.mode, run.refused, run.jobs, run.left
        );
    }
    text
}

fn row(run: &Run) -> [String; 11] {
    let pods: Vec<_> = run.series.iter().map(|point| f64::from(point.pods)).collect();
    let waiting: Vec<_> = run.series.iter().map(|point: &Point| real_len(point.waiting)).collect();
    [
        run.load.to_owned(),
        run.mode.to_owned(),
        run.jobs.to_string(),
        seconds(run.wait_p50_s),
        seconds(run.wait_p95_s),
        seconds(run.wait_p99_s),
        run.most_waiting.to_string(),
        run.most_pods.to_string(),
        format!("{:.2}", run.pod_hours),
        course(&pods),
        course(&waiting),
    ]
}

/// With a unit, and no more digits than mean something.
fn seconds(s: f64) -> String {
    match s {
        s if s < 0.000_5 => "0 s".to_owned(),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 100.0 => format!("{s:.1} s"),
        s if s < 6000.0 => format!("{:.0} s", s.round()),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// The highest of each stretch of time, as a bar; the highest of all is a whole one.
fn course(values: &[f64]) -> String {
    let most = values.iter().copied().fold(0.0, f64::max);
    let count = values.len().min(COURSE);
    let begin = |n: usize| n * values.len() / count;
    let highest = (0..count).map(|n| values[begin(n)..begin(n + 1)].iter().copied().fold(0.0, f64::max));
    let bar = |value: f64| {
        let place = if most > 0.0 { usize::try_from(floor(value / most * 7.0)).unwrap_or(0) } else { 0 };
        // What is not nothing is seen.
        BARS[if value > 0.0 { place.max(1) } else { place }.min(7)]
    };
    highest.map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(refused: usize) -> Run {
        let point = |at_s, pods, waiting| Point { at_s, pods, waiting };
        Run {
            load: "steady",
            mode: "keda",
            jobs: 120,
            refused,
            left: 0,
            wait_p50_s: 0.0123,
            wait_p95_s: 3.21,
            wait_p99_s: 123.4,
            wait_max_s: 7200.0,
            most_waiting: 99,
            most_pods: 8,
            pod_hours: 1.255,
            finished_at_s: 1.0,
            series: vec![point(0.0, 1, 0), point(1.0, 8, 99), point(2.0, 4, 1)],
        }
    }

    #[test]
    fn a_line_says_what_came_of_it() {
        let text = table(&[run(0)]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("load    mode  jobs  wait p50"), "{text}");
        let words: Vec<_> = lines[1].split_whitespace().collect();
        assert_eq!(words, ["steady", "keda", "120", "12", "ms", "3.2", "s", "123", "s", "99", "8", "1.25", "▂█▄", "▁█▂"]);
    }

    #[test]
    fn what_was_refused_is_said() {
        assert!(table(&[run(3)]).contains("steady under keda: 3 of 120 jobs were refused"));
    }

    #[test]
    fn units_follow_the_number() {
        assert_eq!([0.0, 0.25, 99.94, 100.4, 7200.0].map(seconds), ["0 s", "250 ms", "99.9 s", "100 s", "2.0 h"]);
    }

    #[test]
    fn a_course_has_the_peaks_of_what_it_shortens() {
        let mut values = vec![0.0; 240];
        values[100] = 10.0;
        let shown = course(&values);
        assert_eq!((shown.chars().count(), shown.chars().filter(|&bar| bar == '█').count()), (24, 1));
        assert_eq!(course(&[]), "");
    }
}
