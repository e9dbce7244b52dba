//! Everything that can be wrong with a picture, a spec or a font, each with a stable code.
//!
//! Returned by every entry point of the crate. Messages are for people and name the limit and what
//! was got. Nothing here says what to do about it.

use caption_types::{ErrorCode, ImageName};

/// Why a picture was refused or a render stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More bytes than [`crate::Limits::max_bytes`].
    #[error("the file has {got_bytes} bytes, the limit is {limit_bytes}")]
    FileTooLarge {
        /// Its length.
        got_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// The first bytes are those of no kind we take.
    #[error("the file is not a GIF, PNG, JPEG, WebP, MP4 or MOV")]
    UnsupportedMedia,
    /// The same of an image of one's own.
    #[error("the file is not a GIF, PNG, JPEG or WebP")]
    UnsupportedImage,
    /// The file ends inside a block.
    #[error("the file is truncated: it ends at byte {at_byte} inside {inside}")]
    Truncated {
        /// Where it ends.
        at_byte: u64,
        /// What was being read.
        inside: &'static str,
    },
    /// The file contradicts its own format.
    #[error("the file is malformed: {what}")]
    Malformed {
        /// The contradiction.
        what: String,
    },
    /// No width or no height.
    #[error("the picture is {width_px} x {height_px} pixels, there is nothing to caption")]
    ZeroSized {
        /// Its width.
        width_px: u32,
        /// Its height.
        height_px: u32,
    },
    /// An animation without frames.
    #[error("the animation has no frame")]
    NoFrames,
    /// A side over [`crate::Limits::max_side_px`].
    #[error("the picture is {width_px} x {height_px} pixels, the limit is {limit_px} a side")]
    CanvasTooLarge {
        /// Its width.
        width_px: u32,
        /// Its height.
        height_px: u32,
        /// The limit.
        limit_px: u32,
    },
    /// A side over [`crate::Limits::max_side_px`] of a still that can't be captioned by rows.
    #[error(
        "the picture is {width_px} x {height_px} pixels, the limit of {what} is {limit_px} a side: only a baseline JPEG of one \
        scan and a PNG that is not interlaced may have more"
    )]
    NotByRows {
        /// Its width.
        width_px: u32,
        /// Its height.
        height_px: u32,
        /// What it is.
        what: &'static str,
        /// The limit.
        limit_px: u32,
    },
    /// More pixels than [`crate::Limits::max_still_pixels`].
    #[error("the picture has {got} pixels, the limit is {limit}")]
    StillTooLarge {
        /// Its width times its height.
        got: u64,
        /// The limit.
        limit: u64,
    },
    /// More frames than [`crate::Limits::max_frames`].
    #[error("the animation has more than {limit} frames")]
    TooManyFrames {
        /// The limit; counting stops there.
        limit: u32,
    },
    /// More frames than [`crate::Limits::max_video_frames`].
    #[error("the video has more than {limit} frames")]
    TooManyVideoFrames {
        /// The limit; counting stops there.
        limit: u32,
    },
    /// Longer than [`crate::Limits::max_video_s`].
    #[error("the video is {}.{} s long, the limit is {limit_s} s", got_ms / 1000, got_ms % 1000 / 100)]
    VideoTooLong {
        /// How long it is.
        got_ms: u64,
        /// The limit.
        limit_s: u32,
    },
    /// A video of a kind that is not read.
    #[error("the file is {got}; a video is read that has H.264 with 8 bits, 4:2:0 and whole frames, in MP4 or MOV")]
    UnsupportedVideo {
        /// What it is.
        got: String,
    },
    /// A video, and a program that was built without what decodes one.
    #[error("the file is a video, and this program was built without videos; the feature `video` builds them in")]
    VideoNotBuiltIn,
    /// More pixels over all frames than [`crate::Limits::max_total_pixels`].
    #[error("the frames have at least {got} pixels together, the limit is {limit}")]
    TooManyPixels {
        /// What was counted before stopping.
        got: u64,
        /// The limit.
        limit: u64,
    },
    /// A spec without words.
    #[error("the caption has no text")]
    EmptyText,
    /// A text of characters that leave no mark: joiners, fillers, marks of direction.
    #[error("the text has no character that can be seen")]
    NoVisibleText,
    /// The smallest letters are still too large.
    #[error("the text of {chars} characters does not fit {width_px} x {height_px} pixels, even at {size_px} px a letter; {}",
        what_fits(*fitting_chars))]
    TextDoesNotFit {
        /// Characters of the text.
        chars: usize,
        /// How many of them would fit, from the first on.
        fitting_chars: usize,
        /// The room there is.
        width_px: u32,
        /// The room there is.
        height_px: u32,
        /// The smallest size tried.
        size_px: u32,
    },
    /// A caption has a time, and the picture has none.
    #[error("a still picture has no time: `from`, `to` and `frames` are for animations")]
    NoTime,
    /// An image of one's own can't be used.
    #[error("{}: {why}", name.field())]
    Image {
        /// Its name.
        name: ImageName,
        /// What is wrong with it.
        why: Box<Error>,
    },
    /// The bytes are not a usable font.
    #[error("the font can't be used: {what}")]
    BadFont {
        /// What its reader said.
        what: String,
    },
    /// `caption::Watch::cancelled` was set.
    #[error("the work was cancelled")]
    Cancelled,
    /// The picture differs from what was asked for, and the spec is strict.
    #[error("the picture would not be as it was asked for: {what}")]
    NotAsAsked {
        /// Each difference, with its figures.
        what: String,
    },
    /// No file of so few bytes as were allowed can be made.
    #[error("the smallest file that can be made has {smallest_bytes} bytes, and {limit_bytes} are allowed{}",
        if *is_exact { ": an exact spec gives up nothing" } else { "" })]
    FitNotPossible {
        /// The smallest that was made.
        smallest_bytes: u64,
        /// What was allowed.
        limit_bytes: u64,
        /// Whether it had to be exact.
        is_exact: bool,
    },
    /// No picture of the sides that are allowed has room for the captions.
    #[error("the captions do not fit a picture of at most {} x {} pixels, bars included", side(*max_width), side(*max_height))]
    SidesNotPossible {
        /// The widest that is allowed.
        max_width: Option<u32>,
        /// The highest that is allowed.
        max_height: Option<u32>,
    },
    /// A still could not be written.
    #[error("failed to encode the picture: {what}")]
    Encode {
        /// What its writer said.
        what: String,
    },
}

