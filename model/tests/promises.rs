//! The promises hold in every state that is explored, and each is broken when an old step is put back.
//!
//! `cargo test --release -- --nocapture` shows the figures and the traces.

use std::collections::BTreeSet;

use clap::ValueEnum as _;
use protocol_model::{OldStep, PROMISES, Protocol, Sizes, explore, explore_old};

/// The states that an exploration of each change must reach at least, all together.
const AT_LEAST_STATES: usize = 1_000_000;

#[test]
fn every_promise_holds_in_every_state() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut states, mut unseen) = (0, None::<BTreeSet<_>>);
    for (name, sizes) in Sizes::EACH_CHANGE {
        let protocol = Protocol { sizes, old: None };
        let report = explore(protocol, threads);
        let words = report.broken().map(|finding| format!("{}\n{}", finding.property, finding.in_words(&protocol)));
        assert_eq!(words, None, "{name}: {sizes:?}");
        println!("{name}: {} states, {} deep, {:.1} s", report.states, report.depth, report.took.as_secs_f64());
        states += report.states;
        let here = report.unseen().collect();
        unseen = Some(unseen.map_or_else(|| BTreeSet::clone(&here), |before| &before & &here));
    }
    assert!(states >= AT_LEAST_STATES, "{states} states");
    // A promise about what never happens is worth nothing.
    assert_eq!(unseen, Some(BTreeSet::new()), "never seen");
}

#[test]
fn every_old_step_breaks_its_promise() {
    for &old in OldStep::value_variants() {
        let report = explore_old(old);
        let protocol = Protocol { sizes: old.sizes(), old: Some(old) };
        let broken = report.of(old.breaks()).filter(|finding| finding.trace.is_some());
        let words = broken.map(|finding| finding.in_words(&protocol));
        println!("{old:?}: \"{}\" is broken, {} states\n{}", old.breaks(), report.states, words.unwrap_or_default());
        assert!(broken.is_some(), "{old:?} breaks nothing in {} states", report.states);
        // It is the step that does it, not the trouble.
        assert!(explore(Protocol { sizes: old.sizes(), old: None }, 1).broken().is_none(), "{old:?}");
    }
}

#[test]
fn each_hole_of_the_first_model_is_found_by_its_promise() {
    let found = [
        (OldStep::MarkBeforeConfirm, "a 202 follows a confirm or a result"),
        (OldStep::DroppedWithRequest, "a record is counted once its acceptance is over"),
        (OldStep::OneLetterKey, "no dead letter is lost"),
        (OldStep::LookAtStartOnly, "whoever got a 202 gets an end"),
    ];
    for (old, promise) in found {
        assert_eq!(old.breaks(), promise);
        assert!(PROMISES.contains(&promise));
    }
}
