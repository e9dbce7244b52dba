//! Few colours for many: boxes that are cut where it helps most, then k-means.
//!
//! `palette` calls it with a histogram. Everything happens in one order on plain `f32` and `f64` arithmetic, so that the same colours come out
//! on any machine; it must never ask for the instructions of one.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "sums of levels and of Oklab coordinates, whose rounding is all that is lost"
)]

use crate::{
    histogram::Counted,
    oklab::{Lab, lab},
};

/// More rounds move no centre by what can be seen.
const ROUNDS: usize = 6;

struct Point {
    lab: Lab,
    rgb: [u8; 3],
    weight: f32,
}

/// A range of the points, with what its best cut would give.
struct Part {
    from: usize,
    to: usize,
    /// The sum of squared distances from the mean.
    spread: f64,
    axis: usize,
}

/// At most `most` colours that stand for `counted`, those of `fixed` not among them: they are in the palette already, and draw what is near them.
pub(crate) fn cluster(counted: &[Counted], fixed: &[[u8; 3]], most: usize) -> Vec<[u8; 3]> {
    let mut points: Vec<Point> =
        counted.iter().map(|Counted { rgb, pixels }| Point { lab: lab(*rgb), rgb: *rgb, weight: *pixels as f32 }).collect();
    if most == 0 || points.is_empty() {
        return Vec::new();
    }
    let mut centres: Vec<Lab> = fixed.iter().map(|rgb| lab(*rgb)).collect();
    centres.extend(cut(&mut points, most));
    let mut colours = Vec::new();
    for _ in 0..ROUNDS {
        colours = step(&points, &mut centres, fixed.len());
    }
    colours
}

/// The means of the parts that the points fall into.
fn cut(points: &mut [Point], most: usize) -> Vec<Lab> {
    let mut parts = vec![part(points, 0, points.len())];
    while parts.len() < most {
        // The first of the worst, so that ties fall the same way always.
        let Some(worst) = (0..parts.len()).reduce(|best, at| if parts[at].spread > parts[best].spread { at } else { best })
        else {
            break;
        };
        let Part { from, to, spread, axis } = parts[worst];
        if spread <= 0.0 {
            break;
        }
        let middle = from + best_cut(&mut points[from..to], axis);
        parts[worst] = part(points, from, middle);
        parts.push(part(points, middle, to));
    }
    parts.iter().map(|part| mean(&points[part.from..part.to])).collect()
}

fn part(points: &[Point], from: usize, to: usize) -> Part {
    let centre = mean(&points[from..to]);
    let mut spreads = [0.0_f64; 3];
    for point in &points[from..to] {
        for axis in 0..3 {
            spreads[axis] += f64::from(point.weight) * f64::from(point.lab[axis] - centre[axis]).powi(2);
        }
    }
    let axis = (0..3).reduce(|best, axis| if spreads[axis] > spreads[best] { axis } else { best }).unwrap_or(0);
    let spread = if to - from < 2 { 0.0 } else { spreads.iter().sum() };
    Part { from, to, spread, axis }
}

fn mean(points: &[Point]) -> Lab {
    let mut sums = [0.0_f64; 3];
    let mut weight = 0.0_f64;
    for point in points {
        weight += f64::from(point.weight);
        for (sum, value) in sums.iter_mut().zip(point.lab) {
            *sum += f64::from(point.weight) * f64::from(value);
        }
    }
    sums.map(|sum| (sum / weight.max(f64::MIN_POSITIVE)) as f32)
}

/// Sorts along the axis and says where the two sides lie closest to their own means: between 1 and all but 1.
fn best_cut(points: &mut [Point], axis: usize) -> usize {
    points.sort_unstable_by(|a, b| a.lab[axis].total_cmp(&b.lab[axis]).then(a.rgb.cmp(&b.rgb)));
    let moments = |points: &[Point]| {
        points.iter().fold((0.0_f64, 0.0_f64), |(weight, sum), point| {
            (weight + f64::from(point.weight), sum + f64::from(point.weight) * f64::from(point.lab[axis]))
        })
    };
    let (all_weight, all_sum) = moments(points);
    let (mut weight, mut sum) = (0.0_f64, 0.0_f64);
    let (mut best, mut best_gain) = (1, f64::MIN);
    for (at, point) in points.iter().enumerate().take(points.len() - 1) {
        weight += f64::from(point.weight);
        sum += f64::from(point.weight) * f64::from(point.lab[axis]);
        // The squared distances shrink by what this sum of squares of sums grows by.
        let gain = sum * sum / weight + (all_sum - sum).powi(2) / (all_weight - weight).max(f64::MIN_POSITIVE);
        if gain > best_gain {
            (best, best_gain) = (at + 1, gain);
        }
    }
    best
}

