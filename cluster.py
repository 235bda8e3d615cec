"""The HTTP API on Ray Serve, for many processes and machines. Run `serve run cluster:app`.

Replicas, autoscaling, queueing and health checks are Ray's. See docs/cluster.md.
"""

from fastapi import FastAPI
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from ray import serve

from service.settings import settings_or_exit


class Settings(BaseSettings):
    """Each can be set by an environment variable: DIGITS_REPLICAS, DIGITS_MOST_REPLICAS."""

    model_config = SettingsConfigDict(env_prefix="DIGITS_")

    replicas: int = Field(1, ge=1)  # the minimum; each takes one processor
    most_replicas: int = Field(8, ge=1)


settings = settings_or_exit(Settings)


def api() -> FastAPI:
    """Return the application of api.py, which each replica imports itself."""
    from api import app

    return app


@serve.deployment(
    autoscaling_config={
        "min_replicas": settings.replicas,
        "max_replicas": max(settings.replicas, settings.most_replicas),
        "target_ongoing_requests": 8,
    },
    max_ongoing_requests=64,
    health_check_period_s=5,
    health_check_timeout_s=10,
)
@serve.ingress(api)
class Digits:
    """A replica. It is healthy while it can read."""

    def check_health(self) -> None:
        """Raise ModelError if the model can't be used; Ray then replaces the replica."""
        api().state.inference.classifier()


app = Digits.bind()
