//! A multipart form as a client writes it, for every suite that posts one.

use axum::{
    body::Body,
    http::{Request, header},
};

/// A part of a form: its name and what is in it.
pub(crate) type Part<'a> = (&'a str, &'a [u8]);

/// Posts the parts as a new job.
pub(crate) fn post(parts: &[Part<'_>]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let file_name = if *name == "file" { "; filename=\"cat.gif\"" } else { "" };
        body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n").bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    Request::post("/v1/jobs")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header(header::CONTENT_LENGTH, body.len())
        .body(Body::from(body))
        .unwrap()
}
