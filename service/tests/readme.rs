//! The README's table of settings and the code say the same.

use std::{env, fs};

const BEGIN: &str = "<!-- settings:begin -->\n";
const END: &str = "<!-- settings:end -->";

/// With `UPDATE_README=1` it writes the table instead of comparing it.
#[test]
fn the_table_in_the_readme_is_the_one_the_code_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = fs::read_to_string(path).expect("README.md");
    let begin = readme.find(BEGIN).expect("README.md has the settings:begin marker") + BEGIN.len();
    let end = begin + readme[begin..].find(END).expect("README.md has the settings:end marker");
    let table = service::config::settings_markdown();
    if env::var_os("UPDATE_README").is_some() {
        fs::write(path, [&readme[..begin], &table, &readme[end..]].concat()).expect("README.md can be written");
        return;
    }
    assert_eq!(&readme[begin..end], table, "run `UPDATE_README=1 cargo test -p service --test readme`");
}
