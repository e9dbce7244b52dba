"""Pictures for schemathesis: bytes that a schema can't describe. Loaded by the test e2e/tests/openapi.rs."""

import os
from pathlib import Path

import schemathesis
from hypothesis import strategies as st

PICTURE = Path(os.environ["PUNCHLINE_PICTURE"]).read_bytes()

# Mostly one that can be captioned; else one that is cut short.
pictures = st.one_of(st.just(PICTURE), st.just(PICTURE), st.integers(0, len(PICTURE)).map(lambda n: PICTURE[:n]))
for kind in ("gif", "png", "jpeg", "webp"):
    schemathesis.openapi.media_type(f"image/{kind}", pictures)

# What schemathesis 4.32.5 makes of this format itself is a kind of string that its own validator does not know, and now and then
# it ends with "Unsupported type: 'Binary'".
schemathesis.openapi.format("binary", st.text())
