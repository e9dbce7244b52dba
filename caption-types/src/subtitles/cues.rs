//! The blocks of a file: what is a cue, and what is passed over.
//!
//! `subtitles` calls it with a file's text. Blocks stand between blank lines. In `WebVTT` the header, notes, styles and regions are
//! passed over. Any other block must have a time in its first line, or in its second below a number or a name.

use super::{error::SubtitlesError, timing, words};
use crate::{CaptionFields, spec_error::shown};

/// Words with their time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// The line of the file, from 1, that has its time.
    pub line: usize,
    /// What is said.
    pub text: String,
    /// Its time, and its place where the file tells one.
    pub fields: CaptionFields,
}

/// A line with its number in the file.
type Line<'a> = (usize, &'a str);

/// All cues with words, in the file's order.
pub(super) fn read(text: &str) -> Result<Vec<Cue>, SubtitlesError> {
    let lines = lines(text);
    let is_web_vtt = lines.first().is_some_and(|(_, line)| is_header(line));
    let mut cues = Vec::new();
    let blocks = lines.split(|(_, line)| line.trim().is_empty()).filter(|block| !block.is_empty());
    for (i, block) in blocks.enumerate() {
        if is_web_vtt && (i == 0 || is_passed_over(block)) {
            continue;
        }
        read_block(block, is_web_vtt, &mut cues)?;
    }
    Ok(cues)
}

/// Lines end as on any system: CRLF, LF or CR.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, behind) = match rest.find(['\r', '\n']) {
            Some(end) => {
                let (line, from) = rest.split_at(end);
                (line, from.strip_prefix("\r\n").or_else(|| from.strip_prefix(['\r', '\n'])).unwrap_or_default())
            }
            None => (rest, ""),
        };
        lines.push((lines.len() + 1, line));
        rest = behind;
    }
    lines
}

fn is_header(line: &str) -> bool {
    line.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

fn is_passed_over(block: &[Line<'_>]) -> bool {
    let first = block.first().map_or("", |(_, line)| line);
    let is_of = |name: &str| first.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    ["NOTE", "STYLE", "REGION"].into_iter().any(is_of) && !timing::is_time(first)
}

/// The cues of a block: one, or several where the blank lines between them are missing.
fn read_block(block: &[Line<'_>], is_web_vtt: bool, cues: &mut Vec<Cue>) -> Result<(), SubtitlesError> {
    let mut left = block;
    while let Some((&(number, first), rest)) = left.split_first() {
        let (line, time, behind) = match rest.split_first() {
            _ if timing::is_time(first) => (number, first, rest),
            // SubRip has a number there, WebVTT any name.
            Some((&(line, time), behind)) if timing::is_time(time) && (is_web_vtt || is_number(first)) => (line, time, behind),
            // A number without a cue, as some writers leave behind the last.
            None if is_number(first) && !is_web_vtt => return Ok(()),
            _ => return Err(SubtitlesError::NoTime { line: number, got: shown(first) }),
        };
        let mut fields = timing::read(time, line)?;
        let (payload, next) = behind.split_at(end_of_payload(behind));
        left = next;
        let lines = payload.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
        let (text, at) = words::read(&lines);
        if !text.is_empty() {
            fields.at = fields.at.or(at);
            cues.push(Cue { line, text, fields });
        }
    }
    Ok(())
}

/// How many of the lines are a cue's own: up to the time of the next one, or the number above it.
fn end_of_payload(lines: &[Line<'_>]) -> usize {
    let Some(time) = lines.iter().position(|(_, line)| timing::is_time(line)) else { return lines.len() };
    let has_number = lines[..time].last().is_some_and(|(_, line)| is_number(line));
    time - usize::from(has_number)
}

fn is_number(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit())
}
