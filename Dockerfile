# Two images: `docker build .` makes the page, `docker build --target api .` the API. The page is also
# a Hugging Face Space. See docs/deploying.md.
FROM python:3.13-slim AS base
COPY --from=ghcr.io/astral-sh/uv:0.13 /uv /bin/
RUN useradd --create-home --uid 1000 user
USER user
WORKDIR /home/user/app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
COPY --chown=user pyproject.toml uv.lock ./

FROM base AS api
RUN uv sync --locked --no-default-groups --extra api
COPY --chown=user . .
EXPOSE 8000
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=5)"]
CMD ["uv", "run", "--no-sync", "uvicorn", "api:app", "--host=0.0.0.0", "--port=8000"]

FROM base AS page
RUN uv sync --locked
COPY --chown=user . .
EXPOSE 7860
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/_stcore/health', timeout=5)"]
CMD ["uv", "run", "--no-sync", "streamlit", "run", "app.py", "--server.port=7860", "--server.address=0.0.0.0", "--server.headless=true"]
