//! docs/REFUSALS.md and docs/LIMITS.md say what the code says.

use std::{collections::BTreeSet, env, fs, path::Path};

use axum::http::StatusCode;
use proto_shared::{ByteSize, CaptionSpec, ErrorCode, Limits, Size, bounds};
use service::config::{Process, SETTINGS};
use utoipa::openapi::{HttpMethod, path::Operation};

use super::{info, samples};
use crate::{
    front::{access::AccessRefusal, caller::CallerRefusal},
    gallery,
    jobs::{self, batch, cancel, create, events, read},
    layout,
    pictures::{result, source},
    problem::{Case, Refusal},
};

const BEGIN: &str = "<!-- refusals:begin -->\n";
const END: &str = "<!-- refusals:end -->";

fn page(name: &str) -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

/// The cases in the order of the page, each once.
fn sorted(cases: Vec<Case>) -> BTreeSet<Case> {
    cases.into_iter().collect()
}

fn table(cases: &BTreeSet<Case>) -> String {
    let row = |case: &Case| format!("| {} | `{}` | {} |\n", case.status, case.code, case.when);
    ["| status | code | when |\n| ---: | --- | --- |\n".to_owned()].into_iter().chain(cases.iter().map(row)).collect()
}

/// The codes that the description of an operation promises.
fn described(operation: &Operation) -> BTreeSet<(u16, String)> {
    let operation = serde_json::to_value(operation).unwrap();
    let codes = operation["responses"].as_object().unwrap().iter().flat_map(|(status, response)| {
        let narrowed = &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"];
        let codes = narrowed["code"]["enum"].as_array().into_iter().flatten();
        codes.map(move |code| (status.parse().unwrap(), code.as_str().unwrap().to_owned()))
    });
    codes.collect()
}

/// The operation's id, and what the page says of it.
fn section<P: utoipa::Path, R: Refusal>(keyed: bool) -> (String, String) {
    let keys = if keyed { CallerRefusal::cases() } else { Vec::new() };
    let cases = sorted([R::cases(), keys, AccessRefusal::cases()].concat());
    let operation = P::operation();
    let codes: BTreeSet<_> = cases.iter().map(|case| (case.status, case.code.to_owned())).collect();
    let method = match P::methods()[0] {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
        _ => panic!("a method without a name here: {}", P::path()),
    };
    assert_eq!(codes, described(&operation), "{method} {}", P::path());
    (operation.operation_id.unwrap(), format!("## `{method} {}`\n\n{}\n", P::path(), table(&cases)))
}

/// With `UPDATE_REFUSALS=1` it writes the tables instead of comparing them.
#[test]
fn the_page_of_refusals_is_the_one_the_code_makes() {
    let mut sections = [
        section::<create::__path_create, create::CreateRefusal>(true),
        section::<batch::__path_create, create::CreateRefusal>(true),
        section::<read::__path_read, read::ReadRefusal>(true),
        section::<cancel::__path_cancel, cancel::CancelRefusal>(true),
        section::<events::__path_events, read::ReadRefusal>(true),
        section::<result::__path_download, result::ResultRefusal>(true),
        section::<source::__path_download, source::SourceRefusal>(true),
        section::<layout::__path_lay_out, layout::LayoutRefusal>(true),
        section::<gallery::__path_show, gallery::GalleryRefusal>(true),
        section::<info::__path_show, AccessRefusal>(false),
    ];
    sections.sort_by_key(|(id, _)| samples::place(id));
    let all: Vec<_> = samples::ALL.iter().map(|(id, _)| *id).filter(|id| !["live", "ready", "started"].contains(id)).collect();
    assert_eq!(sections.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), all, "each operation has a section");
    let others = [
        Case::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, "No route has this path."),
        Case::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::NotFound, "The path does not take this method."),
    ];
    let others = table(&sorted([others.to_vec(), AccessRefusal::cases()].concat()));
    let made = sections.into_iter().map(|(_, text)| text).chain([format!("## Any other path or method\n\n{others}\n")]);
    let made: String = made.collect();

    let (path, text) = page("REFUSALS.md");
    let begin = text.find(BEGIN).unwrap() + BEGIN.len();
    let end = text.find(END).unwrap();
    if env::var_os("UPDATE_REFUSALS").is_some() {
        fs::write(path, [&text[..begin], &made, &text[end..]].concat()).unwrap();
        return;
    }
    assert_eq!(&text[begin..end], made, "run `UPDATE_REFUSALS=1 cargo test -p api --lib page_of_refusals`");
}

