//! A request for each operation, as one types it: the document has them as `x-codeSamples`, and a test runs them all.
//!
//! `$PUNCHLINE` is the service's address, `$JOB` a job's id; `cat.gif` is any picture. Where keys are asked for, `-H
//! "Authorization: Bearer $KEY"` goes with each.

/// Every operation with its sample, in the order in which one needs them.
pub(super) const ALL: [(&str, &str); 13] = [
    ("submitJob", r#"curl "$PUNCHLINE/v1/jobs" -F file=@cat.gif -F bottom="when it compiles" -H "Prefer: wait=10""#),
    ("showJob", r#"curl "$PUNCHLINE/v1/jobs/$JOB""#),
    ("followJob", r#"curl -N "$PUNCHLINE/v1/jobs/$JOB/events""#),
    ("downloadResult", r#"curl -o captioned.gif "$PUNCHLINE/v1/jobs/$JOB/result""#),
    ("downloadSource", r#"curl -o source.gif "$PUNCHLINE/v1/jobs/$JOB/source""#),
    ("cancelJob", r#"curl -X DELETE "$PUNCHLINE/v1/jobs/$JOB""#),
    (
        "submitBatch",
        r#"curl "$PUNCHLINE/v1/batches" -F file=@cat.gif \
  -F 'specs=[{"captions":[{"text":"monday"}]},{"captions":[{"text":"friday","style":"bar","at":"top"}]}]'"#,
    ),
    (
        "layOut",
        r#"curl "$PUNCHLINE/v1/layout" -H "Content-Type: application/json" \
  -d '{"width_px":480,"height_px":270,"captions":[{"text":"when it compiles"}]}'"#,
    ),
    ("gallery", r#"curl "$PUNCHLINE/v1/gallery?limit=12""#),
    ("info", r#"curl "$PUNCHLINE/v1/info""#),
    ("live", r#"curl "$PUNCHLINE/healthz""#),
    ("ready", r#"curl "$PUNCHLINE/readyz""#),
    ("started", r#"curl "$PUNCHLINE/startupz""#),
];

/// The sample of an operation.
pub(super) fn of(operation: &str) -> Option<&'static str> {
    ALL.iter().find(|(id, _)| *id == operation).map(|(_, sample)| *sample)
}

/// An operation's place among the others, for people.
pub(super) fn place(operation: &str) -> usize {
    ALL.iter().position(|(id, _)| *id == operation).unwrap_or(ALL.len())
}
