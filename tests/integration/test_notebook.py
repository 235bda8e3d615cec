"""The notebook: runs all cells on a small part of the data, and checks the saved outputs."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.helpers.packages import needs_tensorflow
from tests.helpers.servers import ROOT


@needs_tensorflow
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_runs_from_top_to_bottom(monkeypatch):
    import nbformat  # slow to import
    from nbclient import NotebookClient

    monkeypatch.setenv("DIGITS_DATA", str(ROOT / "tests" / "data" / "mnist_small.npz"))
    notebook = nbformat.read(ROOT / "notebook.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.pop("outputs", None)
        if cell.cell_type == "code":
            cell.outputs = []
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}})
    with ThreadPoolExecutor(1) as thread:  # Playwright leaves an event loop running in this thread
        thread.submit(client.execute).result()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    pictures = [out for cell in code for out in cell.outputs if "image/png" in out.get("data", {})]
    assert len(pictures) >= 10


def test_is_committed_with_its_outputs():
    notebook = json.loads((ROOT / "notebook.ipynb").read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert "Training images: (60000, 28, 28)" in "".join(code[1]["outputs"][0]["text"])
