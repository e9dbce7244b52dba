//! What the file that comes out is to be: its kind, how many bytes it may have, how large a picture.
//!
//! Part of the caption spec. JSON, forms and command lines read it by the same names. Which kinds a source can become is the
//! engine's to say.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, SpecError, bounds::MAX_OUTPUT_SIDE_PX, spec_error::shown};

/// The kind of file that comes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The source's own kind.
    #[default]
    Same,
    /// GIF: at most 256 colours a frame, and no translucent pixel.
    Gif,
    /// WebP, animated if the source is.
    Webp,
    /// PNG, animated if the source is.
    Apng,
}

impl Format {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Same, Self::Gif, Self::Webp, Self::Apng];

    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Apng => "apng",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| {
            let message = format!("one of `same`, `gif`, `webp`, `apng` was expected, got `{}`", shown(text));
            SpecError::new(ErrorCode::BadSpec, "format", message)
        })
    }
}

/// A number of bytes. JSON has it as a number; text may have a unit: `8000000`, `8MB`, `512 kB`, `7.5MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// The fewest that may be asked for: no captioned picture has less.
    pub const LEAST: u64 = 100;
    /// The most that may be asked for.
    pub const MOST: u64 = 1_000_000_000_000;
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = *self;
        let tenths = |unit: u64| (bytes + unit / 20) / (unit / 10);
        match bytes {
            0..1_000 => write!(f, "{bytes} bytes"),
            1_000..999_950 => write!(f, "{}.{} kB", tenths(1_000) / 10, tenths(1_000) % 10),
            _ => write!(f, "{}.{} MB", tenths(1_000_000) / 10, tenths(1_000_000) % 10),
        }
    }
}

impl FromStr for ByteSize {
    type Err = SpecError;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds that are checked before")]
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let refused = || {
            let message = format!("a number of bytes was expected, such as `8MB`, `512kB` or `800000`, got `{}`", shown(text));
            SpecError::new(ErrorCode::BadSpec, "max_bytes", message)
        };
        let trimmed = text.trim();
        let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(digits);
        let number: f64 = number.parse().map_err(|_| refused())?;
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1.0,
            "k" | "kb" => 1e3,
            "m" | "mb" => 1e6,
            "g" | "gb" => 1e9,
            "kib" => 1024.0,
            "mib" => 1_048_576.0,
            "gib" => 1_073_741_824.0,
            _ => return Err(refused()),
        };
        Ok(Self((number * unit) as u64))
    }
}

/// The fields of a spec about the file that comes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputFields {
    /// Its kind.
    pub format: Format,
    /// The most bytes it may have.
    pub max_bytes: Option<ByteSize>,
    /// The widest it may be, in pixels.
    pub max_width: Option<u32>,
    /// The highest it may be, in pixels.
    pub max_height: Option<u32>,
}

impl OutputFields {
    /// Their names, as JSON and forms have them.
    pub const NAMES: [&'static str; 4] = ["format", "max_bytes", "max_width", "max_height"];

    /// Reads one field from text, as forms and command lines have it.
    ///
    /// # Errors
    /// A name that is no field's, or a value that the field does not take.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), SpecError> {
        let side = || {
            let message = format!("a number of pixels was expected, got `{}`", shown(text));
            text.trim().parse::<u32>().map_err(|_| SpecError::new(ErrorCode::BadSpec, name, message))
        };
        match name {
            "format" => self.format = text.parse()?,
            "max_bytes" => self.max_bytes = Some(text.parse()?),
            "max_width" => self.max_width = Some(side()?),
            "max_height" => self.max_height = Some(side()?),
            _ => return Err(SpecError::new(ErrorCode::BadSpec, shown(name), "no field of an output has this name")),
        }
        Ok(())
    }

    /// These, and what they don't say as `under` has it.
    #[must_use]
    pub fn over(self, under: Self) -> Self {
        Self {
            format: if self.format == Format::Same { under.format } else { self.format },
            max_bytes: self.max_bytes.or(under.max_bytes),
            max_width: self.max_width.or(under.max_width),
            max_height: self.max_height.or(under.max_height),
        }
    }

