//! Numbers of a spec that have decimals: kept as whole steps, so that two that are written alike are equal and hash alike.
//!
//! Part of the caption spec. JSON has them as plain numbers, forms and flags as text. Each refuses what is outside its range.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, SpecError, spec_error::shown};

/// Declares a number of steps of `1 / $steps` from `$least` to `$most`.
macro_rules! stepped {
    ($(#[$doc:meta])* $name:ident($steps:literal to the whole, $least:literal to $most:literal, $what:literal)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(u32);

        impl $name {
            /// The smallest that is allowed.
            pub const LEAST: f64 = $least;
            /// The largest that is allowed.
            pub const MOST: f64 = $most;

            /// As a number of the unit.
            #[must_use]
            pub fn get(self) -> f64 {
                f64::from(self.0) / $steps
            }

            /// In steps of this many to the unit.
            #[must_use]
            pub const fn steps(self) -> u32 {
                self.0
            }

            /// Of steps; beyond the range it is the nearest number within.
            #[must_use]
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounds that are written below")]
            pub const fn of_steps(steps: u32) -> Self {
                let (least, most) = (($least * $steps) as u32, ($most * $steps) as u32);
                Self(if steps < least { least } else if steps > most { most } else { steps })
            }
        }

        impl TryFrom<f64> for $name {
            type Error = String;

            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range")]
            fn try_from(number: f64) -> Result<Self, String> {
                if ($least..=$most).contains(&number) {
                    Ok(Self((number * $steps).round() as u32))
                } else {
                    Err(format!("{} from {} to {} was expected, got {number}", $what, $least, $most))
                }
            }
        }

        impl From<$name> for f64 {
            fn from(number: $name) -> Self {
                number.get()
            }
        }

        impl FromStr for $name {
            type Err = SpecError;

            fn from_str(text: &str) -> Result<Self, SpecError> {
                let refused = |message| SpecError::new(ErrorCode::BadSpec, stringify!($name), message);
                let number = text.trim().parse::<f64>();
                let unread = |_| refused(format!("{} from {} to {} was expected, got `{}`", $what, $least, $most, shown(text)));
                Self::try_from(number.map_err(unread)?).map_err(refused)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.get())
            }
        }
    };
}

stepped! {
    /// A part of a side of the canvas, in ten-thousandths.
    Fraction(10_000.0 to the whole, 0.0 to 1.0, "a part of the canvas")
}

stepped! {
    /// An outline's width on each side of a letter's edge, in ems of its size.
    StrokeWidth(10_000.0 to the whole, 0.0 to 0.25, "an outline's width in ems")
}

stepped! {
    /// How far lines stand apart, where 1 is what their font asks for.
    LineSpacing(100.0 to the whole, 0.5 to 3.0, "a line spacing")
}

stepped! {
    /// A part of a picture's width, in percent.
    WidthPercent(100.0 to the whole, 1.0 to 50.0, "a percentage of the picture's width")
}

stepped! {
    /// A time within an animation, in seconds; kept in hundredths, as delays are.
    Seconds(100.0 to the whole, 0.0 to 86_400.0, "seconds")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_outside_the_range_is_refused_by_what_was_got() {
        assert_eq!(Seconds::try_from(-1.0).unwrap_err(), "seconds from 0 to 86400 was expected, got -1");
        assert_eq!("x".parse::<Fraction>().unwrap_err().message, "a part of the canvas from 0 to 1 was expected, got `x`");
        assert!(serde_json::from_str::<Fraction>("1.01").is_err() && "NaN".parse::<LineSpacing>().is_err());
        assert_eq!(StrokeWidth::of_steps(99_999), StrokeWidth::of_steps(2500));
    }

    proptest! {
        #[test]
        fn numbers_read_back(steps in 0u32..=8_640_000) {
            let seconds = Seconds::of_steps(steps);
            prop_assert_eq!(seconds.to_string().parse::<Seconds>().unwrap(), seconds);
            let json = serde_json::to_string(&seconds).unwrap();
            prop_assert_eq!(serde_json::from_str::<Seconds>(&json).unwrap(), seconds);
        }
    }
}
