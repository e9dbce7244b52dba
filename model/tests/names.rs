//! The steps of the model and the states of the code have the same names, in the same order.

use std::{fs, path::Path};

use protocol_model::{DeliveryStage, ReplayStep, Step};

/// Where the code keeps its states. A state that is new there needs a step here, and the other way round.
const LISTS: [(&str, &str, &[&str]); 3] = [
    ("api/src/jobs/accept/step.rs", "AcceptanceStep", Step::NAMES),
    ("worker/src/stage.rs", "DeliveryStage", DeliveryStage::NAMES),
    ("worker/src/settling/replay.rs", "ReplayStep", ReplayStep::NAMES),
];

/// The variants of an enum, one a line, as its source spells them.
fn variants<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
    let body = source.split_once(&format!("enum {name} {{")).and_then(|(_, rest)| rest.split_once("\n}"));
    let lines = body.map_or("", |(body, _)| body).lines().map(str::trim);
    lines.filter(|line| line.starts_with(char::is_uppercase)).map(|line| line.trim_end_matches(',')).collect()
}

#[test]
fn the_model_walks_the_states_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (file, name, steps) in LISTS {
        let source = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(variants(&source, name), steps, "`{name}` of {file}");
    }
}