    /// Checks the bounds.
    ///
    /// # Errors
    /// The first field beyond one.
    pub(crate) fn validate(self) -> Result<(), SpecError> {
        if let Some(ByteSize(bytes)) = self.max_bytes
            && !(ByteSize::LEAST..=ByteSize::MOST).contains(&bytes)
        {
            let limit = if bytes < ByteSize::LEAST { ByteSize::LEAST } else { ByteSize::MOST };
            let message = format!("{} to {} bytes are allowed, got {bytes}", ByteSize::LEAST, ByteSize::MOST);
            return Err(SpecError::new(ErrorCode::BadSpec, "max_bytes", message).beyond(limit, bytes));
        }
        for (name, side) in [("max_width", self.max_width), ("max_height", self.max_height)] {
            if let Some(px) = side.filter(|px| !(1..=MAX_OUTPUT_SIDE_PX).contains(px)) {
                let limit = if px == 0 { 1 } else { MAX_OUTPUT_SIDE_PX };
                let message = format!("1 to {MAX_OUTPUT_SIDE_PX} pixels are allowed, got {px}");
                return Err(SpecError::new(ErrorCode::BadSpec, name, message).beyond(limit.into(), px.into()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CaptionSpec;

    #[test]
    fn sizes_are_read_with_the_units_that_people_write() {
        for (text, bytes) in [
            ("800000", 800_000),
            ("8MB", 8_000_000),
            ("8 mb", 8_000_000),
            ("512kB", 512_000),
            ("7.5M", 7_500_000),
            ("8MiB", 8_388_608),
            ("256 KiB", 262_144),
            ("120b", 120),
        ] {
            assert_eq!(text.parse::<ByteSize>().unwrap(), ByteSize(bytes), "{text}");
        }
        for text in ["", "MB", "8 parsecs", "-8MB", "8..1MB", "0x10"] {
            let refused = text.parse::<ByteSize>().unwrap_err();
            assert!(refused.field == "max_bytes" && refused.message.ends_with(&format!("got `{text}`")), "{refused}");
        }
        let said = [(640, "640 bytes"), (1_240, "1.2 kB"), (999_960, "1.0 MB"), (7_960_000, "8.0 MB")];
        assert!(said.iter().all(|&(bytes, said)| ByteSize(bytes).to_string() == said));
    }

    #[test]
    fn each_field_is_read_from_text_and_from_json() {
        let mut fields = OutputFields::default();
        for (name, text) in OutputFields::NAMES.into_iter().zip(["webp", "8MB", "480", "360"]) {
            fields.set(name, text).unwrap();
        }
        let json = br#"{"captions":[{"text":"a"}],"format":"webp","max_bytes":8000000,"max_width":480,"max_height":360}"#;
        let spec = CaptionSpec::from_json(json).unwrap();
        assert_eq!((spec.output(), spec.needs_version()), (fields, 2));
        assert_eq!(CaptionSpec::from_json(br#"{"captions":[{"text":"a"}],"format":"same"}"#).unwrap().needs_version(), 1);
        assert_eq!(fields.over(OutputFields::default()), fields);
        assert_eq!(OutputFields::default().over(fields), fields);
    }

    #[test]
    fn what_no_output_can_be_is_refused_by_field_and_bound() {
        let refused = |field: &str| {
            let json = format!(r#"{{"captions":[{{"text":"a"}}],{field}}}"#);
            CaptionSpec::from_json(json.as_bytes()).unwrap_err()
        };
        for (field, name, bound) in [
            (r#""format":"jpeg""#, "format", None),
            (r#""max_bytes":99"#, "max_bytes", Some(100)),
            (r#""max_bytes":"8MB""#, "max_bytes", None),
            (r#""max_width":0"#, "max_width", Some(1)),
            (r#""max_height":65536"#, "max_height", Some(65_535)),
        ] {
            let error = refused(field);
            assert_eq!((error.field.as_str(), error.beyond.map(|beyond| beyond.limit)), (name, bound), "{error}");
        }
        assert_eq!(OutputFields::default().set("format", "jpeg").unwrap_err().field, "format");
        assert_eq!(OutputFields::default().set("max_width", "wide").unwrap_err().field, "max_width");
    }
}
