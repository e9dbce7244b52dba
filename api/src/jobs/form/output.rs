//! The parts of a form about the file that comes out: kind, bytes, sides, and the platform whose limits fill in the rest.
//!
//! `form` calls it where there is no spec.

use std::collections::BTreeMap;

use proto_shared::{OutputFields, Platforms, SpecError};

use crate::problem::{Documented, Problem, Refusal, refusals};

refusals! {
    /// Why parts say nothing of an output.
    pub(crate) enum OutputRefusal: Spec(SpecError), Platform(UnknownPlatform) {}
}

/// A platform that is none of those whose limits are known.
#[derive(Debug)]
pub(crate) struct UnknownPlatform(SpecError);

impl Refusal for UnknownPlatform {
    fn problem(&self) -> Problem {
        self.0.problem()
    }

    fn documented() -> Vec<Documented> {
        let unknown = Platforms::shipped().get("myspace").err();
        unknown.into_iter().map(|unknown| Documented::example(Self(unknown).problem())).collect()
    }
}

/// What the parts say. Those that are read are taken out of `parts`.
pub(super) fn fields_of(
    parts: &mut BTreeMap<&'static str, String>,
    platforms: &Platforms,
) -> Result<OutputFields, OutputRefusal> {
    let mut fields = OutputFields::default();
    for name in OutputFields::NAMES {
        if let Some(text) = parts.remove(name) {
            fields.set(name, &text)?;
        }
    }
    let Some(platform) = parts.remove("fit") else { return Ok(fields) };
    Ok(fields.over(platforms.get(&platform).map_err(UnknownPlatform)?.output()))
}

#[cfg(test)]
mod tests {
    use proto_shared::{ByteSize, Format};

    use super::*;

    #[test]
    fn a_platform_fills_in_what_no_part_says() {
        let of = |parts: &[(&'static str, &str)]| {
            let mut parts = parts.iter().map(|&(name, text)| (name, text.to_owned())).collect();
            fields_of(&mut parts, &Platforms::shipped())
        };
        let fields = of(&[("fit", "whatsapp"), ("max_bytes", "100kB")]).unwrap();
        assert_eq!((fields.format, fields.max_bytes, fields.max_height), (Format::Webp, Some(ByteSize(100_000)), Some(512)));
        assert_eq!(of(&[]).unwrap(), OutputFields::default());
        assert!(matches!(of(&[("fit", "myspace")]), Err(OutputRefusal::Platform(_))));
        assert!(matches!(of(&[("max_width", "wide")]), Err(OutputRefusal::Spec(e)) if e.field == "max_width"));
    }
}
