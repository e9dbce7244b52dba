//! The conformance suite against the backends that need no server: memory and local files.