/// 25000000 as 25,000,000.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let group =
        |(i, digit): (usize, char)| if i > 0 && (digits.len() - i).is_multiple_of(3) { vec![',', digit] } else { vec![digit] };
    digits.chars().enumerate().flat_map(group).collect()
}

/// The rows of the tables of bounds on a page: what, and how much of it.
fn bounded(text: &str) -> Vec<(&str, &str)> {
    let tables = text.split("\n\n").filter(|block| block.starts_with("| what | at most |"));
    let rows = tables.flat_map(|table| table.lines().skip(2));
    rows.map(|row| row.trim_start_matches("| ").split(" | ").collect::<Vec<_>>()).map(|cells| (cells[0], cells[1])).collect()
}

#[test]
fn each_number_on_the_page_of_limits_is_the_one_in_the_code() {
    let limits = Limits::default();
    let number = |n: usize| grouped(n as u64);
    let request_timeout_s: u64 = {
        let setting = SETTINGS.iter().find(|setting| setting.name == "PUNCHLINE_REQUEST_TIMEOUT_S").unwrap();
        setting.default_for(Process::Api).unwrap().parse().unwrap()
    };
    let is_size = |px: u32| CaptionSpec::from_json(format!(r#"{{"captions":[{{"text":"a","size":{px}}}]}}"#).as_bytes()).is_ok();
    assert_eq!([3, 4, 1_000, 1_001].map(is_size), [false, true, true, false]);
    let is_part = |percent: f64| format!("{percent}%").parse::<Size>().is_ok();
    assert_eq!([0.99, 1.0, 50.0, 50.01].map(is_part), [false, true, true, false]);
    assert_eq!(events::LONGEST.as_secs(), 3_600);
    assert_eq!(jobs::form::MAX_TEXT_PART_BYTES, layout::MAX_BODY_BYTES, "they share a row");
    let expected = [
        ("bytes of a file", grouped(limits.max_bytes)),
        ("pixels along the longer side of the canvas", grouped(limits.max_side_px.into())),
        ("bytes of a still that is captioned by rows", grouped(limits.max_still_bytes)),
        ("pixels along its longer side", grouped(limits.max_still_side_px.into())),
        ("pixels of it", grouped(limits.max_still_pixels)),
        ("frames", grouped(limits.max_frames.into())),
        ("pixels over all frames", grouped(limits.max_total_pixels)),
        ("seconds of a video", grouped(limits.max_video_s.into())),
        ("frames of a video", grouped(limits.max_video_frames.into())),
        ("captions in a spec, and cues in `subtitles`", number(bounds::MAX_CAPTIONS)),
        ("characters in a text", number(bounds::MAX_TEXT_CHARS)),
        ("characters in the name of a font", number(bounds::MAX_FONT_NAME_CHARS)),
        ("characters of a language tag in `lang`", number(bounds::MAX_LANG_CHARS)),
        ("images of one's own in a spec, and different stored ones in a batch", number(bounds::MAX_IMAGES)),
        ("characters in the name of an image", number(bounds::MAX_IMAGE_NAME_CHARS)),
        ("bytes of an image", grouped(bounds::MAX_IMAGE_BYTES)),
        ("pixels along the longer side of an image", grouped(bounds::MAX_IMAGE_SIDE_PX.into())),
        ("`max_bytes`", format!("{} to {}", ByteSize::LEAST, grouped(ByteSize::MOST))),
        ("`max_width` and `max_height`, pixels", format!("1 to {}", grouped(bounds::MAX_OUTPUT_SIDE_PX.into()))),
        ("size of letters in pixels per em", "4 to 1,000; or `auto`, or 1% to 50% of the picture's width".to_owned()),
        ("bytes of a form's text part, or of a layout's JSON", number(layout::MAX_BODY_BYTES)),
        ("bytes of `source_url` and `callback_url`", number(outbound::MAX_URL_BYTES)),
        ("pages that lead from `source_url` to a picture, one to the next", number(crate::pictures::fetch::MAX_PAGES)),
        ("specs in a batch", number(jobs::form::MAX_JOBS)),
        ("`Idempotency-Key`", format!("1 to {} visible ASCII characters", jobs::idempotency::MAX_BYTES)),
        ("`Prefer: wait`", format!("{} s, half of `PUNCHLINE_REQUEST_TIMEOUT_S`; more counts as that", request_timeout_s / 2)),
        ("a stream of events", "an hour, then the client comes again".to_owned()),
        ("results in `/v1/gallery`", number(gallery::MAX_LIMIT)),
    ];
    let (_, text) = page("LIMITS.md");
    assert_eq!(bounded(&text), expected.each_ref().map(|(what, bound)| (*what, bound.as_str())));
}
