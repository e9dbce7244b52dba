//! What came of a plan, as an SVG: pods and queue over time, a row for each load, a line for each mode.
//!
//! Called by `punchline-plan --plot`. A few polylines need no library; it must stay small, because docs hold such pictures.

use std::fmt::Write as _;

use crate::{counts::real_len, plan::Run, simulation::Moment};

const WIDTH: f64 = 430.0;
const HEIGHT: f64 = 120.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 46.0;
const ROW: f64 = HEIGHT + 58.0;
const COLUMN: f64 = WIDTH + 72.0;
/// Told apart by most who don't see all colours, and on light and dark ground.
const COLOURS: [&str; 6] = ["#888888", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00"];

/// The picture. Runs of one load must follow each other.
#[must_use]
pub fn svg(runs: &[Run]) -> String {
    let loads: Vec<&[Run]> = runs.chunk_by(|one, other| one.load == other.load).collect();
    let mut modes: Vec<&str> = Vec::new();
    for run in runs {
        if !modes.contains(&run.mode) {
            modes.push(run.mode);
        }
    }
    let (width, height) = (LEFT + 2.0 * COLUMN - 40.0, TOP + ROW * real_len(loads.len()));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (place, mode) in modes.iter().enumerate() {
        let x = LEFT + 90.0 * real_len(place);
        put(&mut out, format_args!("<path d=\"M{x:.0} 14h18\" stroke=\"{}\" stroke-width=\"3\"/>", colour(place)));
        put(&mut out, format_args!("<text x=\"{:.0}\" y=\"18\">{}</text>", x + 24.0, escaped(mode)));
    }
    for (row, of_load) in loads.iter().enumerate() {
        let top = TOP + ROW * real_len(row);
        for (column, what) in ["pods", "jobs waiting"].into_iter().enumerate() {
            let left = LEFT + COLUMN * real_len(column);
            let value = |point: &Moment| if column == 0 { f64::from(point.pods) } else { real_len(point.waiting) };
            panel(&mut out, of_load, &modes, (left, top), what, value);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn panel(out: &mut String, runs: &[Run], modes: &[&str], (left, top): (f64, f64), what: &str, value: impl Fn(&Moment) -> f64) {
    let points = || runs.iter().flat_map(|run| &run.series);
    let end_s = points().map(|point| point.at_s).fold(1.0, f64::max);
    let most = rounded_up(points().map(&value).fold(1.0, f64::max));
    let title = runs.first().map_or("", |run| run.load);
    put(out, format_args!("<text x=\"{left:.0}\" y=\"{:.0}\" font-weight=\"bold\">{}: {what}</text>", top - 8.0, escaped(title)));
    put(out, format_args!("<path d=\"M{left} {top}v{HEIGHT}h{WIDTH}\" fill=\"none\" stroke=\"#999\"/>"));
    for share in [0.0, 0.5, 1.0] {
        let (y, label) = (top + HEIGHT * (1.0 - share) + 4.0, most * share);
        put(out, format_args!("<text x=\"{:.0}\" y=\"{y:.0}\" text-anchor=\"end\">{label}</text>", left - 5.0));
        let (x, at) = (left + WIDTH * share, time(end_s * share));
        put(out, format_args!("<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{at}</text>", top + HEIGHT + 14.0));
    }
    for run in runs {
        let place = modes.iter().position(|mode| *mode == run.mode).unwrap_or(0);
        let mut path = String::new();
        let mut before = None;
        for (n, point) in run.series.iter().enumerate() {
            let x = (left + WIDTH * point.at_s / end_s).round();
            let y = (top + HEIGHT * (1.0 - value(point) / most)).round();
            let stays = |other: Option<&Moment>| other.is_some_and(|next| (value(next) - value(point)).abs() < f64::EPSILON);
            // The inside of a level stretch says nothing.
            if before == Some(y) && stays(run.series.get(n + 1)) {
                continue;
            }
            before = Some(y);
            let _ = write!(path, "{x},{y} ");
        }
        let path = path.trim_end();
        put(out, format_args!("<polyline points=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>", colour(place)));
    }
}

fn put(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string can't fail.
    let _ = writeln!(out, "{line}");
}

fn colour(place: usize) -> &'static str {
    COLOURS[place % COLOURS.len()]
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// 1, 2 or 5 times a power of ten.
fn rounded_up(most: f64) -> f64 {
    let power = 10f64.powf(most.log10().floor());
    [1.0, 2.0, 4.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|&bound| bound >= most).unwrap_or(most)
}

fn time(at_s: f64) -> String {
    match at_s {
        s if s < 300.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::RunOutcome;

    fn run(load: &'static str, mode: &'static str) -> Run {
        let outcome = RunOutcome {
            waits: Vec::new(),
            came: 0,
            refused: 0,
            left: 0,
            finished_at: std::time::Duration::ZERO,
            most_waiting: 0,
            most_pods: 0,
            pod_seconds: 0.0,
            series: Vec::new(),
        };
        let series =
            (0..100).map(|n| Moment { at_s: f64::from(n), pods: if n < 50 { 1 } else { 3 }, ready: 1, waiting: 0 }).collect();
        Run { series, ..Run::of(load, mode, &outcome) }
    }

    #[test]
    fn a_row_a_load_and_a_line_a_mode_in_each_of_two_panels() {
        let picture = svg(&[run("steady", "fixed"), run("steady", "keda"), run("burst", "fixed"), run("burst", "keda")]);
        assert_eq!(picture.matches("<polyline").count(), 2 * 2 * 2);
        assert_eq!(picture.matches("<text").count(), 2 + 2 * 2 * 7);
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    }

    #[test]
    fn level_stretches_take_two_points() {
        let picture = svg(&[run("steady", "fixed")]);
        let points = picture.split("points=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert_eq!(points.split(' ').count(), 4, "{points}");
    }

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!([1.0, 3.0, 17.0, 7001.0].map(|most| rounded_up(most).to_string()), ["1", "4", "20", "10000"]);
        assert_eq!([90.0, 3600.0, 86_400.0].map(time), ["90 s", "60 min", "24 h"]);
    }
}
