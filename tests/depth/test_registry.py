"""The models that the program knows, and their files on this machine."""

from __future__ import annotations

import json
import os
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.helpers.bad_server import Answer, Server, running_server
from tests.helpers.fake_models import OTHER_WEIGHTS, SHA256, WEIGHTS, fake_entry, use_models
from vbr_core.cli.main import run
from vbr_core.depth import model_files
from vbr_core.depth.download import Patience
from vbr_core.depth.file_lock import exclusive
from vbr_core.depth.model_files import (
    get_model,
    import_model,
    model_status,
    read_record,
    remove_model,
    user_folder,
    verify,
    weights_path,
)
from vbr_core.depth.registry import (
    ARCHITECTURES,
    SPEEDS,
    ModelEntry,
    find_model,
    licence_words,
    list_models,
    verify_model,
)
from vbr_core.errors import ModelError
from vbr_core.jobs import Cancelled, JobContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUICK = Patience(stall_seconds=60.0, waits_seconds=())


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_is_consistent() -> None:
    entries = list_models()
    assert {entry.architecture for entry in entries} == set(ARCHITECTURES)
    assert len({entry.name for entry in entries}) == len({entry.file for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.speed in SPEEDS
        assert entry.size_bytes > 1_000_000
        assert entry.commercial_ok == ("NC" not in entry.licence)
        assert entry.bundled == (entry.name == "starter")
        if entry.bundled:
            continue
        assert entry.architecture == entry.name
        assert all(url.startswith("https://") for url in (*entry.urls, entry.homepage))
        assert entry.urls[0].split("/")[2:4] in (["github.com", "isl-org"], ["huggingface.co", "depth-anything"])


def test_hashes_agree_with_the_digits_in_published_file_names() -> None:
    checked = 0
    for entry in list_models():
        assert entry.sha256 is None or re.fullmatch("[0-9a-f]{64}", entry.sha256)
        for url in entry.urls:
            for digits in re.findall(r"-([0-9a-f]{8})\.pt$", url):
                assert entry.sha256 is not None
                assert entry.sha256.startswith(digits), url
                checked += 1
        if entry.sha256 is None:  # nothing would tell a wrong file of somebody else
            assert len(entry.urls) == 1
    assert checked >= 4


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("depth_anything_v2_small", "Free for any use, also commercial (Apache-2.0)"),
        ("depth_anything_v2_base", "Not for commercial work (CC BY-NC 4.0)"),
        ("dpt_large_384", "Free for any use, also commercial (MIT)"),
    ],
)
def test_licences_in_plain_words(name: str, words: str) -> None:
    assert licence_words(find_model(name)) == words


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with running_server() as server:
        server.routes["/tiny.pt"] = [Answer(body=WEIGHTS)]
        yield server


