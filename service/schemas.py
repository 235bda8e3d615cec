"""The contents of requests and responses. Responses are built as dicts: validation is slow."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, FailFast, Field

IMAGE_TYPES = (
    "image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/heic", "image/avif",
)  # fmt: skip
MAX_IMAGES = 64  # in a request, unless a setting says otherwise


class Images(BaseModel):
    """Images as text."""

    # Without FailFast, Pydantic collects an error for every item of the wrong type.
    images: Annotated[
        list[Annotated[str, Field(json_schema_extra={"format": "image"})]],
        FailFast(),
        Field(
            min_length=1,
            description="Each the bytes of a file, as a data URL or in base64.",
            json_schema_extra={"maxItems": MAX_IMAGES},
        ),
    ]


class Model(BaseModel):
    """The network that classified the images."""

    network: str
    trained: str
    sha256: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="What was wrong, and what to do.")


class Failure(BaseModel):
    """Takes the place of the result for an image that can't be read."""

    error: Problem


class Result(BaseModel):
    """The prediction for one digit."""

    digit: int | None = Field(ge=0, le=9, description="null if blank or unsure")
    verdict: Literal["digit", "unsure", "blank"]
    confidence: float = Field(ge=0, le=1, description="the largest probability")
    probabilities: list[float] = Field(min_length=10, max_length=10, description="of 0 to 9")
    none: float = Field(ge=0, le=1, description="the probability that this is not a digit")
    pixels: str | None = Field(None, description="the network's 28 × 28 input, as a data URL")


class Answer(BaseModel):
    """The results, in the order of the images."""

    model: Model
    results: list[Result | Failure]


class SymbolResult(BaseModel):
    """One symbol, where it is, and the prediction for it."""

    label: str = Field(description="“0” to “9”, one of “. , - : / ( )”, or “?” if unknown")
    box: list[int] = Field(
        min_length=4, max_length=4, description="left, top, right, bottom in the image's pixels"
    )
    confidence: float = Field(
        ge=0, le=1, description="the probability of the label; of a ?, that of the likeliest label"
    )
    prediction: Result | None = Field(description="for a digit; null for other symbols")
    mask: str | None = Field(
        None, description="the symbol's own pixels in the box, white, as a data URL"
    )


class ReadingResult(BaseModel):
    """What is written in one image."""

    text: str = Field(
        description="“2026”: rows separated by line breaks, numbers in a row by spaces, “?” for "
        "unknown symbols. Empty if nothing is written."
    )
    symbols: list[SymbolResult] = Field(description="in the order of the text")


class Readings(BaseModel):
    """The results, in the order of the images."""

    model: Model
    results: list[ReadingResult | Failure]


# A crossed 7, so that visitors of /docs can try the API without an image of their own.
EXAMPLE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACAAAAAgAQMAAABJtOi3AAAABlBMVEX///8AAABVwtN+AAAAU"
    "klEQVR42nXOIQ6DAAAEweFogkWiKD/p15H9AigkEoFoExIqAEdXj1j+Vk2iqUVH6Tm8YyRmcpoFPig20RLdJswuPB04QujF"
    "g2jgReyUvuvtxA8ABBCKOn2kWAAAAABJRU5ErkJggg=="
)
FILE = {"type": "string", "format": "binary"}
FILES = {"type": "array", "items": FILE, "minItems": 1, "maxItems": MAX_IMAGES}
FORM = {"type": "object", "required": ["images"], "properties": {"images": FILES}}
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": Images.model_json_schema(), "example": {"images": [EXAMPLE]},
        },
        "multipart/form-data": {"schema": FORM},
        **{kind: {"schema": FILE} for kind in IMAGE_TYPES},
    },
}  # fmt: skip
