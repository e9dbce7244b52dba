//! What a refusal is over HTTP: a problem document (RFC 9457) with the headers that go with it.
//!
//! Each resource declares what it refuses beside its handlers, with [`refusals!`]: status, code and text in one
//! place. The description of the routes is made of the same declarations (`docs::refusals`). `front::access` logs and counts each
//! refusal once. A detail goes to strangers: it must never hold a URL, a path, a key or what a backend said. That is for the log
//! alone, as [`Problem::cause`].

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto_shared::ErrorCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What a client is told to wait, in seconds, where what is missing is back in seconds.
pub(crate) const RETRY_AFTER_S: u64 = 5;

/// The body of every refusal (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The code as a URI.
    #[schema(format = "uri", examples("urn:punchline:problem:unknown_font"))]
    r#type: String,
    /// The code in words.
    title: String,
    /// The answer's status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Why, for people.
    detail: String,
    pub(crate) code: ErrorCode,
    /// What is to be mended: a part, a field of the spec (`captions[0].fill`), or a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
    /// What is allowed, where it is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<u64>,
    /// What was got instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    got: Option<u64>,
    /// The value of `Retry-After`.
    #[serde(skip)]
    pub(crate) retry_after_s: Option<u64>,
    /// How a client may get in (RFC 6750, section 3): the value of `WWW-Authenticate`.
    #[serde(skip)]
    pub(crate) challenge: Option<&'static str>,
    /// What the log should know and the client should not.
    #[serde(skip)]
    pub(crate) cause: Option<String>,
}

impl Problem {
    /// A refusal. 503 says when to come again, by itself.
    pub(crate) fn new(status: StatusCode, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            r#type: format!("urn:punchline:problem:{code}"),
            title: code.as_str().replace('_', " "),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            field: None,
            limit: None,
            got: None,
            retry_after_s: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S),
            challenge: None,
            cause: None,
        }
    }

    /// The same, of one field.
    pub(crate) fn field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same, with what is allowed and what was got.
    pub(crate) fn limit(self, limit: impl Into<u64>, got: impl Into<u64>) -> Self {
        Self { limit: Some(limit.into()), got: Some(got.into()), ..self }
    }

    /// The same, with when to come again.
    pub(crate) fn retry_after_s(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// The same, with how to get in.
    pub(crate) fn challenge(self, challenge: &'static str) -> Self {
        Self { challenge: Some(challenge), ..self }
    }

    /// The same, with what only the log is to know.
    pub(crate) fn cause(self, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// The answer's status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What a part of the api refuses. Made by [`refusals!`], or by hand for errors of other crates.
pub(crate) trait Refusal {
    /// What the client is told.
    fn problem(&self) -> Problem;

    /// One problem for each code that there may be, for the description of the routes.
    fn documented() -> Vec<Documented>;

    /// Every case, for docs/REFUSALS.md: those of [`refusals!`] in the words of their variants, others in those of their codes.
    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let of = |Documented { problem, .. }: Documented| Case::new(problem.status(), problem.code, problem.code.meaning());
        Self::documented().into_iter().map(of).collect()
    }
}

/// When a request is refused with which status and code.
#[cfg(test)]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) when: String,
}

#[cfg(test)]
impl Case {
    pub(crate) fn new(status: StatusCode, code: ErrorCode, when: &str) -> Self {
        Self { status: status.as_u16(), code: code.as_str(), when: when.trim_ascii().to_owned() }
    }
}

/// A code that a route may refuse with.
#[derive(Clone)]
pub(crate) struct Documented {
    pub(crate) problem: Problem,
    /// Whether the problem is shown as an example.
    pub(crate) is_example: bool,
}

impl Documented {
    /// With what is really answered.
    pub(crate) fn example(problem: Problem) -> Self {
        Self { problem, is_example: true }
    }

    /// Without an example.
    pub(crate) fn code(status: StatusCode, code: ErrorCode) -> Self {
        Self { problem: Problem::new(status, code, ""), is_example: false }
    }
}

/// A defect of ours, with what the log should know of it.
#[derive(Debug)]
pub(crate) struct Defect(pub(crate) String);

