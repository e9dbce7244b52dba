//! A font whose file has changed, on the real binary: the same request is drawn again with the new font.

use std::{fs, time::Duration};

use caption::Font;
use e2e::{cases::Case, client::Client, deadline::within, process::Process};

const TEST: Duration = Duration::from_secs(900);
const DONE: Duration = Duration::from_secs(480);

#[tokio::test(flavor = "multi_thread")]
async fn a_font_that_has_changed_is_a_new_picture_and_one_that_was_added_is_not() {
    within(TEST, async {
        let (data, fonts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let env = [("PUNCHLINE_FONT_DIR".to_owned(), fonts.path().to_string_lossy().into_owned())];
        let put = |name: &str, builtin: &str| {
            fs::write(fonts.path().join(name), Font::builtin(builtin).unwrap().bytes()).unwrap();
        };
        let cat = Case::generated(0).source;
        let asked = r#"{"captions":[{"text":"monday","font":"comic"}]}"#;
        let mut pictures = Vec::new();
        for (font, also) in [("anton", None), ("anton", Some("zz-other.ttf")), ("sans", None)] {
            put("comic.ttf", font);
            if let Some(also) = also {
                put(also, "sans");
            }
            let mut server = Process::serve(data.path(), &env).await.unwrap();
            let client = Client::new(server.url(""));
            let id = client.submit(&cat, asked).await.unwrap();
            let job = client.wait_done(&id, DONE).await.unwrap();
            let picture = client.output(&id).await.unwrap();
            pictures.push((job["output"]["id"].to_string(), job["attempts"].as_u64(), picture));
            server.terminate(DONE).await.unwrap();
        }
        let [first, with_another, changed] = &pictures[..] else { unreachable!("three were made") };
        assert_eq!((&first.0, with_another.1), (&with_another.0, Some(0)), "it was known before");
        assert_ne!((&first.0, &first.2), (&changed.0, &changed.2), "the old picture for a new font");
        assert_ne!(first.2, changed.2);
        assert_eq!(changed.1, Some(1));
    })
    .await;
}
