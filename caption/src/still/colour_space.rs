//! A caption's colours, which are sRGB, in the numbers that a picture's samples are.
//!
//! The PNG reader names the space. Only a plain gamma is converted. A picture with an ICC profile or a cICP chunk takes a caption's
//! numbers as they are: white is the largest sample and black is 0 in all of these.

/// What a sample of the picture means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Samples {
    /// sRGB, or what is taken for it.
    #[default]
    Srgb,
    /// light = sample ^ (1 / gamma), both from 0 to 1. sRGB is close to 0.45455.
    Gamma(f64),
}

impl Samples {
    /// By the value of a gAMA chunk (PNG, third edition, section 11.3.2.2). A gamma close to that of sRGB is taken for it, as
    /// browsers do.
    pub(super) fn of_gama(hundred_thousandths: u32) -> Self {
        if hundred_thousandths == 0 || (43_000..=48_000).contains(&hundred_thousandths) {
            return Self::Srgb;
        }
        Self::Gamma(f64::from(hundred_thousandths) / 100_000.0)
    }

    /// A channel of an sRGB colour, from 0 to 255, as a sample from 0 to `most`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and `most`")]
    pub(crate) fn sample(self, channel: u8, most: u32) -> u32 {
        match self {
            Self::Srgb => u32::from(channel) * most / 255,
            Self::Gamma(gamma) => (power(light(channel), gamma) * f64::from(most) + 0.5) as u32,
        }
    }

    /// What each sample from 0 to 255 shows.
    pub(crate) fn shown_by_sample(self) -> [u8; 256] {
        std::array::from_fn(|sample| self.shown(u8::try_from(sample).unwrap_or(u8::MAX)))
    }

    /// The sRGB channel, from 0 to 255, that a sample from 0 to 255 shows.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
    pub(super) fn shown(self, sample: u8) -> u8 {
        let Self::Gamma(gamma) = self else { return sample };
        let light = power(f64::from(sample) / 255.0, 1.0 / gamma);
        let value = if light <= 0.003_130_8 { light * 12.92 } else { power(light, 1.0 / 2.4) * 1.055 - 0.055 };
        (value * 255.0 + 0.5) as u8
    }
}

/// Whether an ICC profile says of itself that it is sRGB: in ASCII or UTF-16, as its description is written (ICC.1, sections 10.15 and
/// 10.24).
pub(super) fn is_srgb_profile(profile: &[u8]) -> bool {
    profile.windows(4).any(|words| words == b"sRGB") || profile.windows(7).any(|words| words == b"s\0R\0G\0B")
}

/// Light from 0 to 1 of a channel from 0 to 255 (IEC 61966-2-1).
fn light(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { power((value + 0.055) / 1.055, 2.4) }
}

/// `base` from 0 to 1, raised. Of additions and multiplications alone: those of the standard library may differ between machines.
fn power(base: f64, exponent: f64) -> f64 {
    if base <= 0.0 {
        return 0.0;
    }
    exp(ln(base) * exponent).min(1.0)
}

/// For `x` from 0 (left out) to 1.
fn ln(mut x: f64) -> f64 {
    let mut halvings = 0.0;
    while x < 0.5 {
        x *= 2.0;
        halvings += 1.0;
    }
    // 2 artanh((x - 1) / (x + 1))
    let t = (x - 1.0) / (x + 1.0);
    let (mut term, mut sum) = (t, 0.0);
    for n in 0..24_u32 {
        sum += term / f64::from(2 * n + 1);
        term *= t * t;
    }
    2.0 * sum - halvings * std::f64::consts::LN_2
}

/// For `x` of at most 0.
fn exp(mut x: f64) -> f64 {
    let mut scale = 1.0;
    while x < -0.5 {
        if scale < 1e-12 {
            return 0.0;
        }
        x += std::f64::consts::LN_2;
        scale *= 0.5;
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..18_u32 {
        term *= x / f64::from(n);
        sum += term;
    }
    sum * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_standard_library() {
        for (base, exponent) in (0..=50).flat_map(|b| (1..40).map(move |e| (f64::from(b) / 50.0, f64::from(e) / 10.0))) {
            let (ours, theirs) = (power(base, exponent), base.powf(exponent));
            assert!((ours - theirs).abs() < 1e-9, "{base} ^ {exponent}: {ours}, {theirs}");
        }
    }

    #[test]
    fn a_grey_is_darker_in_linear_light_and_the_ends_stay() {
        let linear = Samples::of_gama(100_000);
        assert_eq!([0, 188, 255].map(|channel| linear.sample(channel, 255)), [0, 128, 255]);
        assert_eq!([0, 188, 255].map(|channel| Samples::of_gama(45_455).sample(channel, 65_535)), [0, 188 * 257, 65_535]);
        assert_eq!([0, 128, 255].map(|sample| linear.shown(sample)), [0, 188, 255]);
        assert_eq!(Samples::Srgb.shown(128), 128);
    }

    #[test]
    fn a_profile_is_known_by_its_description() {
        assert!(is_srgb_profile(b"....desc\0\0\0\x12sRGB IEC61966-2.1") && is_srgb_profile(b"mluc\0s\0R\0G\0B\0 "));
        assert!(!is_srgb_profile(b"....desc Display P3") && !is_srgb_profile(b""));
    }
}
