//! `punchline status`: how a job is, and its result once it is done.
//!
//! Called by main. It changes nothing at the service.

use std::path::PathBuf;

use proto_shared::JobId;

use crate::{
    client::{
        ending::{fetch, print, status_hint, until_interrupted},
        follow,
        http::ServerArgs,
        job,
        session::Session,
    },
    exit::Failure,
    files,
};

/// Say how a job of a service is, wait for it, fetch its result.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  punchline status 0192f0c1a2b37c4d8e9f001122334455
  punchline status 0192f0c1a2b37c4d8e9f001122334455 -o out.gif    waits if need be
  punchline status 0192f0c1a2b37c4d8e9f001122334455 --json | jq -r .state

Exit codes: 0 the question is answered, whatever the state; with --wait or -o 0 means done, and 65 that the job failed because
of the input. 2 usage, 66 no such job, 69 the service can't be reached or the job was cancelled, 70 internal, 73 cannot write,
130 stopped from the keyboard.")]
pub(crate) struct StatusArgs {
    /// The job, as `punchline submit` prints it
    #[arg(value_parser = JobId::parse)]
    id: JobId,

    #[command(flatten)]
    server: ServerArgs,

    /// Wait for the job's end
    #[arg(long)]
    wait: bool,

    /// Fetch the result, `-` is standard output; implies --wait
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// Print the job as one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &StatusArgs) -> Result<(), Failure> {
    let mut session = Session::new(&args.server)?;
    until_interrupted(status(args, &mut session)).map_err(|failure| {
        if args.wait || args.output.is_some() { failure.with_hint(status_hint(args.id.as_str(), &args.server)) } else { failure }
    })
}

async fn status(args: &StatusArgs, session: &mut Session) -> Result<(), Failure> {
    let id = args.id.as_str();
    let document = if args.wait || args.output.is_some() {
        follow::to_the_end(session, id).await?
    } else {
        session.retry(async |client, _| job::get(client, id).await).await?
    };
    if let Some(output) = &args.output {
        if !args.json {
            print(document.job.lines().trim_end(), files::is_stream(output), &session.activity)?;
        }
        return fetch(session, &document, output, args.json).await;
    }
    let text = if args.json { document.json.to_string() } else { document.job.lines() };
    print(text.trim_end(), false, &session.activity)?;
    if args.wait { document.job.result().map(|_| ()) } else { Ok(()) }
}
