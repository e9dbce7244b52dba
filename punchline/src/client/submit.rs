//! `punchline submit`: has a service write words on a picture.
//!
//! Called by main. The request has an idempotency key, so that it can be sent again after a lost connection without making a
//! second job. Once the job is accepted nothing that happens here harms it.

use std::{cell::OnceCell, path::PathBuf, time::Duration};

use reqwest::{
    Method,
    multipart::{Form, Part},
};

use crate::{
    caption_flags::{Asked, CaptionFlags, EXAMPLES, extension_for, format_for},
    client::{
        ending::{fetch, print, status_hint, until_interrupted},
        follow,
        http::{RequestError, ServerArgs, send, shown},
        job::{self, JobDocument},
        session::Session,
        upload::{self, Picture},
    },
    exit::{Failure, Reason},
    files,
};

/// Longer than a service takes to store an upload or to fetch a picture from elsewhere.
const SILENCE: Duration = Duration::from_secs(90);

/// Have a service write words on a picture.
///
/// Prints the job's id and where it is. With --wait it also follows the job to its end and fetches the result.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("Examples:
  punchline submit cat.gif --bottom \"monday\" --wait          writes cat.captioned.gif
  punchline submit cat.gif --top \"me\" -o out.gif --server https://captions.example.com
  punchline submit https://example.com/cat.gif --bottom hi   the service fetches the picture
  curl -s https://example.com/cat.gif | punchline submit - --bottom hi -o - > out.gif
  punchline submit cat.gif --bottom hi --json | jq -r .id    ask later: punchline status ID

More of words, behind `punchline submit cat.gif`:
{EXAMPLES}

A lost connection and a service that is busy (429, 503) are tried again without making a second job.

Exit codes: 0 done, 2 usage, 65 refused or failed because of the input, 66 no input, 69 the service can't be reached or is
overloaded, 70 internal, 73 cannot write, 130 stopped from the keyboard."))]
pub(crate) struct SubmitArgs {
    /// The picture: a file, `-` for standard input, or an http(s) address that the service can reach
    #[arg(value_name = "FILE")]
    input: PathBuf,

    #[command(flatten)]
    server: ServerArgs,

    #[command(flatten)]
    caption: CaptionFlags,

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
    let mut asked = args.caption.asked()?;
    if let Some((_, file)) = asked.font_files.first() {
        let why = format_args!("--font: a service knows fonts by their names, {} is a file", file.display());
        return Err(Failure::new(Reason::Usage, why));
    }
    let mut session = Session::new(&args.server)?;
    let picture = Picture::of(&args.input)?;
    asked.spec.format = format_for(asked.spec.format, args.output.as_deref(), picture.media())?;
    let accepted = OnceCell::new();
    let done = until_interrupted(submit(args, &mut session, &asked, &picture, &accepted));
    done.map_err(|failure| match accepted.get() {
        Some(id) => failure.with_hint(status_hint(id, &args.server)),
        None => failure,
    })
}

async fn submit(
    args: &SubmitArgs,
    session: &mut Session,
    asked: &Asked,
    picture: &Picture,
    accepted: &OnceCell<String>,
) -> Result<(), Failure> {
    // The same for every try.
    let key = format!("{:032x}", fastrand::u128(..));
    let document = session
        .retry(async |client, activity| {
            let form = picture.add_to(args.form(asked)?, activity).await?;
            let request = client.request(Method::POST, "v1/jobs").header("idempotency-key", &key).multipart(form);
            tokio::select! {
                answer = async { JobDocument::read(send(request).await?).await } => answer,
                () = activity.stalled(SILENCE) => Err(RequestError::lost("no answer in time")),
            }
        })
        .await
        .map_err(|error| name_flag(error, asked))?;
    let id = accepted.get_or_init(|| document.job.id.clone());

    let output = args
        .output
        .clone()
        .unwrap_or_else(|| upload::default_output(&args.input, extension_for(asked.spec.format, picture.media())));
    let waits = args.wait || args.output.is_some();
    if !args.json {
        let place = shown(&session.client.url(&job::path(id)));
        // A line that goes through a pipe with the picture would spoil it.
        print(&format!("{id} {place}"), waits && files::is_stream(&output), &session.activity)?;
    } else if !waits {
        print(&document.json.to_string(), false, &session.activity)?;
    }
    if !waits {
        return Ok(());
    }
    let document = if document.job.has_ended() { document } else { follow::to_the_end(session, id).await? };
    fetch(session, &document, &output, args.json).await
}

/// Says of a refusal which flag it is about.
fn name_flag(error: RequestError, asked: &Asked) -> RequestError {
    match error {
        RequestError::Refused(mut refusal) => {
            let flag = match refusal.field.as_deref() {
                Some("callback_url") => Some("--callback-url".to_owned()),
                Some(field) => asked.flag_of(field),
                None => None,
            };
            if flag.is_some() {
                refusal.field = flag;
            }
            RequestError::Refused(refusal)
        }
        other => other,
    }
}

impl SubmitArgs {
    /// All of the form but the picture.
    fn form(&self, asked: &Asked) -> Result<Form, Failure> {
        let spec = serde_json::to_string(&asked.spec).map_err(|e| Failure::new(Reason::Internal, e))?;
        let mut form = Form::new().text("spec", spec);
        for (name, file) in &asked.images {
            form = form.part(name.field(), Part::bytes(file.clone()).file_name(name.to_string()));
        }
        if self.gallery {
            form = form.text("gallery", "true");
        }
        if let Some(url) = &self.callback_url {
            form = form.text("callback_url", url.clone());
        }
        Ok(form)
    }
}
