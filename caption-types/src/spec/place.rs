//! Where a caption stands: at an edge, in the middle, or in a box.
//!
//! Part of the caption spec. It knows no pixel: a box is given in parts of the canvas.

use std::str::FromStr;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{ErrorCode, Fraction, SpecError, spec_error::shown};

/// Where the text stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Position {
    /// The upper edge; for a bar, above the picture.
    Top,
    /// The middle of the picture.
    Middle,
    /// The lower edge; for a bar, below the picture.
    #[default]
    Bottom,
    /// A box of the picture, into which the text is fitted.
    Within(Area),
}

/// A box, in parts of the picture's width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Area {
    /// Its left edge.
    pub x: Fraction,
    /// Its upper edge.
    pub y: Fraction,
    /// Its width; more than 0, and not beyond the picture's right edge.
    pub width: Fraction,
    /// Its height; more than 0, and not beyond the picture's lower edge.
    pub height: Fraction,
}

/// Where lines stand between left and right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// At the left.
    Left,
    /// In the middle.
    #[default]
    Center,
    /// At the right.
    Right,
}

/// Where a text stands in its box between top and bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Valign {
    /// At the top.
    Top,
    /// In the middle.
    #[default]
    Middle,
    /// At the bottom.
    Bottom,
}

const EXPECTED: &str = "`top`, `middle`, `bottom` or a box";

impl Area {
    /// What is wrong with it.
    pub(super) fn fault(self) -> Option<String> {
        let whole = Fraction::of_steps(u32::MAX).steps();
        let beyond = |start: Fraction, size: Fraction| start.steps() + size.steps() > whole;
        let Self { x, y, width, height } = self;
        let of = |what: &str, start: Fraction, size: Fraction| match size.steps() {
            0 => Some(format!("a box of some {what} was expected, got 0")),
            _ if beyond(start, size) => Some(format!("a box on the picture was expected, got one from {start} of {size} {what}")),
            _ => None,
        };
        of("width", x, width).or_else(|| of("height", y, height))
    }
}

impl FromStr for Position {
    type Err = SpecError;

    /// `top`, `middle`, `bottom`, or a box as `x,y,width,height`.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let refused = || {
            let message = format!("{EXPECTED} as `x,y,width,height` was expected, got `{}`", shown(text));
            SpecError::new(ErrorCode::BadSpec, "at", message)
        };
        match text {
            "top" => Ok(Self::Top),
            "middle" => Ok(Self::Middle),
            "bottom" => Ok(Self::Bottom),
            _ => {
                let parts: Vec<Fraction> = text.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| refused())?;
                let [x, y, width, height] = parts[..] else { return Err(refused()) };
                let area = Area { x, y, width, height };
                match area.fault() {
                    Some(fault) => Err(SpecError::new(ErrorCode::BadSpec, "at", fault)),
                    None => Ok(Self::Within(area)),
                }
            }
        }
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Top => serializer.serialize_str("top"),
            Self::Middle => serializer.serialize_str("middle"),
            Self::Bottom => serializer.serialize_str("bottom"),
            Self::Within(area) => area.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PositionVisitor;

        impl<'de> Visitor<'de> for PositionVisitor {
            type Value = Position;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Position, E> {
                match text {
                    "top" => Ok(Position::Top),
                    "middle" => Ok(Position::Middle),
                    "bottom" => Ok(Position::Bottom),
                    _ => Err(E::custom(format!("{EXPECTED} was expected, got `{}`", shown(text)))),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Position, A::Error> {
                Area::deserialize(MapAccessDeserializer::new(map)).map(Position::Within)
            }
        }

        deserializer.deserialize_any(PositionVisitor)
    }
}

/// Reads one of the words of a flag or a form's field.
macro_rules! words {
    ($name:ident, $field:literal, $($word:literal => $value:ident),+) => {
        impl FromStr for $name {
            type Err = SpecError;

            fn from_str(text: &str) -> Result<Self, SpecError> {
                match text {
                    $($word => Ok(Self::$value),)+
                    _ => {
                        let known = [$($word),+].map(|word| format!("`{word}`")).join(", ");
                        Err(SpecError::new(ErrorCode::BadSpec, $field, format!("one of {known} was expected, got `{}`", shown(text))))
                    }
                }
            }
        }
    };
}
pub(super) use words;

words!(Align, "align", "left" => Left, "center" => Center, "right" => Right);
words!(Valign, "valign", "top" => Top, "middle" => Middle, "bottom" => Bottom);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_reads_as_json_and_as_text() {
        let json: Position = serde_json::from_str(r#"{"x":0.1,"y":0.4,"width":0.8,"height":0.2}"#).unwrap();
        assert_eq!("0.1,0.4,0.8,0.2".parse::<Position>().unwrap(), json);
        assert_eq!(serde_json::to_string(&json).unwrap(), r#"{"x":0.1,"y":0.4,"width":0.8,"height":0.2}"#);
        assert_eq!("middle".parse::<Position>().unwrap(), Position::Middle);
        assert_eq!(serde_json::from_str::<Position>("\"middle\"").unwrap(), Position::Middle);
    }

    #[test]
    fn what_is_no_place_says_what_was_got() {
        for (text, said) in [
            ("left", "got `left`"),
            ("0,0,1", "got `0,0,1`"),
            ("0,0,2,1", "got `0,0,2,1`"),
            ("0.5,0,0.6,1", "from 0.5 of 0.6 width"),
            ("0,0,1,0", "some height was expected, got 0"),
        ] {
            let message = text.parse::<Position>().unwrap_err().message;
            assert!(message.contains(said), "{message}");
        }
        let message = serde_json::from_str::<Position>("7").unwrap_err().to_string();
        assert!(message.contains("`top`, `middle`, `bottom` or a box"), "{message}");
    }
}
