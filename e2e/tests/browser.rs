//! The page in a real browser: starts `punchline serve` and runs the tests in `browser/` on it, which drop pictures, type,
//! watch, download and compare. They ask for the server to be killed and started by lines on their standard output.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use e2e::{binary, deadline::within, keyed_server::KeyedServer, process::Process};
use image::{Rgb, RgbImage};
use samples::{
    Sample,
    minimal::{declared_size, many_frames},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

const TEST: Duration = Duration::from_secs(2_700);
/// Pictures with this many frames. A frame takes 20 ms if the text asks for slow frames, whatever the number of threads. No two tests
/// finish the same picture: the second would be answered from the stored output.
const SLOW: [(&str, usize); 4] = [("slow.gif", 300), ("reloaded.gif", 700), ("slow-enough.gif", 800), ("slower.gif", 2_000)];
/// Begins a line of the tests' output that is a command for this program.
const ORDER: &str = "@server ";

/// The pictures that the tests drop, good and bad.
fn fixtures(folder: &Path) {
    let duck = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/duck.gif")).unwrap();
    // Cut before the first frame: nobody shows anything of it.
    fs::write(folder.join("cut-short.gif"), &duck[..20]).unwrap();
    fs::write(folder.join("duck.gif"), duck).unwrap();
    fs::write(folder.join("no-picture.txt"), "not a picture, only words").unwrap();
    fs::write(folder.join("wide.gif"), declared_size(60_000, 60_000)).unwrap();
    fs::write(folder.join("many.gif"), many_frames(2_001)).unwrap();
    for (name, frames) in SLOW {
        fs::write(folder.join(name), many_frames(frames)).unwrap();
    }
    fs::write(folder.join("big.gif"), Sample::well_formed(4, 900..=900).bytes()).unwrap();
    for (name, width, height) in [("still.png", 320, 200), ("tiny.png", 40, 30)] {
        RgbImage::from_pixel(width, height, Rgb([0x44, 0x66, 0x88])).save(folder.join(name)).unwrap();
    }
}

/// Where `npm ci` put what the tests need: named by `./test`, else beside them.
fn node_modules() -> PathBuf {
    let named = std::env::var_os("PUNCHLINE_NODE_MODULES").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/browser/node_modules").into());
    assert!(folder.join("playwright-core").exists(), "{} holds no playwright-core: ./test installs it", folder.display());
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_does_what_it_promises_in_a_browser() {
    within(TEST, async {
        let folder = || tempfile::tempdir().unwrap();
        let (data, pictures, behind_a_key) = (folder(), folder(), folder());
        fixtures(pictures.path());
        let mut server = Process::serve(data.path(), &[]).await.unwrap();
        let KeyedServer { server: keyed, key } = KeyedServer::start(behind_a_key.path(), &[]).await.unwrap();
        let mut tests = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/browser/all.js"))
            .env("PUNCHLINE_URL", server.url(""))
            .env("PUNCHLINE_GUARDED_URL", keyed.url(""))
            .env("PUNCHLINE_KEY", key)
            .env("PUNCHLINE_BIN", binary::punchline().unwrap())
            .env("PUNCHLINE_FIXTURES", pictures.path())
            .env("PUNCHLINE_NODE_MODULES", node_modules())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut answers = tests.stdin.take().unwrap();
        let mut said = BufReader::new(tests.stdout.take().unwrap()).lines();
        while let Some(line) = said.next_line().await.unwrap() {
            match line.strip_prefix(ORDER) {
                Some("kill") => server.kill(),
                Some("start") => server.replace_serve(data.path(), &[]).await.unwrap(),
                _ => {
                    println!("{line}");
                    continue;
                }
            }
            answers.write_all(b"ok\n").await.unwrap();
        }
        assert!(tests.wait().await.unwrap().success(), "{}", server.log_tail());
    })
    .await;
}
