//! Why a plan can't be simulated, said so that the user knows which number to change.
//!
//! Made by everything here that checks, before anything is simulated: a simulation itself can't fail.

use std::fmt::Display;

/// Names the number that can't be meant, what it may be, and what it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(pub(crate) String);

/// Refuses a number that does not hold what is wanted of it.
pub(crate) fn check(holds: bool, name: &str, wanted: &str, got: impl Display) -> Result<(), PlanError> {
    if holds { Ok(()) } else { Err(PlanError(format!("{name} must be {wanted}, got {got}"))) }
}

/// Refuses a number that is not finite and above 0.
pub(crate) fn check_positive(name: &str, got: f64) -> Result<(), PlanError> {
    check(got.is_finite() && got > 0.0, name, "above 0", got)
}
