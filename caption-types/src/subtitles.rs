//! Subtitle files, `SubRip` and `WebVTT`, as captions with their times.
//!
//! The command line and the form of api read with it. A file is read whole or refused by the line that is wrong: a cue is never
//! left out in silence. It draws nothing, and knows no picture: whether a cue comes after the last frame is not seen here.

mod cues;
mod decoding;
mod error;
mod timing;
mod words;

pub use self::{cues::Cue, error::SubtitlesError};
use crate::{Position, bounds::MAX_CAPTIONS};

/// Reads a file of either format: `WebVTT` begins with `WEBVTT`, all else is taken for `SubRip`.
///
/// Cues without words show nothing, and are passed over.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn read(bytes: &[u8]) -> Result<Vec<Cue>, SubtitlesError> {
    let text = decoding::decode(bytes)?;
    let cues = cues::read(&text)?;
    if cues.is_empty() {
        return Err(SubtitlesError::Empty);
    }
    if cues.len() > MAX_CAPTIONS {
        return Err(SubtitlesError::TooMany { got: cues.len() });
    }
    check_overlaps(&cues)?;
    Ok(cues)
}

/// Two cues may be shown at one time where each has a place of its own.
fn check_overlaps(cues: &[Cue]) -> Result<(), SubtitlesError> {
    let place = |cue: &Cue| (cue.fields.at.unwrap_or(Position::Bottom), cue.fields.align.unwrap_or_default());
    let time = |cue: &Cue| cue.fields.from.zip(cue.fields.to);
    for (i, one) in cues.iter().enumerate() {
        for other in &cues[..i] {
            let (Some((from, to)), Some((other_from, other_to))) = (time(one), time(other)) else { continue };
            if place(one) == place(other) && from < other_to && other_from < to {
                let [(later, from, _), (earlier, _, to)] = if from < other_from {
                    [(other, other_from, other_to), (one, from, to)]
                } else {
                    [(one, from, to), (other, other_from, other_to)]
                };
                return Err(SubtitlesError::Overlap { line: later.line, other: earlier.line, from, to });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
