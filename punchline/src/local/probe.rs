//! `punchline probe`: what a picture is and whether it is within the limits, without decoding it.

use std::path::PathBuf;

use caption::{MediaType, Probe};

use crate::{
    exit::{Failure, Reason},
    files,
    local::limit_flags::LimitFlags,
};

/// Say what a picture is (size, frames, duration, loops) and whether it is within the limits.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  punchline probe cat.gif
  punchline probe --json cat.gif | jq .frames

Exit codes: 0 within the limits, 2 usage, 65 bad input, 66 no input.")]
pub(crate) struct ProbeArgs {
    /// The picture; `-` is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// Answer as one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitFlags,
}

#[derive(serde::Serialize)]
struct ProbeLine {
    media: MediaType,
    width_px: u32,
    height_px: u32,
    frames: u32,
    total_pixels: u64,
    duration_cs: u64,
    loop_count: Option<u16>,
    bytes: usize,
}

pub(crate) fn run(args: &ProbeArgs) -> Result<(), Failure> {
    let limits = args.limits.limits();
    let bytes = files::read(&args.input, limits.largest_file_bytes())?;
    let found = caption::probe(&bytes, &limits)?;
    if args.json {
        files::print(serde_json::to_string(&line(&found, bytes.len())).map_err(|e| Failure::new(Reason::Internal, e))?)
    } else {
        files::print(sentence(&found, bytes.len()))
    }
}

fn line(found: &Probe, bytes: usize) -> ProbeLine {
    ProbeLine {
        media: found.media,
        width_px: found.width_px,
        height_px: found.height_px,
        frames: found.frames,
        total_pixels: found.total_pixels,
        duration_cs: found.duration_cs,
        loop_count: found.loop_count,
        bytes,
    }
}

fn sentence(found: &Probe, bytes: usize) -> String {
    let media = format!("{:?}", found.media).to_uppercase();
    let size = format!("{media}, {} x {} pixels, {bytes} bytes", found.width_px, found.height_px);
    if found.media != MediaType::Gif && found.frames == 1 {
        return size;
    }
    let loops = match found.loop_count {
        None => "plays once".to_owned(),
        Some(0) => "loops for ever".to_owned(),
        Some(count) => format!("loops {count} times"),
    };
    let (frames, s) = (found.frames, if found.frames == 1 { "" } else { "s" });
    format!("{size}, {frames} frame{s} in {}.{:02} s, {loops}", found.duration_cs / 100, found.duration_cs % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gif_is_told_in_a_sentence() {
        let found = Probe {
            media: MediaType::Gif,
            width_px: 500,
            height_px: 281,
            frames: 27,
            total_pixels: 1,
            duration_cs: 270,
            loop_count: Some(0),
        };
        assert_eq!(sentence(&found, 1_526_523), "GIF, 500 x 281 pixels, 1526523 bytes, 27 frames in 2.70 s, loops for ever");
    }
}
