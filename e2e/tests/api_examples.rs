//! Runs docs/API.md as a reader would: every block as it is printed, against a running service. Its output is compared with the block
//! that follows it, in which `…` stands for anything.

use std::{fmt::Write as _, path::Path, process::Command, time::Duration};

use e2e::{deadline::within, ports::Port, process::Process};

const TEST: Duration = Duration::from_secs(900);
const SECRET: &str = "not much of a secret, is it?";

/// A fenced block: its language, the name of its file if it is a file, and its text.
struct Block<'a> {
    language: &'a str,
    file: Option<&'a str>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let (mut blocks, mut lines) = (Vec::new(), page.lines());
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let (language, file) = info.split_once(' ').map_or((info, None), |(language, file)| (language, Some(file)));
        let text = lines.by_ref().take_while(|line| *line != "```").fold(String::new(), |text, line| text + line + "\n");
        blocks.push(Block { language, file, text });
    }
    blocks
}

fn is_like(printed: &str, pattern: &str) -> bool {
    let Some((first, others)) = pattern.split_once('…') else { return printed == pattern };
    let Some(mut rest) = printed.strip_prefix(first) else { return false };
    let (between, last) = others.rsplit_once('…').unwrap_or(("", others));
    for stretch in between.split('…') {
        let Some(at) = rest.find(stretch) else { return false };
        rest = &rest[at + stretch.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn a_pattern_stands_for_what_it_shows() {
    assert!(is_like("abc", "abc") && is_like("abc", "a…c") && is_like("a-c-c", "a…c") && is_like("abcde", "a…c…e"));
    assert!(!is_like("abc", "b…") && !is_like("abcd", "a…c") && !is_like("ac", "b") && !is_like("abde", "a…c…e"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_prints_what_the_page_says() {
    within(TEST, async {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let page = std::fs::read_to_string(repository.join("docs/API.md")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let env = [("PUNCHLINE_OUTBOUND_ALLOW", "127.0.0.0/8"), ("PUNCHLINE_WEBHOOK_SECRET", SECRET)];
        let server = Process::serve(&folder.path().join("data"), &env.map(|(n, v)| (n.to_owned(), v.to_owned()))).await.unwrap();
        std::fs::copy(repository.join("samples/duck.gif"), folder.path().join("cat.gif")).unwrap();

        // One shell for all, as a reader has one.
        let mut script = "set -euo pipefail\n".to_owned();
        let (mut expected, mut blocks) = (Vec::new(), blocks(&page).into_iter().peekable());
        while let Some(Block { language, file, text }) = blocks.next() {
            let number = expected.len();
            let (name, run) = match (language, file) {
                ("sh", None) => (format!("{number}.sh"), format!(". ./{number}.sh")),
                ("python", None) => (format!("{number}.py"), format!("python3 {number}.py")),
                ("js", None) => (format!("{number}.mjs"), format!("node {number}.mjs")),
                (_, Some(file)) => (file.to_owned(), String::new()),
                ("console", None) => continue,
                _ => panic!("a block in {language:?} that follows none that prints"),
            };
            std::fs::write(folder.path().join(name), &text).unwrap();
            if !run.is_empty() {
                writeln!(script, "{run} >{number}.out").unwrap();
                let shown = blocks.next_if(|next| next.language == "text");
                expected.push((text, shown.unwrap_or_else(|| panic!("block {number} shows nothing")).text));
            }
        }
        assert!(expected.len() >= 12, "{} examples", expected.len());

        // Leased until the end of the test, and not in the range from which the kernel gives ports to outgoing connections.
        let port = Port::lease().unwrap();
        let mut command = Command::new("bash");
        command
            .args(["-c", &script])
            .env("PUNCHLINE", server.url(""))
            .env("PORT", port.number().to_string())
            .current_dir(folder.path());
        let run = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        for (number, (text, shown)) in expected.iter().enumerate() {
            let printed = std::fs::read_to_string(folder.path().join(format!("{number}.out"))).unwrap();
            assert!(is_like(printed.trim_end(), shown.trim_end()), "{text}\nprinted\n{printed}\ninstead of\n{shown}");
        }
    })
    .await;
}
