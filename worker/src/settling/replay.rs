//! Replays a dead letter's job: deletes its result, queues it as a first attempt, deletes the letter.
//!
//! Called by `punchline dead replay`, by any number at once. It deletes only the letters that it has read: a job that becomes a
//! dead letter again at once has a new letter, and that one stays. A replay that is killed between any two steps leaves a letter;
//! if the job was done meanwhile, the next replay deletes that letter.

use broker::{Broker, BrokerError};
use proto_shared::{DeadRecord, JobId, JobMessage, Outcome};
use store::{Letters, Store, StoreError};

/// What a replay does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayStep {
    /// Reads the last letter, and notes which letters there are.
    ReadLetters,
    /// A job that was done meanwhile is not done again: its letters are deleted and nothing else.
    LookAtResult,
    /// While a result is stored, a worker acks the message as that of a finished job. Only a failure that was read is deleted:
    /// where there was none, an earlier replay has queued the job, and it may be done by now.
    DeleteResult,
    /// Until the broker has confirmed it, the letter stays.
    Publish,
    /// Those that were read.
    DeleteLetters,
}

impl ReplayStep {
    /// All of them, in their order.
    pub const ORDER: [Self; 5] = [Self::ReadLetters, Self::LookAtResult, Self::DeleteResult, Self::Publish, Self::DeleteLetters];
}

/// What became of a letter.
#[derive(Debug)]
pub enum Replayed {
    /// Its job is queued again.
    Queued,
    /// Its job was done or cancelled meanwhile; only the letter is gone.
    EndedAlready,
    /// It is gone.
    Gone,
    /// It holds bytes that are no job: it stays.
    NoJob,
    /// Its job is of a newer release, which can queue it again: it stays.
    Newer,
    /// It can't be read: it stays.
    Unreadable(StoreError),
}

/// Why a letter could not be replayed, and the next one probably can't either. The letter stands.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store did not answer.
    #[error("failed to take back the end of job {id}: {source}")]
    Store {
        /// The letter's.
        id: JobId,
        /// What the store said.
        source: StoreError,
    },
    /// The broker did not confirm the message. Its letter stays.
    #[error("failed to queue job {id}: {source}")]
    Broker {
        /// The letter's.
        id: JobId,
        /// What the broker said.
        source: BrokerError,
    },
}

/// Queues the job of these letters again. Without a broker, it leaves that to the `punchline serve` that owns the store.
///
/// # Errors
/// Store or broker failed.
pub async fn replay_dead(store: &Store, broker: Option<&Broker>, letters: &Letters) -> Result<Replayed, ReplayError> {
    replay(store, letters, async |message| match broker {
        Some(broker) => broker.publish_again(&message).await,
        None => Ok(()),
    })
    .await
}

async fn replay(
    store: &Store,
    letters: &Letters,
    publish: impl AsyncFn(JobMessage) -> Result<(), BrokerError>,
) -> Result<Replayed, ReplayError> {
    let id = &letters.id;
    let failed = |source| ReplayError::Store { id: id.clone(), source };
    let (mut message, mut has_failed) = (None, false);
    for step in ReplayStep::ORDER {
        match step {
            ReplayStep::ReadLetters => match store.read_letter(letters).await {
                Ok(Some(DeadRecord { message: Some(read), .. })) if read.job.is_newer() => return Ok(Replayed::Newer),
                Ok(Some(DeadRecord { message: Some(read), .. })) => message = Some(JobMessage::first(read.job)),
                Ok(Some(_)) => return Ok(Replayed::NoJob),
                Ok(None) => return Ok(Replayed::Gone),
                Err(error) if error.is_passing() => return Err(failed(error)),
                Err(error) => return Ok(Replayed::Unreadable(error)),
            },
            ReplayStep::LookAtResult => match store.get_result(id).await.map(|result| result.map(|result| result.outcome)) {
                Ok(Some(Outcome::Done { .. } | Outcome::Cancelled)) => {
                    store.delete_letters(std::slice::from_ref(letters)).await.map_err(failed)?;
                    return Ok(Replayed::EndedAlready);
                }
                Ok(None) => {}
                Err(error) if error.is_passing() => return Err(failed(error)),
                // What can't be read is no end that anybody could use.
                Ok(Some(Outcome::Failed { .. })) | Err(_) => has_failed = true,
            },
            ReplayStep::DeleteResult if has_failed => store.delete_result(id).await.map_err(failed)?,
            ReplayStep::DeleteResult => {}
            ReplayStep::Publish => {
                if let Some(message) = message.take() {
                    publish(message).await.map_err(|source| ReplayError::Broker { id: id.clone(), source })?;
                }
            }
            ReplayStep::DeleteLetters => {
                store.delete_letters(std::slice::from_ref(letters)).await.map_err(failed)?;
            }
        }
    }
    Ok(Replayed::Queued)
}

#[cfg(test)]
mod tests {
    use proto_shared::{
        Caption, CaptionSpec, ErrorCode, JobRecord, JobResult, MediaType, OutputInfo, Position, RenderStats, SourceInfo, Style,
        job,
    };
    use store::{Created, Fault, Faults, Operation, StoreConfig, source_id};

    use super::*;

    fn job() -> JobRecord {
        let source = SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
        let spec = CaptionSpec::of(vec![Caption::new("a", Position::Top, Style::Bar)]);
        JobRecord::new(JobId::from_bytes([7; 16]), 1, source, spec)
    }

