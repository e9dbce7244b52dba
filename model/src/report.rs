//! Explores a model and says in words what was found.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::{action::Action, aftermath::Turn, old::OldStep, protocol::Protocol, state::State, words::InWords};

/// What an exploration found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Different states that were looked at.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// Steps to the state that is farthest from the first.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// What each property came to.
    pub findings: Vec<Finding>,
}

/// What a property came to.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its name.
    pub property: &'static str,
    /// Whether it is a promise, which holds of every state, or a sight, which is to be seen somewhere.
    pub is_promise: bool,
    /// The states on the way to the one that breaks the promise, or is the sight.
    pub trace: Option<Vec<State>>,
}

/// Explores every state of a model, or as many as it takes until a promise is broken.
#[must_use]
pub fn explore(protocol: Protocol, threads: usize) -> Report {
    let began = Instant::now();
    let checker = protocol.checker().threads(threads.max(1)).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    report(&checker, began)
}

/// Explores a model with an old step, deeper and deeper, until the promise is broken that it breaks. One thread: its trace is a
/// shortest one, and the same each time.
#[must_use]
pub fn explore_old(old: OldStep) -> Report {
    let began = Instant::now();
    let protocol = Protocol { sizes: old.sizes(), old: Some(old) };
    let mut found = report(&checker_to(protocol, 1), began);
    let mut states = 0;
    for depth in 2.. {
        found = report(&checker_to(protocol, depth), began);
        let is_whole = found.states == std::mem::replace(&mut states, found.states);
        if is_whole || found.of(old.breaks()).is_some_and(|finding| finding.trace.is_some()) {
            break;
        }
    }
    found
}

fn checker_to(protocol: Protocol, depth: usize) -> impl Checker<Protocol> {
    let all = protocol.checker().threads(1).target_max_depth(depth).finish_when(HasDiscoveries::All);
    all.spawn_bfs().join()
}

fn report(checker: &impl Checker<Protocol>, began: Instant) -> Report {
    let mut found = checker.discoveries();
    let findings = checker.model().properties().into_iter().map(|property| {
        let trace = found.remove(property.name).map(stateright::Path::into_states);
        let is_promise = property.expectation == Expectation::Always;
        Finding { property: property.name, is_promise, trace }
    });
    Report {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        took: began.elapsed(),
        findings: findings.collect(),
    }
}

impl Report {
    /// The promise that is broken, if one is.
    #[must_use]
    pub fn broken(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.is_promise && finding.trace.is_some())
    }

    /// What became of this property.
    #[must_use]
    pub fn of(&self, property: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.property == property)
    }

    /// What was never seen, and makes the model say less than it seems to.
    pub fn unseen(&self) -> impl Iterator<Item = &'static str> {
        self.findings.iter().filter(|finding| !finding.is_promise && finding.trace.is_none()).map(|finding| finding.property)
    }
}

impl Finding {
    /// The steps of its trace, with workers that keep their names; and where they lead.
    fn named(&self, protocol: &Protocol) -> (Vec<(State, Action)>, State) {
        let mut state = State::first(&protocol.sizes);
        let (mut steps, mut actions) = (Vec::new(), Vec::new());
        for next in self.trace.iter().flatten().skip(1) {
            actions.clear();
            protocol.offers(&state, &mut actions);
            let leads_there = |action: &&Action| protocol.after(&state, **action).canonical() == *next;
            let Some(&action) = actions.iter().find(leads_there) else { break };
            steps.push((state, action));
            state = protocol.after(&state, action);
        }
        (steps, state)
    }

    /// How it was reached, a line a step; and, of a promise about the end, what comes after the last trouble.
    #[must_use]
    pub fn in_words(&self, protocol: &Protocol) -> String {
        let (mut words, mut number) = (String::new(), 0);
        let (steps, last) = self.named(protocol);
        for (state, action) in &steps {
            say(&mut words, &mut number, InWords(protocol, state, *action));
        }
        let bad_turn = |last: &State| [Turn::First, Turn::Last].into_iter().find(|&turn| protocol.ends_badly(last, turn));
        if self.is_promise
            && let Some(turn) = bad_turn(&last)
        {
            words.push_str("      then the trouble is over:\n");
            let rest = protocol.rest(&last, turn, |state, action| say(&mut words, &mut number, InWords(protocol, state, action)));
            words.push_str(if rest.is_some() { "      and nothing moves any more\n" } else { "      and so on\n" });
        }
        words
    }
}

fn say(words: &mut String, number: &mut u32, step: InWords<'_>) {
    *number += 1;
    // Writing to a text never fails.
    let _ = writeln!(words, "{number:4}  {step}");
}
