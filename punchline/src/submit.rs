//! `punchline submit`: has a service write words on a picture.
//!
//! Called by main. The request has a name of its own, so that it can be sent again after a lost connection without making a
//! second job. Once the job is accepted nothing that happens here harms it.

use std::{
    cell::OnceCell,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use proto_shared::CaptionSpec;
use reqwest::{Method, multipart::Form};

use crate::{
    client::{Client, DEFAULT_SERVER, ServerArgs, Trouble, send, shown},
    download,
    exit::{Failure, Reason},
    files, follow,
    job::{self, Told},
    parts,
    patience::Patience,
    progress::Activity,
    upload::{self, Picture},
    words::{self, WordArgs},
};

/// Longer than a service takes to store an upload or to fetch a picture from elsewhere.
const SILENCE: Duration = Duration::from_secs(90);

/// Have a service write words on a picture.
///
/// Prints the job's id and where it is. With --wait it also follows the job to its end and fetches the result.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  punchline submit cat.gif --bottom \"monday\" --wait          writes cat.captioned.gif
  punchline submit cat.gif --top \"me\" -o out.gif --server https://captions.example.com
  punchline submit https://example.com/cat.gif --bottom hi   the service fetches the picture
  curl -s https://example.com/cat.gif | punchline submit - --bottom hi -o - > out.gif
  punchline submit cat.gif --bottom hi --json | jq -r .id    ask later: punchline status ID

A lost connection and a service that is busy (429, 503) are tried again without making a second job.

Exit codes: 0 done, 2 usage, 65 refused or failed because of the input, 66 no input, 69 the service can't be reached or is
overloaded, 70 internal, 73 cannot write, 130 stopped from the keyboard.")]
pub(crate) struct SubmitArgs {
    /// The picture: a file, `-` for standard input, or an http(s) address that the service can reach
    #[arg(value_name = "FILE")]
    input: PathBuf,

    #[command(flatten)]
    server: ServerArgs,

    #[command(flatten)]
    words: WordArgs,

    /// Wait for the end and fetch the result
    #[arg(long)]
    wait: bool,

    /// Where the result goes, `-` is standard output; implies --wait [default: FILE with `.captioned` before its extension]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// Show the result to everyone in the service's gallery
    #[arg(long)]
    gallery: bool,

    /// An address that the service calls when the job has ended
    #[arg(long, value_name = "URL")]
    callback_url: Option<String>,

    /// Print the job as one line of JSON: as accepted, or as it ended with --wait
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &SubmitArgs) -> Result<(), Failure> {
    let spec = args.words.spec()?;
    if let Some(file) = args.words.font_file() {
        let why = format_args!("--font: a service knows fonts by their names, {} is a file", file.display());
        return Err(Failure::new(Reason::Usage, why));
    }
    let client = Client::new(&args.server.server, args.server.key.as_deref())?;
    let picture = Picture::of(&args.input)?;
    let accepted = OnceCell::new();
    let done = until_interrupted(submit(args, &client, &spec, &picture, &accepted));
    done.map_err(|failure| match accepted.get() {
        Some(id) => failure.with_hint(look_again(id, &args.server)),
        None => failure,
    })
}

/// Runs the work of a command until it is done or someone presses Ctrl-C.
pub(crate) fn until_interrupted(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    parts::runtime()?.block_on(async {
        tokio::select! {
            done = work => done,
            _ = tokio::signal::ctrl_c() => Err(Failure::new(Reason::Interrupted, "stopped")),
        }
    })
}

/// What to do about a job that goes on without us.
pub(crate) fn look_again(id: &str, server: &ServerArgs) -> String {
    let server = shown(&server.server);
    let elsewhere = if server == DEFAULT_SERVER { String::new() } else { format!(" --server {server}") };
    format!("the job stays with the service: `punchline status {id}{elsewhere}` looks at it")
}

async fn submit(
    args: &SubmitArgs,
    client: &Client,
    spec: &CaptionSpec,
    picture: &Picture,
    accepted: &OnceCell<String>,
) -> Result<(), Failure> {
    let activity = Activity::new();
    let mut patience = Patience::new(args.server.patience);
    // The same for every try.
    let name = format!("{:032x}", fastrand::u128(..));
    let told = client
        .insist(&mut patience, &activity, async || {
            let form = picture.add_to(args.form(spec)?, &activity).await?;
            let request = client.request(Method::POST, "v1/jobs").header("idempotency-key", &name).multipart(form);
            tokio::select! {
                answer = async { Told::read(send(request).await?).await } => answer,
                () = activity.stalled(SILENCE) => Err(Trouble::lost("no answer in time")),
            }
        })
        .await
        .map_err(|trouble| name_flag(trouble, &args.words))?;
    let id = accepted.get_or_init(|| told.job.id.clone());

    let output = args.output.clone().unwrap_or_else(|| upload::default_output(&args.input));
    let waits = args.wait || args.output.is_some();
    if !args.json {
        let place = shown(&client.url(&job::path(id)));
        // A line that goes through a pipe with the picture would spoil it.
        print(&format!("{id} {place}"), waits && files::is_stream(&output), &activity)?;
    } else if !waits {
        print(&told.json.to_string(), false, &activity)?;
    }
    if !waits {
        return Ok(());
    }
    let told = if told.job.has_ended() { told } else { follow::to_the_end(client, id, &mut patience, &activity).await? };
    fetch(client, &told, &output, args.json, &mut patience, &activity).await
}

/// The end of a wait: the result, what is to be said of it, and the job as JSON if that is wanted.
pub(crate) async fn fetch(
    client: &Client,
    told: &Told,
    output: &Path,
    json: bool,
    patience: &mut Patience,
    activity: &Activity,
) -> Result<(), Failure> {
    if json {
        print(&told.json.to_string(), files::is_stream(output), activity)?;
    }
    download::result(client, &told.job, output, patience, activity).await?;
    activity.aside(|| words::warn_of_missing(&told.job.missing_glyphs));
    Ok(())
}

/// A line on standard output, or beside a picture that goes there.
pub(crate) fn print(line: &str, beside: bool, activity: &Activity) -> Result<(), Failure> {
    let written = activity.aside(|| if beside { writeln!(io::stderr(), "{line}") } else { writeln!(io::stdout(), "{line}") });
    written.map_err(|e| Failure::new(Reason::CannotWrite, format_args!("failed to write to standard output: {e}")))
}

/// Says of a refusal which flag it is about.
fn name_flag(trouble: Trouble, words: &WordArgs) -> Trouble {
    match trouble {
        Trouble::Refused(mut refusal) => {
            let flag = match refusal.field.as_deref() {
                Some("callback_url") => Some("--callback-url"),
                Some(field) => words.flag_of(field),
                None => None,
            };
            if let Some(flag) = flag {
                refusal.field = Some(flag.to_owned());
            }
            Trouble::Refused(refusal)
        }
        other => other,
    }
}

impl SubmitArgs {
    /// All of the form but the picture.
    fn form(&self, spec: &CaptionSpec) -> Result<Form, Failure> {
        let spec = serde_json::to_string(spec).map_err(|e| Failure::new(Reason::Internal, e))?;
        let mut form = Form::new().text("spec", spec);
        if self.gallery {
            form = form.text("gallery", "true");
        }
        if let Some(url) = &self.callback_url {
            form = form.text("callback_url", url.clone());
        }
        Ok(form)
    }
}
