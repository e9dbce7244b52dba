//! Brings the result of a job that is done into a file, whole or not at all.
//!
//! `submit` and `status` end with it. A result never changes, so a broken download goes on where it broke, and is held to
//! the length that the job tells.

use std::{io::IoSlice, path::Path, time::Duration};

use proto_shared::OutputInfo;
use reqwest::Method;
use tokio::time::timeout;

use crate::{
    client::{Client, Trouble, send},
    exit::{Failure, Reason},
    files::Output,
    job::{self, Job},
    patience::Patience,
    progress::Activity,
};

/// No piece in so long: the connection is as good as broken.
const SILENCE: Duration = Duration::from_secs(30);

pub(crate) async fn result(
    client: &Client,
    job: &Job,
    to: &Path,
    patience: &mut Patience,
    activity: &Activity,
) -> Result<(), Failure> {
    let info = job.result()?;
    let mut output = Output::begin(to)?;
    let mut written_bytes = 0;
    client.insist(patience, activity, async || rest(client, job, info, &mut output, &mut written_bytes, activity).await).await?;
    output.finish()
}

/// Writes what has not been written yet.
async fn rest(
    client: &Client,
    job: &Job,
    info: &OutputInfo,
    output: &mut Output,
    written_bytes: &mut u64,
    activity: &Activity,
) -> Result<(), Trouble> {
    let request = client.request(Method::GET, &format!("{}/result", job::path(&job.id)));
    let silent = |_| Trouble::lost("nothing came");
    let mut answer = timeout(SILENCE, send(request)).await.map_err(silent)??;
    let counter = activity.bytes("downloading", info.bytes);
    let mut got_bytes = 0;
    while let Some(piece) = timeout(SILENCE, answer.chunk()).await.map_err(silent)?.map_err(|e| Trouble::of(&e))? {
        // What an earlier connection brought is passed over.
        let known = usize::try_from(written_bytes.saturating_sub(got_bytes)).unwrap_or(usize::MAX).min(piece.len());
        got_bytes += piece.len() as u64;
        if got_bytes > info.bytes {
            break;
        }
        output.write(&mut [IoSlice::new(&piece[known..])])?;
        *written_bytes = got_bytes.max(*written_bytes);
        counter.set_position(*written_bytes);
    }
    if got_bytes == info.bytes {
        return Ok(());
    }
    let found = if got_bytes > info.bytes { "more".to_owned() } else { got_bytes.to_string() };
    Err(Failure::new(Reason::Internal, format_args!("the result should have {} bytes, {found} came", info.bytes)).into())
}