    fn letter(dead_at_ms: u64) -> DeadRecord {
        let message = Some(JobMessage::first(job()));
        DeadRecord { version: job::VERSION, id: job().id, dead_at_ms, reason: "tested".to_owned(), message, body: None }
    }

    fn result(outcome: Outcome) -> JobResult {
        JobResult { version: job::VERSION, id: job().id, finished_at_ms: 2, attempts: 1, outcome }
    }

    fn failed() -> JobResult {
        result(Outcome::Failed { code: ErrorCode::AttemptsExhausted, message: "tested".to_owned(), field: None })
    }

    /// A job that was given up.
    async fn given_up() -> (Store, Faults) {
        let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
        assert_eq!(store.create_job(&job()).await.unwrap(), Created::New);
        assert_eq!(store.create_result(&failed()).await.unwrap(), Created::New);
        store.put_dead(&letter(1)).await.unwrap();
        (store, faults)
    }

    async fn letters(store: &Store) -> Letters {
        store.letters_of(&job().id).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_job_that_dies_again_before_its_replay_has_ended_keeps_its_new_letter() {
        let (store, _) = given_up().await;
        // As a worker that is faster than we are.
        let dies_at_once = async |message: JobMessage| {
            assert_eq!(message, JobMessage::first(job()));
            store.put_dead(&letter(2)).await.unwrap();
            assert_eq!(store.create_result(&failed()).await.unwrap(), Created::New, "the result was taken back before");
            Ok(())
        };
        assert!(matches!(replay(&store, &letters(&store).await, dies_at_once).await, Ok(Replayed::Queued)));
        assert_eq!(store.get_dead(&job().id).await.unwrap(), Some(letter(2)));
        assert_eq!(store.get_result(&job().id).await.unwrap(), Some(failed()));
    }

    /// Whatever request is its last: the letter stands, and the next replay leaves no more than the job in the queue.
    #[tokio::test]
    async fn killed_at_any_step_it_leaves_the_letter() {
        for operations in 0.. {
            let (store, faults) = given_up().await;
            let (broker, read) = (Broker::in_process(), letters(&store).await);
            faults.stop_after(operations);
            let ended = replay_dead(&store, Some(&broker), &read).await;
            faults.heal();
            let has_letter = store.get_dead(&job().id).await.unwrap().is_some();
            let queued = broker.depths().await.unwrap().waiting();
            if ended.is_ok() {
                assert_eq!((queued, has_letter, operations), (1, false, 4));
                return;
            }
            assert!(has_letter, "after {operations} requests");
            assert!(matches!(replay_dead(&store, Some(&broker), &read).await, Ok(Replayed::Queued)));
            assert_eq!(store.get_dead(&job().id).await.unwrap(), None);
            assert_eq!(store.get_result(&job().id).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_broker_that_does_not_confirm_leaves_the_letter() {
        let (store, _) = given_up().await;
        let full = async |_| Err(BrokerError::Full { queue: "jobs".to_owned() });
        let ended = replay(&store, &letters(&store).await, full).await;
        assert!(matches!(ended, Err(ReplayError::Broker { .. })), "{ended:?}");
        assert_eq!(store.get_dead(&job().id).await.unwrap(), Some(letter(1)));
    }

    #[tokio::test]
    async fn a_job_that_was_done_since_is_not_done_again() {
        let (store, _) = given_up().await;
        store.delete_result(&job().id).await.unwrap();
        let id = fonts::output_id(&source_id(b"a"), job().known_spec().unwrap(), &fonts::Fonts::built_in()).unwrap();
        let output = OutputInfo { id, media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1 };
        let done = result(Outcome::Done {
            output,
            stats: RenderStats::default(),
            missing_glyphs: Vec::new(),
            fidelity: proto_shared::Fidelity::default(),
        });
        assert_eq!(store.create_result(&done).await.unwrap(), Created::New);
        let ended = replay(&store, &letters(&store).await, async |_| unreachable!()).await;
        assert!(matches!(ended, Ok(Replayed::EndedAlready)), "{ended:?}");
        assert_eq!(store.get_dead(&job().id).await.unwrap(), None);
        assert_eq!(store.get_result(&job().id).await.unwrap(), Some(done));
    }

    /// A replay that was killed after its publish left none, and a worker may write one between the look and a deletion.
    #[tokio::test]
    async fn where_no_result_was_seen_none_is_taken_back() {
        let (store, faults) = given_up().await;
        store.delete_result(&job().id).await.unwrap();
        let before = faults.count(Operation::Delete, "jobs/");
        assert!(matches!(replay(&store, &letters(&store).await, async |_| Ok(())).await, Ok(Replayed::Queued)));
        assert_eq!(faults.count(Operation::Delete, "jobs/"), before);
    }

    #[tokio::test]
    async fn what_is_no_job_what_is_gone_and_what_is_away_is_told_apart() {
        let (store, faults) = given_up().await;
        let stranger = DeadRecord { message: None, body: Some("?".to_owned()), ..letter(2) };
        store.put_dead(&stranger).await.unwrap();
        let read = letters(&store).await;
        assert!(matches!(replay_dead(&store, None, &read).await, Ok(Replayed::NoJob)));
        assert_eq!(store.get_dead(&job().id).await.unwrap(), Some(stranger));
        faults.next(1, Operation::Get, "dead/", Fault::Fail);
        assert!(matches!(replay_dead(&store, None, &read).await, Err(ReplayError::Store { .. })));
        store.delete_letters(std::slice::from_ref(&read)).await.unwrap();
        assert!(matches!(replay_dead(&store, None, &read).await, Ok(Replayed::Gone)));
    }
}
