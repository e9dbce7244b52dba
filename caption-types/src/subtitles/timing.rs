//! The line of a cue that says when it is shown, and where.
//!
//! `cues` reads each with it. Of `WebVTT`'s settings `line` and `align` are read, as near as a caption has such a place; `position`,
//! `size`, `vertical` and `region` are passed over, as are `SubRip`'s coordinates.

use super::error::SubtitlesError;
use crate::{Align, CaptionFields, Position, Seconds, spec_error::shown};

/// What stands between the two times of a cue.
const ARROW: &str = "-->";

/// Whether a line is to be a time.
pub(super) fn is_time(line: &str) -> bool {
    line.contains(ARROW)
}

/// When a cue is shown, and where if it says so.
pub(super) fn read(line: &str, number: usize) -> Result<CaptionFields, SubtitlesError> {
    let Some((begin, rest)) = line.split_once(ARROW) else {
        return Err(SubtitlesError::NoTime { line: number, got: shown(line) });
    };
    let mut words = rest.split_whitespace();
    let time = |text: &str| seconds(text).ok_or_else(|| SubtitlesError::BadTime { line: number, got: shown(text) });
    let (from, to) = (time(begin.trim())?, time(words.next().unwrap_or_default())?);
    if to <= from {
        return Err(SubtitlesError::Backwards { line: number, from, to });
    }
    let mut fields = CaptionFields { from: Some(from), to: Some(to), ..CaptionFields::default() };
    for setting in words {
        match setting.split_once(':') {
            Some(("line", value)) => fields.at = line_position(value).or(fields.at),
            Some(("align", "start" | "left")) => fields.align = Some(Align::Left),
            Some(("align", "center" | "middle")) => fields.align = Some(Align::Center),
            Some(("align", "end" | "right")) => fields.align = Some(Align::Right),
            _ => {}
        }
    }
    Ok(fields)
}

/// `0` is the first line and `-1` the last; `0%` is the top.
fn line_position(value: &str) -> Option<Position> {
    let value = value.split(',').next()?;
    if let Some(percent) = value.strip_suffix('%') {
        let percent: f32 = percent.parse().ok()?;
        return Some(match percent {
            _ if percent < 34.0 => Position::Top,
            _ if percent < 67.0 => Position::Middle,
            _ => Position::Bottom,
        });
    }
    let line: f32 = value.parse().ok()?;
    // A picture has some twenty lines for a player; a line is told from above up to the middle.
    Some(if (0.0..8.0).contains(&line) { Position::Top } else { Position::Bottom })
}

/// `01:02:03,456`, `02:03.456`, and what sloppy writers make of them: a fraction of fewer digits, or none.
fn seconds(text: &str) -> Option<Seconds> {
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, ""));
    let mut total = 0.0;
    let parts: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&parts.len()) || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    for (i, part) in parts.iter().enumerate() {
        let part = part.trim();
        if part.is_empty() || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: f64 = part.parse().ok()?;
        if i > 0 && number >= 60.0 {
            return None;
        }
        total = total * 60.0 + number;
    }
    if !fraction.is_empty() {
        total += format!("0.{fraction}").parse::<f64>().ok()?;
    }
    Seconds::try_from(total).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_both_formats_have_them() {
        for (text, steps) in [
            ("00:00:01,500", Some(150)),
            ("00:01.25", Some(125)),
            ("1:02:03.456", Some(372_346)),
            ("0:00:02", Some(200)),
            ("00:00:00,005", Some(1)),
            ("24:00:00,000", Some(8_640_000)),
            ("24:00:00,010", None),
            ("00:60:00,000", None),
            ("12", None),
            ("00:00:-1,000", None),
            ("00:00:01,5x", None),
            ("::", None),
            ("", None),
        ] {
            assert_eq!(seconds(text).map(Seconds::steps), steps, "{text}");
        }
    }

    #[test]
    fn a_place_is_read_as_near_as_a_caption_has_one() {
        let of = |settings: &str| {
            let fields = read(&format!("00:00.000 --> 00:01.000 {settings}"), 1).unwrap();
            (fields.at, fields.align)
        };
        assert_eq!(of("line:0% align:start position:10%,line-left size:35%"), (Some(Position::Top), Some(Align::Left)));
        assert_eq!(of("line:50%,center"), (Some(Position::Middle), None));
        assert_eq!(
            (of("line:90%").0, of("line:0").0, of("line:-1").0),
            (Some(Position::Bottom), Some(Position::Top), Some(Position::Bottom))
        );
        assert_eq!(of("X1:40 X2:600 Y1:20 Y2:50 line:x align:x vertical:rl"), (None, None));
    }
}
