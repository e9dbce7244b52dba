//! Brings the result of a job that is done into a file, whole or not at all.
//!
//! `submit` and `status` end with it. A result never changes, so a broken download goes on where it broke, and is held to
//! the length that the job tells.

use std::{io::IoSlice, path::Path, time::Duration};

use proto_shared::OutputInfo;
use reqwest::Method;
use tokio::time::timeout;

use crate::{
    client::{
        activity::Activity,
        http::{Client, RequestError, send},
        job::{self, Job},
        session::Session,
    },
    exit::{Failure, Reason},
    files::Output,
};

/// A connection that has brought nothing for so long is as good as broken.
const SILENCE: Duration = Duration::from_secs(30);

pub(crate) async fn result(session: &mut Session, job: &Job, to: &Path) -> Result<(), Failure> {
    let info = job.result()?;
    let mut partial = Partial { job, info, output: Output::begin(to)?, written_bytes: 0 };
    session.retry(async |client, activity| partial.write_rest(client, activity).await).await?;
    partial.output.finish()
}

/// A result of which some bytes have been written.
struct Partial<'a> {
    job: &'a Job,
    info: &'a OutputInfo,
    output: Output,
    written_bytes: u64,
}

impl Partial<'_> {
    /// Asks for the result, and writes what has not been written yet.
    async fn write_rest(&mut self, client: &Client, activity: &Activity) -> Result<(), RequestError> {
        let request = client.request(Method::GET, &format!("{}/result", job::path(&self.job.id)));
        let silent = |_| RequestError::lost("nothing came");
        let mut answer = timeout(SILENCE, send(request)).await.map_err(silent)??;
        let bytes = self.info.bytes;
        let counter = activity.bytes("downloading", bytes);
        let mut got_bytes = 0;
        while let Some(piece) = timeout(SILENCE, answer.chunk()).await.map_err(silent)?.map_err(|e| RequestError::of(&e))? {
            // What an earlier connection brought is passed over.
            let known = usize::try_from(self.written_bytes.saturating_sub(got_bytes)).unwrap_or(usize::MAX).min(piece.len());
            got_bytes += piece.len() as u64;
            if got_bytes > bytes {
                break;
            }
            self.output.write(&mut [IoSlice::new(&piece[known..])])?;
            self.written_bytes = got_bytes.max(self.written_bytes);
            counter.set_position(self.written_bytes);
        }
        if got_bytes == bytes {
            return Ok(());
        }
        let found = if got_bytes > bytes { "more".to_owned() } else { got_bytes.to_string() };
        Err(Failure::new(Reason::Internal, format_args!("the result should have {bytes} bytes, {found} came")).into())
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Url;
    use serde_json::json;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::client::http::ServerArgs;

    fn job(bytes: usize) -> Job {
        let id = "0".repeat(64);
        serde_json::from_value(json!({
            "id": "0192f0c1a2b37c4d8e9f001122334455",
            "state": "done",
            "source": {"id": id, "media": "gif", "bytes": 1, "width_px": 1, "height_px": 1, "frames": 1},
            "output": {"id": id, "media": "gif", "bytes": bytes, "width_px": 1, "height_px": 1},
        }))
        .unwrap()
    }

    /// Promises the whole to each that comes, and gives so much of it before it hangs up.
    async fn giving(listener: TcpListener, whole: Vec<u8>, lengths: &[usize]) {
        for &given in lengths {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", whole.len());
            connection.write_all(head.as_bytes()).await.unwrap();
            connection.write_all(&whole[..given]).await.unwrap();
        }
        std::future::pending::<()>().await;
    }

    async fn downloaded(lengths: &[usize], promised: usize) -> Result<Vec<u8>, Failure> {
        let whole: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("out.gif");
        let (mut session, job) = (Session::new(&ServerArgs { server, key: None, patience: 60 })?, job(promised));
        let got = tokio::select! {
            got = result(&mut session, &job, &to) => got,
            () = giving(listener, whole, lengths) => unreachable!("it ends without a word"),
        };
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), usize::from(got.is_ok()), "nothing but a whole file");
        got.map(|()| std::fs::read(&to).unwrap())
    }

    #[tokio::test]
    async fn a_download_that_breaks_twice_is_whole_at_its_end() {
        let got = downloaded(&[500_001, 90_000, 1_200_000], 1_200_000).await.unwrap();
        assert_eq!(got.len(), 1_200_000);
        assert!(got.chunks(4).zip(0_u32..).all(|(bytes, n)| bytes == n.to_le_bytes()));
    }

    #[tokio::test]
    async fn a_result_of_another_length_is_not_kept() {
        for promised in [1_199_999, 1_200_001] {
            let failure = downloaded(&[1_200_000], promised).await.unwrap_err();
            assert_eq!(failure.reason(), Reason::Internal);
        }
    }
}
