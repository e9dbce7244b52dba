//! The search for a file of no more bytes than are allowed, at the least that has to be given up.
//!
//! `remake` calls it with a way to make a file at a step. A file is made at most [`MOST_MADE`] times, and no more than [`MOST_LOSSY`]
//! times by packing and loss alone.

use caption_layout::Error;

use super::steps::Steps;

/// How often a file is made in all.
const MOST_MADE: usize = 8;
/// How often by packing and loss alone.
const MOST_LOSSY: usize = 3;
/// A file of so many of the bytes that are allowed, in hundredths, is near enough; the second where it was made often already.
const NEAR: [u64; 2] = [90, 75];
/// From the so manieth file on the second counts.
const OFTEN: usize = 5;
/// What is aimed at, as a part of what is allowed.
const AIM: f64 = 0.96;
/// Steps that are alike.
const ALIKE: f64 = 0.02;

/// What was found.
pub(super) enum Found<M> {
    /// A file within the bound.
    Within(M),
    /// None: the smallest has so many bytes.
    Smallest(u64),
}

/// Finds the first step whose file has at most `most_bytes`.
///
/// # Errors
/// Those of `file_at`. A text that does not fit a picture that small ends the search there.
pub(super) fn find<M>(
    steps: Steps,
    most_bytes: u64,
    mut file_at: impl FnMut(f64) -> Result<M, Error>,
    bytes_of: impl Fn(&M) -> u64,
) -> Result<Found<M>, Error> {
    let mut made = file_at(0.0)?;
    let mut bytes = bytes_of(&made);
    if bytes <= most_bytes {
        return Ok(Found::Within(made));
    }
    let mut smallest = bytes;
    // The last step that was too large, with its bytes, and the first that was small enough, with its bytes and its file.
    let (mut large, mut large_bytes) = (0.0_f64, bytes);
    let mut small: Option<(f64, u64, M)> = None;
    // The step of the last file that was made.
    let (mut lossy, mut step) = (1, 0.0);
    // The first step whose picture is known to be too small for the text.
    let mut textless: Option<f64> = None;
    for made_before in 1..MOST_MADE {
        let last = textless.map_or(Steps::LAST, |textless| f64::midpoint(large.max(Steps::FULL_SIZE), textless));
        let next = small.as_ref().map_or(last, |(step, ..)| *step);
        if next - large < ALIKE {
            break;
        }
        let aim = AIM * as_number(most_bytes);
        let wanted = match &small {
            Some((_, small_bytes, _)) => between(as_number(large_bytes), as_number(*small_bytes), aim, [large, next]),
            // What is expected, corrected by what the last file had.
            None => first_at_most(steps, aim * steps.expected(step) / as_number(bytes)),
        };
        let lowest = large + (next - large) / 16.0;
        let mut wanted = wanted.clamp(lowest, if small.is_some() { next - (next - large) / 16.0 } else { last });
        if wanted < Steps::LOSSIEST && lossy >= MOST_LOSSY {
            if next <= Steps::LOSSIEST {
                break;
            }
            wanted = Steps::LOSSIEST;
        }
        made = match file_at(wanted) {
            Ok(made) => made,
            Err(Error::TextDoesNotFit { .. }) => {
                textless = Some(wanted);
                continue;
            }
            Err(error) => return Err(error),
        };
        lossy += usize::from(wanted < Steps::LOSSIEST);
        step = wanted;
        bytes = bytes_of(&made);
        smallest = smallest.min(bytes);
        if bytes <= most_bytes {
            let is_near = bytes * 100 >= most_bytes * NEAR[usize::from(made_before >= OFTEN)];
            small = Some((step, bytes, made));
            if is_near {
                break;
            }
        } else {
            (large, large_bytes) = (step, bytes);
            if step >= Steps::LAST {
                break;
            }
        }
    }
    Ok(small.map_or(Found::Smallest(smallest), |(.., made)| Found::Within(made)))
}

/// Between two steps, where a third number of bytes is to be expected: bytes fall by the same part with each stretch.
fn between(large: f64, small: f64, aim: f64, [from, to]: [f64; 2]) -> f64 {
    // Bisected rather than by logarithms, which differ between machines.
    let (mut low, mut high) = ((0.0, large), (1.0, small.max(1.0)));
    for _ in 0..16 {
        let middle = (f64::midpoint(low.0, high.0), (low.1 * high.1).sqrt());
        if middle.1 > aim { low = middle } else { high = middle }
    }
    from + (to - from) * high.0
}

/// The first step at which no more than a part of the bytes is expected.
fn first_at_most(steps: Steps, part: f64) -> f64 {
    let (mut large, mut small) = (0.0, Steps::LAST);
    for _ in 0..24 {
        let middle = f64::midpoint(large, small);
        if steps.expected(middle) <= part { small = middle } else { large = middle }
    }
    small
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files are far below 2^53")]
fn as_number(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use caption_layout::MediaType;
    use proptest::prelude::*;

    use super::*;

    const GIF: Steps = Steps { media: MediaType::Gif, mean_delay_us: 40_000, quality: None };

    proptest! {
        #[test]
        fn what_can_be_had_is_found_in_few_files(whole in 10_000_u64..50_000_000, part in 0.02_f64..1.2, bend in 0.4_f64..2.5) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test's numbers")]
            let bytes_at = |step: f64| (as_number(whole) * GIF.expected(step).powf(bend)) as u64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test's numbers")]
            let most = (as_number(whole) * part) as u64;
            let mut made = Vec::new();
            let found = find(GIF, most, |step| { made.push(step); Ok(step) }, |&step| bytes_at(step)).unwrap();
            prop_assert!(made.len() <= MOST_MADE);
            prop_assert!(made.iter().filter(|&&step| step < Steps::LOSSIEST).count() <= MOST_LOSSY);
            match found {
                Found::Within(step) => prop_assert!(bytes_at(step) <= most),
                Found::Smallest(smallest) => {
                    prop_assert!(smallest > most && bytes_at(Steps::LAST) > most * 9 / 10, "{smallest} {most} {}", bytes_at(Steps::LAST));
                }
            }
        }
    }

    #[test]
    fn a_text_that_does_not_fit_ends_the_search_before_it() {
        let does_not_fit = Error::TextDoesNotFit { chars: 1, fitting_chars: 0, width_px: 1, height_px: 1, size_px: 4 };
        let make = |step: f64| if step > 3.2 { Err(does_not_fit.clone()) } else { Ok(step) };
        let found = find(GIF, 100, make, |_| 10_000).unwrap();
        assert!(matches!(found, Found::Smallest(10_000)));
        // Between the two there are files that are small enough, and one of them is found.
        let found = find(GIF, 5_000, make, |&step| if step > 3.05 { 4_900 } else { 10_000 }).unwrap();
        assert!(matches!(found, Found::Within(step) if step > 3.05 && step <= 3.2));
    }
}
