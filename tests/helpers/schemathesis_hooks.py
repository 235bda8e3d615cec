"""What Schemathesis shall send where the API's description asks for an image: a real one."""

import base64

from hypothesis import strategies as st
from schemathesis import openapi

from tests.integration.test_api_fuzz import FILES

files = st.sampled_from(FILES)
for kind in ("png", "jpeg", "webp", "gif", "bmp"):
    openapi.media_type(f"image/{kind}", files)
openapi.format("image", files.map(lambda file: base64.b64encode(file).decode()))
