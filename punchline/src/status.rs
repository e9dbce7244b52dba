//! `punchline status`: how a job is, and its result once it is done.
//!
//! Called by main. It changes nothing at the service.

use std::path::PathBuf;

use proto_shared::JobId;

use crate::{
    client::{Client, ServerArgs},
    exit::Failure,
    files, follow, job,
    patience::Patience,
    progress::Activity,
    submit::{fetch, look_again, print, until_interrupted},
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
    let client = Client::new(&args.server.server, args.server.key.as_deref())?;
    until_interrupted(status(args, &client)).map_err(|failure| {
        if args.wait || args.output.is_some() { failure.with_hint(look_again(args.id.as_str(), &args.server)) } else { failure }
    })
}

async fn status(args: &StatusArgs, client: &Client) -> Result<(), Failure> {
    let activity = Activity::new();
    let mut patience = Patience::new(args.server.patience);
    let id = args.id.as_str();
    let told = if args.wait || args.output.is_some() {
        follow::to_the_end(client, id, &mut patience, &activity).await?
    } else {
        client.insist(&mut patience, &activity, async || job::look(client, id).await).await?
    };
    if let Some(output) = &args.output {
        if !args.json {
            print(told.job.lines().trim_end(), files::is_stream(output), &activity)?;
        }
        return fetch(client, &told, output, args.json, &mut patience, &activity).await;
    }
    let text = if args.json { told.json.to_string() } else { told.job.lines() };
    print(text.trim_end(), false, &activity)?;
    if args.wait { told.job.result().map(|_| ()) } else { Ok(()) }
}
