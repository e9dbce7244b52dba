//! Which fault strikes which operation, what was asked so far, and how old things are to look.
//!
//! Data behind the handle's lock; it never waits.

use std::{collections::HashMap, time::Duration};

use object_store::ObjectMeta;

/// What a backend is asked to do. Each is one request to S3, but for deletions, of which it takes a thousand in one, and
/// listings, of which it gives a thousand objects with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Writing an object over what stood there, at once; or beginning, sending a part of, or completing one in parts.
    Put,
    /// Writing an object where none stands.
    Create,
    /// Reading an object.
    Get,
    /// Asking whether an object stands there, and how long and old it is.
    Head,
    /// Listing objects.
    List,
    /// Deleting an object.
    Delete,
}

/// How an operation goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, and nothing happens.
    Fail,
    /// It never answers, and nothing happens.
    Hang,
    /// It breaks half way. A put or create sends half its bytes as an upload that is never completed; a get or a listing
    /// gives half of what there is and then an error. Anything else fails.
    Tear,
    /// It is done, and the answer is lost. Reads and deletions fail.
    LoseAnswer,
    /// It is done after a while.
    Delay(Duration),
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    rules: Vec<Rule>,
    /// Operations until everything is refused.
    left: Option<u64>,
    asked: Vec<(Operation, String)>,
    /// Time that has been let pass.
    passed: Duration,
    /// What had passed when an object was written.
    written: HashMap<String, Duration>,
}

#[derive(Debug)]
struct Rule {
    operation: Operation,
    prefix: String,
    times: u64,
    fault: Fault,
}

impl Plan {
    pub(super) fn add(&mut self, operation: Operation, prefix: &str, times: u64, fault: Fault) {
        self.rules.push(Rule { operation, prefix: prefix.to_owned(), times, fault });
    }

    pub(super) fn stop_after(&mut self, operations: u64) {
        self.left = Some(operations);
    }

    pub(super) fn heal(&mut self) {
        self.rules.clear();
        self.left = None;
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.passed += time;
    }

    pub(super) fn count(&self, operation: Operation, prefix: &str) -> u64 {
        self.asked.iter().filter(|(asked, key)| *asked == operation && key.starts_with(prefix)).count() as u64
    }

    pub(super) fn asked(&self) -> Vec<(Operation, String)> {
        self.asked.clone()
    }

    pub(super) fn forget(&mut self) {
        self.asked.clear();
    }

    /// Notes an operation and says what is to go wrong with it.
    pub(super) fn strike(&mut self, operation: Operation, key: &str) -> Option<Fault> {
        self.asked.push((operation, key.to_owned()));
        if let Some(left) = &mut self.left {
            if *left == 0 {
                return Some(Fault::Fail);
            }
            *left -= 1;
        }
        let matches = |rule: &&mut Rule| rule.operation == operation && rule.times > 0 && key.starts_with(&rule.prefix);
        let rule = self.rules.iter_mut().find(matches)?;
        rule.times -= 1;
        Some(rule.fault)
    }

    pub(super) fn wrote(&mut self, key: &str) {
        self.written.insert(key.to_owned(), self.passed);
    }

    /// Makes an object look as old as it should. What was there before the faults were is as old as all the time passed.
    pub(super) fn age(&self, meta: &mut ObjectMeta) {
        let written = self.written.get(meta.location.as_ref()).copied().unwrap_or_default();
        meta.last_modified -= self.passed.saturating_sub(written);
    }
}