/// One round of k-means: every point to its nearest centre, every free centre to its points' mean. The mean colours come out.
fn step(points: &[Point], centres: &mut [Lab], fixed: usize) -> Vec<[u8; 3]> {
    let mut sums = vec![([0.0_f64; 3], [0.0_f64; 3], 0.0_f64); centres.len()];
    let mut distances = vec![0.0_f32; centres.len()];
    let axes: [Vec<f32>; 3] = std::array::from_fn(|axis| centres.iter().map(|centre| centre[axis]).collect());
    for point in points {
        let nearest = nearest(point.lab, &axes, &mut distances);
        let (labs, levels, weight) = &mut sums[nearest];
        *weight += f64::from(point.weight);
        for axis in 0..3 {
            labs[axis] += f64::from(point.weight) * f64::from(point.lab[axis]);
            levels[axis] += f64::from(point.weight) * f64::from(point.rgb[axis]);
        }
    }
    let mut colours = Vec::new();
    for (centre, (labs, levels, weight)) in centres.iter_mut().zip(sums).skip(fixed) {
        // A centre without points stands for nothing.
        if weight > 0.0 {
            *centre = labs.map(|sum| (sum / weight) as f32);
            colours.push(levels.map(|sum| (sum / weight + 0.5) as u8));
        }
    }
    colours
}

/// The first of the nearest. `axes` holds all colours' coordinates, one list an axis.
pub(crate) fn nearest(wanted: Lab, axes: &[Vec<f32>; 3], distances: &mut [f32]) -> usize {
    // Two simple loops over lists, which compilers turn into vector instructions.
    for (((distance, l), a), b) in distances.iter_mut().zip(&axes[0]).zip(&axes[1]).zip(&axes[2]) {
        let (l, a, b) = (wanted[0] - l, wanted[1] - a, wanted[2] - b);
        *distance = l * l + a * a + b * b;
    }
    let mut lanes = [f32::MAX; 8];
    let mut chunks = distances.chunks_exact(8);
    for chunk in &mut chunks {
        for (lane, distance) in lanes.iter_mut().zip(chunk) {
            *lane = if *distance < *lane { *distance } else { *lane };
        }
    }
    let least = lanes.iter().chain(chunks.remainder()).fold(f32::MAX, |least, distance| least.min(*distance));
    distances.iter().position(|distance| *distance <= least).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(colours: &[([u8; 3], u32)]) -> Vec<Counted> {
        colours.iter().map(|(rgb, pixels)| Counted { rgb: *rgb, pixels: *pixels }).collect()
    }

    #[test]
    fn separate_heaps_get_a_colour_each() {
        let heaps = counted(&[([0, 0, 0], 9), ([2, 2, 2], 9), ([250, 0, 0], 5), ([254, 0, 0], 5), ([0, 0, 200], 1)]);
        let mut found = cluster(&heaps, &[], 3);
        found.sort_unstable();
        assert_eq!(found, [[0, 0, 200], [1, 1, 1], [252, 0, 0]]);
    }

    #[test]
    fn no_more_colours_than_there_are() {
        assert_eq!(cluster(&counted(&[([7, 8, 9], 3)]), &[], 256), [[7, 8, 9]]);
        assert_eq!(cluster(&[], &[], 256), Vec::<[u8; 3]>::new());
        assert_eq!(cluster(&counted(&[([7, 8, 9], 3)]), &[], 0), Vec::<[u8; 3]>::new());
    }

    #[test]
    fn a_fixed_colour_draws_what_is_near_it() {
        let found =
            cluster(&counted(&[([255, 255, 255], 100), ([254, 254, 254], 100), ([10, 10, 10], 1)]), &[[255, 255, 255]], 1);
        assert!(found.is_empty() || found[0][0] < 128 || found[0][0] > 250, "{found:?}");
    }
}