fn side(most: Option<u32>) -> String {
    most.map_or_else(|| "any".to_owned(), |most| most.to_string())
}

fn what_fits(chars: usize) -> String {
    match chars {
        0 => "no character fits at that size".to_owned(),
        1 => "one character would fit".to_owned(),
        chars => format!("about {chars} characters would fit"),
    }
}

impl Error {
    /// The field of the spec that it is about, where it is about one.
    #[must_use]
    pub fn field(&self) -> Option<String> {
        match self {
            Self::Image { name, .. } => Some(name.field()),
            Self::FitNotPossible { .. } => Some("max_bytes".to_owned()),
            Self::SidesNotPossible { max_height: Some(_), .. } => Some("max_height".to_owned()),
            Self::SidesNotPossible { .. } => Some("max_width".to_owned()),
            _ => None,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::FileTooLarge { .. } => ErrorCode::FileTooLarge,
            Self::UnsupportedMedia | Self::UnsupportedImage => ErrorCode::UnsupportedMedia,
            Self::Truncated { .. } => ErrorCode::Truncated,
            Self::Malformed { .. } => ErrorCode::Malformed,
            Self::ZeroSized { .. } => ErrorCode::ZeroSized,
            Self::NoFrames => ErrorCode::NoFrames,
            Self::CanvasTooLarge { .. } | Self::NotByRows { .. } => ErrorCode::CanvasTooLarge,
            Self::TooManyFrames { .. } | Self::TooManyVideoFrames { .. } => ErrorCode::TooManyFrames,
            Self::TooManyPixels { .. } | Self::StillTooLarge { .. } => ErrorCode::TooManyPixels,
            Self::VideoTooLong { .. } => ErrorCode::VideoTooLong,
            Self::UnsupportedVideo { .. } => ErrorCode::UnsupportedVideo,
            Self::VideoNotBuiltIn => ErrorCode::VideoOff,
            Self::EmptyText => ErrorCode::EmptyText,
            Self::NoVisibleText => ErrorCode::NoVisibleText,
            Self::TextDoesNotFit { .. } => ErrorCode::TextDoesNotFit,
            Self::NoTime => ErrorCode::BadSpec,
            Self::Image { why, .. } => why.code(),
            Self::BadFont { .. } => ErrorCode::BadFont,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::NotAsAsked { .. } => ErrorCode::NotAsAsked,
            Self::FitNotPossible { .. } | Self::SidesNotPossible { .. } => ErrorCode::FitNotPossible,
            Self::Encode { .. } => ErrorCode::Internal,
        }
    }
}