@pytest.fixture
def tiny(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModelEntry:
    """The only model; its hash is known."""
    entry = fake_entry("tiny", server.url)
    use_models(monkeypatch, tmp_path / "resources", entry)
    return entry


@pytest.fixture
def unhashed(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModelEntry:
    """The only model; nobody publishes its hash, and any file passes for its network."""
    entry = fake_entry("tiny", server.url, sha256=None, size_exact=False)
    use_models(monkeypatch, tmp_path / "resources", entry)
    monkeypatch.setattr(model_files, "_check_checkpoint", lambda entry, path: None)
    return entry


def test_a_model_that_is_not_here_says_how_to_get_it(tiny: ModelEntry) -> None:
    assert model_status(tiny).state == "absent"
    with pytest.raises(ModelError, match="'tiny' is not on this machine") as caught:
        verify_model("tiny")
    assert "`vbr models get tiny`" in caught.value.hint
    assert not user_folder().exists()  # looking makes nothing


def test_fetched_checked_used_removed(tiny: ModelEntry, server: Server) -> None:
    path = get_model(tiny, JobContext())
    assert path.read_bytes() == WEIGHTS
    assert model_status(tiny).state == "here"
    assert verify_model("tiny") == path
    assert read_record(tiny).source == f"{server.url}/tiny.pt"
    assert {file.name for file in path.parent.iterdir()} == {"tiny.pt", "tiny.pt.json", "tiny.pt.lock"}
    get_model(tiny, JobContext())
    assert len(server.asked) == 1  # it was here
    remove_model(tiny)
    assert model_status(tiny).state == "absent"


def test_a_checked_file_is_not_read_again_until_it_changes(tiny: ModelEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    path = get_model(tiny, JobContext())
    read: list[Path] = []
    real: Callable[..., str] = model_files.file_sha256
    monkeypatch.setattr(model_files, "file_sha256", lambda path, ctx=None: (read.append(path), real(path, ctx))[1])
    verify_model("tiny")
    assert read == []
    os.utime(path, ns=(1, 1))
    assert model_status(tiny).state == "unchecked"
    verify_model("tiny")
    verify_model("tiny")
    assert read == [path]


def test_a_damaged_file_is_refused_and_fetched_again(tiny: ModelEntry) -> None:
    path = get_model(tiny, JobContext())
    path.write_bytes(OTHER_WEIGHTS)
    with pytest.raises(ModelError, match="not the published file") as caught:
        verify_model("tiny")
    assert "vbr models remove tiny" in caught.value.hint
    path.write_bytes(WEIGHTS[:1000])
    assert model_status(tiny).state == "damaged"
    get_model(tiny, JobContext())
    assert verify_model("tiny").read_bytes() == WEIGHTS


def test_a_record_that_is_damaged_or_of_another_file_is_not_believed(tiny: ModelEntry) -> None:
    path = get_model(tiny, JobContext())
    model_files.record_path(tiny).write_text("{")
    assert model_status(tiny).state == "unchecked"
    verify_model("tiny")
    record = json.loads(model_files.record_path(tiny).read_text())
    record["sha256"] = "00" * 32
    model_files.record_path(tiny).write_text(json.dumps(record))
    assert model_status(tiny).state == "damaged"
    assert verify_model("tiny") == path  # looked at again, and found good


def test_a_verdict_that_cannot_be_kept_is_no_obstacle(tiny: ModelEntry) -> None:
    user_folder().mkdir(parents=True)
    model_files.record_path(tiny).mkdir()  # nothing can be written there
    weights_path(tiny).write_bytes(WEIGHTS)
    assert verify_model("tiny") == weights_path(tiny)
    assert model_status(tiny).state == "unchecked"
    assert model_status(tiny).usable


def test_a_broken_download_is_continued(tiny: ModelEntry, server: Server) -> None:
    server.routes["/tiny.pt"] = [Answer(body=WEIGHTS, cut_after=100_000)]
    with pytest.raises(ModelError, match="cut off") as caught:
        get_model(tiny, JobContext(), QUICK)
    assert "What arrived is kept" in caught.value.hint
    assert (model_status(tiny).state, model_status(tiny).have_bytes) == ("partial", 100_000)
    server.routes["/tiny.pt"] = [Answer(body=WEIGHTS)]
    get_model(tiny, JobContext(), QUICK)
    assert server.asked[-1] == ("/tiny.pt", "bytes=100000-")


def test_ones_own_mirror_comes_first(tiny: ModelEntry, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBR_MODEL_MIRROR", f"{server.url}/mirror/")
    server.routes["/mirror/tiny.pt"] = [Answer(body=WEIGHTS)]
    get_model(tiny, JobContext())
    assert server.asked == [("/mirror/tiny.pt", None)]


def test_two_at_once(tiny: ModelEntry) -> None:
    user_folder().mkdir(parents=True)
    with exclusive(user_folder() / "tiny.pt.lock") as held:
        assert held
        for operation in (lambda: get_model(tiny, JobContext()), lambda: remove_model(tiny)):
            with pytest.raises(ModelError, match="Another VBR Studio is getting or changing the model 'tiny'"):
                operation()
    get_model(tiny, JobContext())


def test_trust_on_first_use(unhashed: ModelEntry, server: Server) -> None:
    server.routes["/tiny.pt"] = [Answer(body=WEIGHTS), Answer(body=OTHER_WEIGHTS)]
    get_model(unhashed, JobContext())
    assert model_status(unhashed).trusted_sha256 == SHA256
    remove_model(unhashed)
    assert model_status(unhashed).trusted_sha256 == SHA256
    with pytest.raises(ModelError, match="is not the file that was first used as 'tiny'") as caught:
        get_model(unhashed, JobContext())
    assert "tiny.pt.json" in caught.value.hint
    assert model_status(unhashed).state == "absent"
    server.routes["/tiny.pt"] = [Answer(body=WEIGHTS)]
    get_model(unhashed, JobContext())


def test_import(tiny: ModelEntry, tmp_path: Path) -> None:
    given = tmp_path / "päth with spaces.pth"
    given.write_bytes(WEIGHTS[:-1])
    with pytest.raises(ModelError, match="is not the file of 'tiny'"):
        import_model(tiny, given, JobContext())
    with pytest.raises(ModelError, match="There is no file"):
        import_model(tiny, tmp_path / "none", JobContext())
    assert model_status(tiny).state == "absent"
    given.write_bytes(WEIGHTS)
    with pytest.raises(ModelError):  # right bytes, but not the weights of this network
        import_model(tiny, given, JobContext())
    assert model_status(tiny).state == "absent"
    assert given.read_bytes() == WEIGHTS


def test_an_imported_file_is_copied_and_checked(unhashed: ModelEntry, tmp_path: Path) -> None:
    given = tmp_path / "given.pth"
    given.write_bytes(WEIGHTS)
    path = import_model(unhashed, given, JobContext())
    assert path.read_bytes() == WEIGHTS == given.read_bytes()
    assert read_record(unhashed).source == str(given)
    assert import_model(unhashed, path, JobContext()) == path  # the file itself
    ctx = JobContext()
    ctx.token.cancel()
    with pytest.raises(Cancelled):
        import_model(unhashed, given, ctx)
    assert verify(unhashed).read_bytes() == WEIGHTS
    assert not list(path.parent.glob("*.import"))


def test_a_file_of_another_known_model_is_named(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = fake_entry("right", server.url)
    wrong = fake_entry("wrong", server.url, sha256="00" * 32)
    use_models(monkeypatch, tmp_path / "resources", right, wrong)
    given = tmp_path / "given.pth"
    given.write_bytes(WEIGHTS)
    with pytest.raises(ModelError, match="is the model 'right', not 'wrong'"):
        import_model(wrong, given, JobContext())


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(Path(os.environ["VBR_CONFIG_DIR"]) / "evil"),)


def test_a_pickle_with_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    Path(os.environ["VBR_CONFIG_DIR"]).mkdir()
    entry = find_model("dpt_swin2_tiny_256")  # no hash would stop it
    given = tmp_path / "evil.pt"
    given.write_bytes(pickle.dumps({"pretrained.model.cls_token": Evil()}))
    with pytest.raises(ModelError):
        import_model(entry, given, JobContext())
    assert not (Path(os.environ["VBR_CONFIG_DIR"]) / "evil").exists()
    assert model_status(entry).state == "absent"
    assert read_record(entry) is None


def test_a_folder_that_cannot_be_written(tiny: ModelEntry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VBR_MODELS_DIR", str(tmp_path / "file" / "models"))
    with pytest.raises(ModelError, match="cannot be written") as caught:
        get_model(tiny, JobContext())
    assert "VBR_MODELS_DIR" in caught.value.hint
    assert weights_path(tiny) == tmp_path / "file" / "models" / "tiny.pt"


# --- the command line ------------------------------------------------------------------------------------------------


def test_commands(tiny: ModelEntry, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "get", "tiny", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == {"event": "done", "name": "tiny", "path": str(weights_path(tiny))}
    assert {line["event"] for line in lines[:-1]} == {"progress"}
    assert run(["models", "list"]) == 0
    assert "here" in capsys.readouterr().out
    assert run(["models", "verify"]) == 0
    assert "tiny: the file is complete. Its SHA-256 is as published." in capsys.readouterr().out
    weights_path(tiny).write_bytes(OTHER_WEIGHTS)
    assert run(["models", "verify", "tiny"]) == 2
    assert "not the published file" in capsys.readouterr().err
    assert run(["models", "remove", "tiny"]) == 0
    assert run(["models", "verify", "tiny"]) == 2
    assert run(["models", "get", "unknown"]) == 2
    assert run(["models", "import", "tiny", "/nowhere"]) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "Models: tiny." in err


def test_commercial_filter_and_first_use_said_openly(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(model_files, "_check_checkpoint", lambda entry, path: None)
    server.routes["/free.pt"] = [Answer(body=WEIGHTS)]
    use_models(
        monkeypatch,
        tmp_path / "resources",
        fake_entry("bound", server.url, commercial_ok=False, licence="CC BY-NC 4.0"),
        fake_entry("free", server.url, sha256=None),
    )
    assert run(["models", "list", "--commercial", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["free"]
    assert run(["models", "get", "free"]) == 0
    assert "Nobody publishes a SHA-256 of this file" in capsys.readouterr().err
    assert run(["models", "verify"]) == 0
    assert f"{SHA256[:12]}... is trusted because it came first" in capsys.readouterr().out


def test_rendering_with_a_model_that_is_not_here(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from vbr_core.pipeline import sample_clip_path

    arguments = ["render", str(sample_clip_path()), "-o", str(tmp_path / "out.mp4"), "--depth", "dpt_large_384"]
    assert run(arguments) == 2
    err = capsys.readouterr().err
    assert "The depth model 'dpt_large_384' is not on this machine (1.4 GB). Get it with `vbr models get" in err
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(
    ("source", "words", "doubt"),
    [
        ("the publisher", "Its SHA-256 is as published.", "..., as published."),
        ("public copies", "Its SHA-256 is the expected one (public copies).", "... (public copies)."),
    ],
)
def test_where_a_hash_is_from_is_said_in_whole_sentences(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    words: str,
    doubt: str,
) -> None:
    entry = fake_entry("tiny", server.url, hash_source=source)
    use_models(monkeypatch, tmp_path / "bundled", entry)
    assert run(["models", "get", "tiny"]) == 0
    assert run(["models", "verify", "tiny"]) == 0
    assert words in capsys.readouterr().out
    other = tmp_path / "other.pt"
    other.write_bytes(OTHER_WEIGHTS)
    assert run(["models", "import", "tiny", str(other)]) == 2
    assert doubt in capsys.readouterr().err
