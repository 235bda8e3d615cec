"""Settings from environment variables."""

import os
import re
import sys
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from digits.classifier import SHIPPED
from digits.images import MAX_PIXELS
from service.schemas import MAX_IMAGES


class Settings(BaseSettings):
    """Settings of the API. Each has an environment variable: DIGITS_MODEL, DIGITS_THREADS, …"""

    model_config = SettingsConfigDict(env_prefix="DIGITS_")

    model: Path = Field(SHIPPED, description="the folder of the model")
    threads: int = Field(os.cpu_count() or 1, ge=1, description="requests processed at once")
    queue: int = Field(256, ge=0, description="requests that may wait; the next one gets 503")
    max_body: int = Field(10_000_000, ge=1, description="bytes in a request")
    max_process_bytes: int = Field(50_000_000, ge=1, description="bytes in all requests at once")
    max_pixels: int = Field(MAX_PIXELS, ge=1, description="width × height of an image")
    max_request_pixels: int = Field(100_000_000, ge=1, description="pixels in a request")
    max_process_pixels: int = Field(100_000_000, ge=1, description="pixels decoded at once")
    max_images: int = Field(MAX_IMAGES, ge=1, le=1000, description="images in a request")
    body_seconds: float = Field(60, gt=0, description="how long a request may take to arrive")
    cors: list[str] = Field([], description="origins of web pages that may call the API, as JSON")


AnySettings = TypeVar("AnySettings", bound=BaseSettings)


def settings_or_exit(kind: type[AnySettings]) -> AnySettings:
    """Read settings from the environment; if one is invalid, exit with a sentence."""
    try:
        return kind()
    except ValidationError as error:
        first = error.errors()[0]
        name, problem = first["loc"][0], first["msg"]
    except SettingsError as error:
        name, problem = re.findall(r'field "(\w+)"', str(error))[0], "Input should be JSON"
    variable = f"DIGITS_{name}".upper()
    sys.exit(f"The setting {variable} is “{os.environ[variable]}”, which can't be used: {problem}.")