/// Of an error that can't happen.
impl<E: std::error::Error> From<E> for Defect {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Refusal for Defect {
    fn problem(&self) -> Problem {
        let detail = "something went wrong on our side";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, detail).cause(&self.0)
    }

    fn documented() -> Vec<Documented> {
        vec![Documented::example(Self(String::new()).problem())]
    }
}

impl IntoResponse for Defect {
    fn into_response(self) -> Response {
        self.problem().into_response()
    }
}

/// Declares an enum of refusals: each variant with its status, its code and what the client is told.
///
/// ```text
/// refusals! {
///     /// Why a tea is not made.
///     pub(crate) enum TeaRefusal: Store(StoreError) {          // whatever StoreError refuses, too
///         /// There is coffee in it.
///         Coffee = IM_A_TEAPOT BadRequest, "this is a teapot";  // its example is itself
///         /// There is too much water in it.
///         TooMuch { limit: u64, got: u64 } = PAYLOAD_TOO_LARGE FileTooLarge, "{limit} cups fit, got {got}",
///             with limit(*limit, *got),                         // more of the problem, by its methods
///             example { limit: 4, got: 5 };                     // without one only the code is described
///     }
/// }
/// ```
///
/// The enum gets `From` of each source after the colon, [`Refusal`] and `IntoResponse`.
macro_rules! refusals {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident $(: $($from:ident($source:ty)),+)? {
            $(
                $(#[doc = $doc:literal])*
                $variant:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })?
                    = $status:ident $code:ident, $detail:literal
                    $(, with $($method:ident($($argument:expr),*)).+)?
                    $(, example { $($key:ident: $value:expr),* $(,)? })?;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug)]
        $vis enum $name {
            $($(#[doc = $doc])* $variant $({ $($(#[$field_doc])* $field: $type),* })?,)*
            $($(
                #[doc = concat!("What [`", stringify!($source), "`] refuses.")]
                $from($source),
            )+)?
        }

        $($(
            impl From<$source> for $name {
                fn from(source: $source) -> Self {
                    Self::$from(source)
                }
            }
        )+)?

        impl $crate::problem::Refusal for $name {
            fn problem(&self) -> $crate::problem::Problem {
                match self {
                    $(Self::$variant $({ $($field),* })? => $crate::problem::Problem::new(
                        axum::http::StatusCode::$status,
                        proto_shared::ErrorCode::$code,
                        format!($detail),
                    )$($(.$method($($argument),*))+)?,)*
                    $($(Self::$from(source) => source.problem(),)+)?
                }
            }

            fn documented() -> Vec<$crate::problem::Documented> {
                let own: Vec<$crate::problem::Documented> =
                    vec![$($crate::problem::refusals!(@documented $variant $status $code [$($($field)*)?] $({ $($key: $value),* })?)),*];
                [own, $($(<$source as $crate::problem::Refusal>::documented(),)+)?].concat()
            }

            #[cfg(test)]
            fn cases() -> Vec<$crate::problem::Case> {
                let own: Vec<$crate::problem::Case> = vec![$($crate::problem::Case::new(
                    axum::http::StatusCode::$status,
                    proto_shared::ErrorCode::$code,
                    concat!($($doc),*),
                )),*];
                [own, $($(<$source as $crate::problem::Refusal>::cases(),)+)?].concat()
            }
        }

        impl axum::response::IntoResponse for $name {
            fn into_response(self) -> axum::response::Response {
                $crate::problem::Refusal::problem(&self).into_response()
            }
        }
    };
    (@documented $variant:ident $status:ident $code:ident []) => {
        $crate::problem::Documented::example($crate::problem::Refusal::problem(&Self::$variant))
    };
    (@documented $variant:ident $status:ident $code:ident [$($field:ident)+] { $($key:ident: $value:expr),* }) => {
        $crate::problem::Documented::example($crate::problem::Refusal::problem(&Self::$variant { $($key: $value),* }))
    };
    (@documented $variant:ident $status:ident $code:ident [$($field:ident)+]) => {
        $crate::problem::Documented::code(axum::http::StatusCode::$status, proto_shared::ErrorCode::$code)
    };
}
pub(crate) use refusals;
