//! How `submit` and `status` end: with what they print, the result in its file, and what to do about a job that goes on.

use std::{
    io::{self, Write as _},
    path::Path,
};

use crate::{
    caption_flags::warn_of,
    client::{
        activity::Activity,
        download,
        http::{DEFAULT_SERVER, ServerArgs, shown},
        job::JobDocument,
        session::Session,
    },
    exit::{Failure, Reason},
    files, open,
};

/// Runs the work of a command until it is done or someone presses Ctrl-C.
pub(crate) fn until_interrupted(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    open::runtime()?.block_on(async {
        tokio::select! {
            done = work => done,
            _ = tokio::signal::ctrl_c() => Err(Failure::new(Reason::Interrupted, "stopped")),
        }
    })
}

/// What to do about a job that goes on without us.
pub(crate) fn status_hint(id: &str, server: &ServerArgs) -> String {
    let server = shown(&server.server);
    let elsewhere = if server == DEFAULT_SERVER { String::new() } else { format!(" --server {server}") };
    format!("the job stays with the service: `punchline status {id}{elsewhere}` looks at it")
}

/// Fetches the result, and tells of the job as JSON if that is wanted.
pub(crate) async fn fetch(session: &mut Session, document: &JobDocument, output: &Path, json: bool) -> Result<(), Failure> {
    if json {
        print(&document.json.to_string(), files::is_stream(output), &session.activity)?;
    }
    download::result(session, &document.job, output).await?;
    session.activity.aside(|| warn_of(document.job.differences()));
    Ok(())
}

/// A line on standard output, or beside a picture that goes there.
pub(crate) fn print(line: &str, beside: bool, activity: &Activity) -> Result<(), Failure> {
    let written = activity.aside(|| if beside { writeln!(io::stderr(), "{line}") } else { writeln!(io::stdout(), "{line}") });
    written.map_err(|e| Failure::new(Reason::CannotWrite, format_args!("failed to write to standard output: {e}")))
}
