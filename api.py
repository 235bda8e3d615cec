"""The HTTP API. Run `uvicorn api:app`, then open http://127.0.0.1:8000/docs."""

from service.app import create_app

app = create_app()
