//! `punchline key`: makes an API key and the line that lets it in.
//!
//! It keeps nothing and changes no file: the key is for who will use it, the line for the file that
//! `PUNCHLINE_API_KEYS_FILE` names.

use std::io::{self, Write as _};

use service::api_keys;

use crate::exit::{Failure, Reason};

/// Make an API key and its line for the file of keys.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyArgs {
    /// Who will use it: letters, digits, `.`, `_` and `-`. It stands in logs.
    name: String,
}

pub(crate) fn run(args: &KeyArgs) -> Result<(), Failure> {
    let made = api_keys::new_key(&args.name).map_err(|e| Failure::new(Reason::Usage, e))?;
    let text = format!(
        "The key, shown this once:\n  {}\nIts line for the file of keys (`expires 2027-01-31T00:00:00Z` may stand behind it):\n  {}",
        made.key.expose(),
        made.line
    );
    writeln!(io::stdout(), "{text}").map_err(|e| Failure::new(Reason::CannotWrite, e))
}
