//! placeholder
use super::{pictures::Pictures, steps::Step};
use caption_layout::Error;
pub(super) struct Written {
    pub file: Vec<u8>,
    pub left_colours: Option<u16>,
    pub has_lost_translucency: bool,
}
pub(super) fn write(_p: &mut Pictures<'_>, _l: Option<u16>, _s: &Step, _e: bool, _r: impl Fn(usize)) -> Result<Written, Error> {
    Err(Error::Encode { what: "no gif yet".into() })
}
