# The page, on port 7860. Also a Hugging Face Space: docs/deploying.md.
FROM python:3.13-slim
COPY --from=ghcr.io/astral-sh/uv:0.13 /uv /bin/
RUN useradd --create-home --uid 1000 user
USER user
WORKDIR /home/user/app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
COPY --chown=user pyproject.toml uv.lock ./
RUN uv sync --locked
COPY --chown=user . .
EXPOSE 7860
CMD ["uv", "run", "--no-sync", "streamlit", "run", "app.py", "--server.port=7860", "--server.address=0.0.0.0", "--server.headless=true"]
