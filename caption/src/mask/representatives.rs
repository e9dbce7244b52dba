//! A few colours that stand for many: those of emoji, and what plates and shadows make of a picture.
//!
//! The mask asks for an emoji, planning for a palette. It knows no pixel's place.

use crate::difference::Lab;

/// How often the colours are moved to the middle of the shades that are nearest to them.
const ROUNDS: usize = 12;

/// At most so many colours that stand for all of these, each of which has so many pixels: those of most pixels first.
///
/// Each next one is where most is lost so far; then all move to the middle of what is nearest to them, a few times.
#[expect(clippy::cast_precision_loss, reason = "a weight")]
pub(crate) fn representatives(shades: &[([u8; 3], u32)], most: usize) -> Vec<[u8; 3]> {
    let shades: Vec<([u8; 3], u32, Lab)> = shades.iter().map(|&(colour, count)| (colour, count, Lab::of(colour))).collect();
    let mut chosen: Vec<[u8; 3]> = Vec::new();
    let mut loss = vec![1.0_f32; shades.len()];
    while chosen.len() < most {
        let weighed = shades.iter().zip(&loss).map(|((_, count, _), loss)| loss * *count as f32);
        let Some((next, weight)) = weighed.enumerate().max_by(|one, other| one.1.total_cmp(&other.1)) else { break };
        let Some(&(colour, _, lab)) = shades.get(next).filter(|_| weight > 0.0) else { break };
        for (loss, shade) in loss.iter_mut().zip(&shades) {
            let far = lab.squared_difference(shade.2);
            *loss = if chosen.is_empty() { far } else { loss.min(far) };
        }
        chosen.push(colour);
    }
    let mut sums = Vec::new();
    for _ in 0..ROUNDS {
        let labs: Vec<Lab> = chosen.iter().copied().map(Lab::of).collect();
        sums = vec![Sum::default(); chosen.len()];
        for &(colour, count, lab) in &shades {
            let Some(place) = nearest(&labs, lab) else { continue };
            if let (Some(own), Some(Sum { channels, weight, pixels })) = (labs.get(place), sums.get_mut(place)) {
                // What is far off counts less: the mean difference is to be small, and not that of the squares.
                let part = u64::from(count) * nearness(own.squared_difference(lab).sqrt());
                channels.iter_mut().zip(colour).for_each(|(sum, v)| *sum += u64::from(v) * part);
                *weight += part;
                *pixels += u64::from(count);
            }
        }
        for (colour, Sum { channels, weight, .. }) in chosen.iter_mut().zip(&sums) {
            if *weight > 0 {
                *colour = channels.map(|sum| mean(sum, *weight));
            }
        }
    }
    let mut weighed: Vec<(u64, [u8; 3])> = sums.iter().map(|sum: &Sum| sum.pixels).zip(chosen).collect();
    weighed.sort_by_key(|&(pixels, _)| std::cmp::Reverse(pixels));
    weighed.into_iter().map(|(_, colour)| colour).collect()
}

/// What is nearest to one colour.
#[derive(Clone, Copy, Default)]
struct Sum {
    channels: [u64; 3],
    weight: u64,
    pixels: u64,
}

/// 256 of what is no farther than dE 3, and the less the farther something is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 256, and not negative")]
fn nearness(difference: f32) -> u64 {
    (768.0 / difference.max(3.0)) as u64 + 1
}

/// The place of the colour that looks most like another.
pub(super) fn nearest(colours: &[Lab], wanted: Lab) -> Option<usize> {
    let far = colours.iter().map(|colour| colour.squared_difference(wanted)).enumerate();
    far.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(place, _)| place)
}

/// A sum in so many parts.
pub(super) fn mean(sum: u64, count: u64) -> u8 {
    u8::try_from((sum + count / 2) / count.max(1)).unwrap_or(u8::MAX)
}
