//! The page at `/` and its files below `/page`, as they are compiled into the binary.
//!
//! `router` merges it outside of the keys: a page must be seen before anyone can type one into it. It must never
//! answer with anything that was not compiled in, and its policy lets a browser load nothing from anywhere else.

use axum::{Router, body::Bytes, http::header, routing::MethodRouter};

use super::asset::{Asset, served};

/// No inline script or style, nothing from another origin; `blob:` is the picture that was picked.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src blob:; connect-src 'self'; \
     font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// `/` and each file below `/page`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.iter().fold(Router::new(), |router, file| {
        let router = if file.name == "index.html" { router.route("/", file.served()) } else { router };
        router.route(&format!("/page/{}", file.name), file.served())
    })
}

struct File {
    name: &'static str,
    mime: &'static str,
    bytes: &'static [u8],
}

impl File {
    fn served<S: Clone + Send + Sync + 'static>(&self) -> MethodRouter<S> {
        served(Asset::new(self.mime, Bytes::from_static(self.bytes), (header::CONTENT_SECURITY_POLICY, POLICY)))
    }
}

macro_rules! files {
    ($($name:literal: $mime:literal,)*) => {
        &[$(File { name: $name, mime: $mime, bytes: include_bytes!(concat!("../../page/", $name)) },)*]
    };
}

const FILES: &[File] = files! {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "api.js": "text/javascript; charset=utf-8",
    "compare.js": "text/javascript; charset=utf-8",
    "events.js": "text/javascript; charset=utf-8",
    "fonts.js": "text/javascript; charset=utf-8",
    "form.js": "text/javascript; charset=utf-8",
    "gallery.js": "text/javascript; charset=utf-8",
    "intake.js": "text/javascript; charset=utf-8",
    "job.js": "text/javascript; charset=utf-8",
    "picture.js": "text/javascript; charset=utf-8",
    "preview.js": "text/javascript; charset=utf-8",
    "upload.js": "text/javascript; charset=utf-8",
    "words.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "sample.gif": "image/gif",
};

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use axum::{
        body::Body,
        http::{HeaderValue, Request, StatusCode},
        response::Response,
    };
    use tower::ServiceExt as _;

    use super::*;

    async fn get(path: &str, known: Option<&HeaderValue>) -> Response {
        let mut request = Request::get(path);
        if let Some(etag) = known {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        routes::<()>().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[test]
    fn every_file_of_the_folder_is_served_and_nothing_else() {
        let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/page")).unwrap();
        let there: BTreeSet<_> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(there, FILES.iter().map(|file| file.name.to_owned()).collect());
    }

    #[tokio::test]
    async fn a_file_comes_with_its_type_and_policy_and_not_twice() {
        for file in FILES {
            let first = get(&format!("/page/{}", file.name), None).await;
            assert_eq!(first.status(), StatusCode::OK);
            assert_eq!(first.headers()[header::CONTENT_TYPE], file.mime);
            assert_eq!(first.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
            assert_eq!(first.headers()[header::CACHE_CONTROL], "no-cache");
            let second = get(&format!("/page/{}", file.name), Some(&first.headers()[header::ETAG])).await;
            assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(second.headers()[header::ETAG], first.headers()[header::ETAG]);
        }
        assert_eq!(get("/", None).await.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    }

    #[tokio::test]
    async fn what_is_no_file_is_not_found() {
        for path in ["/page/", "/page/..%2Fsrc%2Fpage.rs", "/page/%00", "/page/INDEX.HTML"] {
            assert_eq!(get(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    /// The policy would refuse them, and the page be broken without a word.
    #[test]
    fn no_file_holds_inline_script_or_style_or_another_origin() {
        let page = include_str!("../../page/index.html");
        for bad in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(bad), "{bad}");
        }
        assert!(page.matches("<script").count() == page.matches("<script type=\"module\" src=\"/page/").count());
        for file in FILES.iter().filter(|file| !file.mime.starts_with("image/")) {
            let text = std::str::from_utf8(file.bytes).unwrap();
            let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"), "{}", file.name);
        }
    }

    #[test]
    fn all_of_it_together_is_small() {
        let bytes: usize = FILES.iter().map(|file| file.bytes.len()).sum();
        assert!(bytes < 107_000, "{bytes} bytes");
        let page: usize = FILES.iter().filter(|file| file.mime != "image/gif").map(|file| file.bytes.len()).sum();
        // Fonts in their own letters and looks by name take 4 kB; kinds of files, platforms and videos 3 kB.
        assert!(page < 81_000, "{page} bytes without the sample");
    }
}
