//! worker: a delivery, from the queue to its settlement (`worker/src/settling/settle.rs`).

use crate::{
    action::{Action, Luck, Lucks},
    names::DeliveryStage,
    old::OldStep,
    protocol::{Protocol, Published},
    state::{Delivery, Ending, Message, Number, Outcome, State},
};

impl Message {
    /// A message of a job that api has just accepted.
    pub(crate) fn first(job: Number) -> Self {
        Self { job, attempt: 1, deliveries: 0 }
    }

    /// A message of a job that is queued again: it may have been delivered before.
    pub(crate) fn again(job: Number) -> Self {
        Self { deliveries: 1, ..Self::first(job) }
    }

    /// Whether a worker may have had the job before.
    pub(crate) fn may_have_been_begun(&self) -> bool {
        self.deliveries > 0 || self.attempt > 1
    }
}

impl Protocol {
    pub(crate) fn offer_delivery(&self, state: &State, worker: usize, actions: &mut Vec<Action>) {
        let Some(delivery) = state.workers[worker].delivery else {
            let mut last = None;
            for &message in state.queue.items() {
                if last.replace(message) != Some(message) {
                    actions.push(Action::Deliver(worker, message));
                }
            }
            return;
        };
        let lucks = match (delivery.ending, delivery.at) {
            (Ending::Ack, _) => Lucks::Sure,
            (Ending::Retry | Ending::DeadLetter, _) if delivery.copied || delivery.lost => Lucks::Sure,
            (Ending::Open, DeliveryStage::Taken) => Lucks::Read,
            (Ending::Open, DeliveryStage::LookedUp) if delivery.message.may_have_been_begun() => Lucks::Sure,
            (Ending::Open, DeliveryStage::LookedUp | DeliveryStage::StartMarked) => Lucks::Render,
            _ => Lucks::Write,
        };
        let defects = if self.walks(OldStep::AckBeforeResult) { 0 } else { state.left.defects };
        actions.extend(lucks.possible(state.left.faults, defects).map(|luck| Action::Work(worker, luck)));
    }

    pub(crate) fn deliver(state: &mut State, worker: usize, message: Message) {
        state.queue.take(message);
        let stood = state.job(message.job).result.is_some();
        let (at, ending) = (DeliveryStage::Taken, Ending::Open);
        state.workers[worker].delivery = Some(Delivery { message, at, ending, copied: false, lost: false, stood });
    }

    pub(crate) fn work(&self, state: &mut State, worker: usize, luck: Luck) {
        let Some(mut delivery) = state.workers[worker].delivery else { return };
        let goes_on = match delivery.ending {
            Ending::Open | Ending::Failed => {
                self.attempt(state, &mut delivery, luck);
                true
            }
            Ending::GivenUp => {
                if luck != Luck::Failed {
                    state.create_result(delivery.message.job, Outcome::Failed);
                }
                let is_done = luck == Luck::Well && !state.job(delivery.message.job).is_failed();
                delivery.ending = if is_done { Ending::Ack } else { Ending::DeadLetter };
                true
            }
            Ending::Retry | Ending::DeadLetter if !delivery.copied => self.copy(state, &mut delivery, luck),
            Ending::Retry | Ending::DeadLetter | Ending::Ack => {
                Self::ack(state, &delivery);
                false
            }
        };
        delivery.stood |= state.job(delivery.message.job).result.is_some();
        state.workers[worker].delivery = goes_on.then_some(delivery);
    }

    /// One attempt, up to its result.
    fn attempt(&self, state: &mut State, delivery: &mut Delivery, luck: Luck) {
        let message = delivery.message;
        if matches!(luck, Luck::Failed | Luck::AnswerLost) {
            // What was written stays, whether anybody heard of it or not.
            if luck == Luck::AnswerLost {
                Self::write(state, delivery);
            }
            delivery.ending = if message.attempt < self.sizes.attempts { Ending::Retry } else { Ending::GivenUp };
            return;
        }
        match delivery.at {
            DeliveryStage::Taken => match state.job(message.job).result {
                None => delivery.at = DeliveryStage::LookedUp,
                Some(outcome) => {
                    // The process that wrote that it failed may have died before it sent the letter.
                    let is_owed = outcome == Outcome::Failed && !self.walks(OldStep::AckOfFailed);
                    delivery.at = DeliveryStage::ResultStored;
                    delivery.ending = if is_owed { Ending::DeadLetter } else { Ending::Ack };
                }
            },
            DeliveryStage::LookedUp if message.may_have_been_begun() => {
                delivery.at = if state.output { DeliveryStage::OutputStored } else { DeliveryStage::StartMarked };
            }
            DeliveryStage::LookedUp | DeliveryStage::StartMarked => {
                delivery.at = DeliveryStage::Rendered;
                if luck == Luck::Defect {
                    delivery.ending = Ending::Failed;
                }
            }
            DeliveryStage::Rendered if delivery.ending == Ending::Open => {
                Self::write(state, delivery);
                delivery.at = DeliveryStage::OutputStored;
                if self.walks(OldStep::AckBeforeResult) {
                    delivery.ending = Ending::Ack;
                }
            }
            DeliveryStage::Rendered | DeliveryStage::OutputStored | DeliveryStage::ResultStored | DeliveryStage::Settled => {
                Self::write(state, delivery);
                delivery.at = DeliveryStage::ResultStored;
                let has_failed = if self.walks(OldStep::OwnOutcomeDecides) {
                    delivery.ending == Ending::Failed
                } else {
                    // Another's may have been first, and the process that wrote it may not get to send the letter.
                    state.job(message.job).is_failed()
                };
                delivery.ending = if has_failed { Ending::DeadLetter } else { Ending::Ack };
            }
        }
    }

    /// What the step to the next stage writes.
    fn write(state: &mut State, delivery: &Delivery) {
        match (delivery.at, delivery.ending) {
            (DeliveryStage::Rendered, Ending::Failed) => state.create_result(delivery.message.job, Outcome::Failed),
            (DeliveryStage::Rendered, _) => state.output = true,
            (DeliveryStage::OutputStored, _) => state.create_result(delivery.message.job, Outcome::Done),
            _ => {}
        }
    }

    /// Sends the copy; whether the delivery stays in hand.
    fn copy(&self, state: &mut State, delivery: &mut Delivery, luck: Luck) -> bool {
        let message = delivery.message;
        if delivery.lost {
            // The process that gets the message next makes the copy.
            return false;
        }
        let confirmed = if delivery.ending == Ending::Retry {
            self.publish(state, Message { attempt: message.attempt + 1, ..message }, luck) == Published::Confirmed
        } else {
            if luck != Luck::Failed {
                state.dead.put(message.job);
            }
            luck == Luck::Well
        };
        delivery.copied = confirmed;
        if !confirmed {
            self.give_back(state, message);
        }
        confirmed
    }

    fn ack(state: &mut State, delivery: &Delivery) {
        if !delivery.lost {
            state.acked_early |= !(delivery.stood || delivery.copied);
        }
    }
}
