"""The dependencies, the imports, the lock file and the wheel match pyproject.toml."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import digits

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS, GROUPS = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]
NAME = PROJECT["project"]["name"]

OURS = {
    "api",
    "app",
    "bench",
    "cluster",
    "digits",
    "evaluation",
    "handwriting",
    "page",
    "service",
    "tests",
    "train",
    "training",
}
# The extras and groups whose packages each part of the code may import.
PARTS = {
    "digits": ((), ()),
    "page": ((), ("page",)),
    "app.py": ((), ("page",)),
    "api.py": (("api",), ()),
    "service": (("api",), ()),
    "cluster.py": (("cluster",), ()),
    "train.py": (("train",), ()),
    "training": (("train",), ()),
    "bench": (("train", "api"), ("bench",)),
    "tests": (("cluster", "train", "api"), ("dev",)),
}
# Packages that another package installs, in a compatible version.
INSTALLED_WITH = {
    "keras": {"tensorflow"},
    "nbformat": {"nbclient"},
    "packaging": {"pytest"},
    "pydantic": {"fastapi"},
    "pydantic_core": {"fastapi"},
    "starlette": {"fastapi", "streamlit"},
    "urllib3": {"requests"},
    "websockets": {"streamlit", "websockets"},
}
ELSEWHERE = {"gradio"}  # bench's Gradio page has a separate virtual environment


def declared(extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> dict[str, str]:
    """The requirements of the project, these extras and groups, and those they include, by name."""
    entries = [*PROJECT["project"]["dependencies"]]
    entries += [entry for extra in extras for entry in EXTRAS[extra]]
    entries += [entry for group in groups for entry in GROUPS[group]]
    found = {}
    for entry in entries:
        if isinstance(entry, dict):
            found |= declared(groups=(entry["include-group"],))
        elif (requirement := Requirement(entry)).name == NAME:
            found |= declared(extras=tuple(requirement.extras))
        else:
            found[canonicalize_name(requirement.name)] = str(requirement)
    return found


def imported(part: Path) -> set[str]:
    """The top-level names of all modules that a file or folder imports, also inside functions."""
    names = set()
    files = [part] if part.is_file() else part.rglob("[!.]*.py")
    for file in files:
        if ".venv" in file.parts:  # described in bench/README.md
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: a relative import"
                names.add(node.module.partition(".")[0])
    return names


def test_requirements_txt_and_pyproject_agree():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    listed = [str(Requirement(line)) for line in lines if line and not line.startswith("#")]
    assert sorted(listed) == sorted(declared(extras=("train",), groups=("page",)).values())


def test_the_version_is_the_same_everywhere():
    version = PROJECT["project"]["version"]
    assert digits.__version__ == version
    assert f"## [{version}] " in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("part", PARTS)
def test_what_is_imported_is_declared(part):
    extras, groups = PARTS[part]
    allowed = set(declared(extras, groups))
    distributions = packages_distributions()
    for name in imported(ROOT / part) - OURS - ELSEWHERE - set(sys.stdlib_module_names):
        packages = INSTALLED_WITH.get(name) or set(distributions.get(name, [name]))
        packages = {canonicalize_name(package) for package in packages}
        assert packages & allowed, f"{part} imports {name}, which is not declared for it"


def test_the_lock_names_public_addresses_only():
    addresses = re.findall(r'(?:url|registry) = "([^"]+)"', (ROOT / "uv.lock").read_text("utf-8"))
    assert len(addresses) > 100
    public = ("https://files.pythonhosted.org/packages/", "https://pypi.org/simple")
    assert [address for address in addresses if not address.startswith(public)] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Iterator[Path]:
    """The folder of the unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    assert built.name == f"draw_a_digit-{digits.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_contains_only_the_library_and_its_model(wheel):
    top = {path.name for path in wheel.iterdir()}
    assert top == {"digits", f"draw_a_digit-{digits.__version__}.dist-info"}
    model = {path.name for path in (wheel / "digits" / "model").iterdir()}
    assert model == {
        "card.json", "digits.tflite", "examples.npz", "layout.tflite",
    }  # fmt: skip
    assert (wheel / "digits" / "py.typed").is_file()


def test_the_wheel_reads_from_anywhere(wheel, tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
        "import digits, numpy as np\n"
        "seven = np.zeros((40, 40), np.uint8); seven[5:9, 8:30] = 255\n"
        "for row in range(9, 36): seven[row, 30 - row // 2 : 34 - row // 2] = 255\n"
        "prediction = digits.DigitClassifier.load().predict(seven)\n"
        "print(digits.__file__, prediction.digit)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(wheel / "digits" / "__init__.py"), "7"]
