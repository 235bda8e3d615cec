"""The addresses of the API."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from PIL import Image
from pydantic_core import to_json

from digits import Classifier, Prediction, Symbol
from digits.images import data_url
from digits.types import Source
from service.bodies import received_images
from service.inference import Describe, Inference, Size
from service.problems import problem_response, responses
from service.schemas import REQUEST_BODY, Answer, Model, Readings

router = APIRouter()
Pixels = Annotated[bool, Query(description="include the network's input in the response")]
Quick = Annotated[bool, Query(description="take ink without a gap for a single digit")]
Origin = Annotated[
    Source, Query(description="canvas: ink on white or on nothing; any: also photographs")
]
IMAGES = {"requestBody": REQUEST_BODY}
IMAGE_PROBLEMS = responses(400, 408, 413, 415, 422, 500, 503)


@router.get("/", include_in_schema=False)
async def docs(request: Request) -> Response:
    """Redirects visitors to the documentation, also behind a proxy that adds a prefix."""
    return RedirectResponse(request.scope.get("root_path", "") + "/docs")


@router.post("/v1/classify", response_model=Answer, responses=IMAGE_PROBLEMS, openapi_extra=IMAGES)
async def classify(request: Request, pixels: Pixels = False, source: Origin = "any") -> Response:
    """Classifies the digit in each image. Send one image as the body, files in a form, or data URLs
    in JSON."""

    def classified(classifier: Classifier, image: Image.Image, size: Size) -> dict[str, Any]:
        return result(classifier.predict(image, source=source), pixels)

    return await answer(request, classified)


@router.post("/v1/read", response_model=Readings, responses=IMAGE_PROBLEMS, openapi_extra=IMAGES)
async def read(
    request: Request, pixels: Pixels = False, quick: Quick = False, source: Origin = "any"
) -> Response:
    """Reads everything that is written in each image: a digit, a number, rows of numbers. Takes the
    same forms of input as `/v1/classify`."""

    def reading(classifier: Classifier, image: Image.Image, size: Size) -> dict[str, Any]:
        found = classifier.read(image, quick=quick, source=source)
        scale = max(size) / max(image.size)  # large images are shrunk before they are read
        symbols = [symbol_result(symbol, scale, pixels) for symbol in found.symbols]
        return {"text": found.text, "symbols": symbols}

    return await answer(request, reading)


@router.get("/v1/model", responses=responses(503))
def model_card(request: Request) -> dict[str, Any]:
    """Returns the model card: how the network was trained, and how accurate it is."""
    return inference(request).classifier().card.to_json()


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answers while the server runs."""
    return {"status": "live"}


@router.get("/health/ready", responses=responses(503))
def ready(request: Request) -> dict[str, str]:
    """Answers with 200 when the model has classified a test image."""
    inference(request).classifier()
    return {"status": "ready"}


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Returns counts and times in Prometheus's text format."""
    return inference(request).metrics.response()


def inference(request: Request) -> Inference:
    return request.app.state.inference


async def answer(request: Request, describe: Describe) -> Response:
    """Receive a request, and return the results for its images."""
    engine = inference(request)
    images = await received_images(request, engine.settings)
    results = await engine.results(request, images, describe)
    if len(results) == 1 and "error" in results[0]:
        error = results[0]["error"]
        return problem_response(error["status"], error["detail"])
    card = engine.classifier().card
    model = {name: getattr(card, name) for name in Model.model_fields}
    content = to_json({"model": model, "results": results})
    return Response(content, media_type="application/json")


def result(prediction: Prediction, pixels: bool) -> dict[str, Any]:
    """Return a `schemas.Result` as a dict."""
    fields = {
        "digit": prediction.digit,
        "verdict": prediction.verdict,
        "confidence": round(prediction.confidence, 6),
        "probabilities": [round(share, 6) for share in prediction.probabilities.tolist()],
        "none": round(prediction.none, 6),
    }
    return {**fields, "pixels": data_url(prediction.pixels)} if pixels else fields


def symbol_result(symbol: Symbol, scale: float, pixels: bool) -> dict[str, Any]:
    """Return a `schemas.SymbolResult` as a dict."""
    fields = {
        "label": symbol.label,
        "box": [round(edge * scale) for edge in symbol.box],
        "confidence": round(symbol.confidence, 6),
        "prediction": None if symbol.prediction is None else result(symbol.prediction, pixels),
    }
    return {**fields, "mask": data_url(symbol.mask)} if pixels else fields
