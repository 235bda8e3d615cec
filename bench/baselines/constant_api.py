"""The upper bound: our server and framework, reading the body and answering a constant."""

from fastapi import FastAPI, Request, Response

app = FastAPI()
ANSWER = b'{"results":[{"digit":7,"probabilities":[0,0,0,0,0,0,0,1,0,0]}]}'


@app.post("/v1/classify")
async def classify(request: Request) -> Response:
    await request.body()
    return Response(ANSWER, media_type="application/json")


@app.get("/health/ready")
async def ready() -> str:
    return "ready"
