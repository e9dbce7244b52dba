//! The steps of the model and the states of the code have the same names, in the same order.

use protocol_model::{ReplayStep, Stage, Step};

/// Where the code keeps its states. A state that is new there needs a step here, and the other way round.
const LISTS: [(&str, &str, &str, &[&str]); 3] = [
    ("api/src/accept/step.rs", include_str!("../../api/src/accept/step.rs"), "Step", Step::NAMES),
    ("worker/src/stage.rs", include_str!("../../worker/src/stage.rs"), "Stage", Stage::NAMES),
    ("worker/src/replay.rs", include_str!("../../worker/src/replay.rs"), "ReplayStep", ReplayStep::NAMES),
];

/// The variants of an enum, one a line, as its source spells them.
fn variants<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("enum {name} {{");
    let body = source.split_once(&head).map(|(_, rest)| rest).and_then(|rest| rest.split_once("\n}")).map(|(body, _)| body);
    let lines = body.unwrap_or_default().lines().map(str::trim);
    lines.filter(|line| line.starts_with(char::is_uppercase)).map(|line| line.trim_end_matches(',')).collect()
}

#[test]
fn the_model_walks_the_states_of_the_code() {
    for (file, source, name, steps) in LISTS {
        assert_eq!(variants(source, name), steps, "`{name}` of {file}");
    }
}
