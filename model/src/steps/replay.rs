//! operator: `punchline dead replay` of one job (`worker/src/settling/replay.rs`).

use crate::{
    action::{Action, Luck, Lucks, numbers},
    names::ReplayStep,
    old::OldStep,
    protocol::{Protocol, Published},
    state::{Message, Number, Outcome, Replay, State},
};

impl Protocol {
    pub(crate) fn offer_replay(state: &State, actions: &mut Vec<Action>) {
        let Some(replay) = state.replay else {
            if state.left.replays > 0 {
                let expires = |number| state.retention.is_some_and(|retention| retention.job == number);
                let has_letter = |number: &Number| state.job(*number).letters != 0 && !expires(*number);
                actions.extend(numbers().filter(has_letter).map(Action::BeginReplay));
            }
            return;
        };
        let lucks = match replay.next {
            // Cut off here it has done nothing.
            ReplayStep::ReadLetters | ReplayStep::LookAtResult => Lucks::Sure,
            ReplayStep::DeleteResult | ReplayStep::Publish | ReplayStep::DeleteLetters => Lucks::Write,
        };
        actions.extend(lucks.possible(state.left.faults, 0).map(Action::Replay));
    }

    /// [`ReplayStep::ReadLetters`], with which it begins.
    pub(crate) fn begin_replay(state: &mut State, job: Number) {
        state.left.replays -= 1;
        state.replay = Some(Replay { job, read: state.job(job).letters, next: ReplayStep::LookAtResult });
    }

    pub(crate) fn replay(&self, state: &mut State, luck: Luck) {
        let Some(Replay { job: number, read, next }) = state.replay else { return };
        let job = state.job_mut(number);
        let is_written = luck != Luck::Failed;
        let mut then = match next {
            ReplayStep::ReadLetters => Some(ReplayStep::LookAtResult),
            ReplayStep::LookAtResult if self.walks(OldStep::ReplayOfDone) => Some(ReplayStep::DeleteResult),
            ReplayStep::LookAtResult => Some(match job.result {
                Some(Outcome::Failed) => ReplayStep::DeleteResult,
                // Its message is on its way, or a look finds it: what it writes meanwhile is not to be deleted.
                None => ReplayStep::Publish,
                Some(Outcome::Done) => ReplayStep::DeleteLetters,
            }),
            ReplayStep::DeleteResult => {
                if is_written {
                    job.result = None;
                    job.replayed = true;
                }
                Some(ReplayStep::Publish)
            }
            ReplayStep::Publish => {
                let published = self.publish(state, Message::again(number), luck);
                (published == Published::Confirmed).then_some(ReplayStep::DeleteLetters)
            }
            ReplayStep::DeleteLetters => {
                if is_written {
                    job.letters &= !read;
                }
                None
            }
        };
        // An error ends it.
        if luck != Luck::Well {
            then = None;
        }
        state.replay = then.map(|next| Replay { job: number, read, next });
    }
}
