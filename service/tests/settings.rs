//! The table in docs/SETTINGS.md and the code say the same.

use std::{env, fs};

const BEGIN: &str = "<!-- settings:begin -->\n";
const END: &str = "<!-- settings:end -->";

/// With `UPDATE_SETTINGS=1` it writes the table instead of comparing it.
#[test]
fn the_table_in_the_documentation_is_the_one_the_code_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/SETTINGS.md");
    let page = fs::read_to_string(path).expect("docs/SETTINGS.md");
    let begin = page.find(BEGIN).expect("docs/SETTINGS.md has the settings:begin marker") + BEGIN.len();
    let end = begin + page[begin..].find(END).expect("docs/SETTINGS.md has the settings:end marker");
    let table = service::config::settings_markdown();
    if env::var_os("UPDATE_SETTINGS").is_some() {
        fs::write(path, [&page[..begin], &table, &page[end..]].concat()).expect("docs/SETTINGS.md can be written");
        return;
    }
    assert_eq!(&page[begin..end], table, "run `UPDATE_SETTINGS=1 cargo test -p service --test settings`");
}
