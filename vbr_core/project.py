"""The document: a clip, what should be sharp, and how much the rest is blurred.

A :class:`Project` is a value: frozen, comparable, and never changed in place. ``vbr_core.edits`` makes new ones from
old ones. The file (``*.vbr``) is sorted, indented JSON with a version; media paths are stored relative to the project
file, with the absolute path as a fallback, and a fingerprint so that a moved or swapped clip is noticed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from vbr_core.errors import InputError, OutputError, ProjectError
from vbr_core.look import KEYED_NAMES, LookName, check_look_value
from vbr_core.settings import K_MAX, DepthReading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PROJECT_VERSION = 4
PROJECT_SUFFIX = ".vbr"

Easing = Literal["hold", "linear", "smooth", "bezier"]
EASINGS: tuple[Easing, ...] = ("hold", "linear", "smooth", "bezier")
TrackName = Literal["focus", "blur"]
TRACKS: tuple[TrackName, ...] = ("focus", "blur")
TRACK_LIMITS: dict[TrackName, tuple[float, float]] = {"focus": (0.0, 1.0), "blur": (0.0, K_MAX)}

EditKind = Literal["same_as", "push_behind", "flatten"]
EDIT_KINDS: tuple[EditKind, ...] = ("same_as", "push_behind", "flatten")
EditSnap = Literal["none", "picture", "depth"]
EDIT_SNAPS: tuple[EditSnap, ...] = ("none", "picture", "depth")
MAX_STROKE_POINTS = 20_000
LEVELS_SPAN = 0.02
"""Near and far of a shot's levels are at least so far apart."""
GAMMA_LIMITS = (0.1, 10.0)


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all parts of the document: frozen, and strict about unknown fields."""


class FocusAnchor(Value, frozen=True):
    """Why a focus key has its value: the point that was clicked. It lets the value be sampled again.

    Attributes:
        frame: The frame that was clicked (0-based index on the clip's own frames).
        x: Pixels from the left of the upright picture.
        y: Pixels from the top of the upright picture.
    """

    frame: int
    x: float
    y: float


class Keyframe(Value, frozen=True):
    """A value that a track has at a frame.

    Attributes:
        frame: 0-based index on the clip's own frames.
        value: In the unit of its track (disparity 0..1, or K at 1080 lines).
        easing: How the value goes on from here to the next key.
        out_handle: Bezier handle after this key: frames (>= 0) and value, both relative to the key.
        in_handle: Bezier handle before this key: frames (>= 0, counted backwards) and value relative to the key.
        anchor: Where the value was sampled, if it was.
    """

    frame: int
    value: float
    easing: Easing = "smooth"
    out_handle: tuple[float, float] | None = None
    in_handle: tuple[float, float] | None = None
    anchor: FocusAnchor | None = None

    def __post_init__(self) -> None:
        if self.frame < 0:
            raise ValueError(f"a key cannot lie at frame {self.frame}")
        if not math.isfinite(self.value):
            raise ValueError("the value of a key must be a finite number")
        for handle in (self.out_handle, self.in_handle):
            if handle is not None and not (math.isfinite(handle[0]) and math.isfinite(handle[1]) and handle[0] >= 0):
                raise ValueError("a bezier handle must be finite and point away from its key")


class Track(Value, frozen=True):
    """A value over time.

    Attributes:
        base: The value while there is no key.
        keys: Sorted by frame, at most one a frame.
    """

    base: float = 0.0
    keys: tuple[Keyframe, ...] = ()

    def __post_init__(self) -> None:
        if not math.isfinite(self.base):
            raise ValueError("the base value of a track must be a finite number")
        frames = [key.frame for key in self.keys]
        if any(later <= earlier for earlier, later in itertools.pairwise(frames)):
            raise ValueError("keys must be sorted by frame, one a frame")


class LookTracks(Value, frozen=True):
    """How the blur looks over time: one track for every field of :class:`vbr_core.look.Look` that may be keyed.

    Attributes:
        near: Factor on the blur in front of the focal plane.
        far: The same behind it.
        blades: Corners of the aperture, for the whole clip; 0 is a circle.
        roundness: Of the blades.
        rotation: Of the aperture, degrees.
        cat_eye: How far the barrel cuts the aperture off in the corners.
        anamorphic: Height over width of the blur.
        highlight_threshold: Level from which blurred highlights get more light.
        highlight_gain: How much more, in stops.
    """

    near: Track = Track(1.0)
    far: Track = Track(1.0)
    blades: int = 0
    roundness: Track = Track(0.0)
    rotation: Track = Track(0.0)
    cat_eye: Track = Track(0.0)
    anamorphic: Track = Track(1.0)
    highlight_threshold: Track = Track(0.9)
    highlight_gain: Track = Track(0.0)

    def __post_init__(self) -> None:
        try:
            check_look_value("blades", self.blades)
            for name in KEYED_NAMES:
                track = self.track(name)
                for value in (track.base, *(key.value for key in track.keys)):
                    check_look_value(name, value)
        except InputError as error:
            raise ValueError(error.message[0].lower() + error.message[1:].rstrip(".")) from error

    def track(self, name: LookName) -> Track:
        """The track of a field; for ``blades`` one without keys."""
        if name == "blades":
            return Track(float(self.blades))
        track: Track = getattr(self, name)
        return track

    def with_track(self, name: LookName, track: Track) -> LookTracks:
        """A copy with the track of a field replaced; of ``blades`` only the base counts."""
        value: object = round(track.base) if name == "blades" else track
        return msgspec.structs.replace(self, **{name: value})

    @property
    def has_keys(self) -> bool:
        """Whether anything of it changes over time."""
        return any(self.track(name).keys for name in KEYED_NAMES)


DEFAULT_LOOK_TRACKS = LookTracks()
"""A plain thin lens."""


class ClipFingerprint(Value, frozen=True):
    """Tells one clip from another without reading all of it.

    Attributes:
        size_bytes: Length of the file.
        duration_seconds: As the container states it, rounded to the millisecond.
        sha256: Hash of the first and the last MiB.
    """

    size_bytes: int
    duration_seconds: float
    sha256: str


class Clip(Value, frozen=True):
    """The video that the project is about.

    Attributes:
        path: Relative to the project file (with forward slashes) where possible, else absolute.
        absolute_path: Where it was when the project was saved; the fallback.
        fingerprint: Of the file that was opened; None if it was never computed.
        frame_count: Frames of the clip.
        cuts: First frame of every shot but the first, sorted. Nothing is eased across a cut.
    """

    path: str
    absolute_path: str = ""
    fingerprint: ClipFingerprint | None = None
    frame_count: int = 0
    cuts: tuple[int, ...] = ()


class Stroke(Value, frozen=True):
    """A part of the picture that was drawn by hand: a lasso, or what a brush went over.

    Attributes:
        points: x, y in pixels of the upright picture; may reach outside it.
        radius_px: Of the brush, in the same pixels; 0 for a lasso, whose points are the corners of a closed polygon.
    """

    points: tuple[tuple[float, float], ...]
    radius_px: float = 0.0

    def __post_init__(self) -> None:
        if not self.points or len(self.points) > MAX_STROKE_POINTS:
            raise ValueError(f"a stroke has 1 to {MAX_STROKE_POINTS} points, not {len(self.points)}")
        if not all(abs(x) <= 1e6 and abs(y) <= 1e6 for x, y in self.points):
            raise ValueError("the points of a stroke must be finite numbers near the picture")
        if not 0.0 <= self.radius_px <= 1e5:
            raise ValueError(f"the radius {self.radius_px:g} of a stroke is outside 0 to 100000")
        if self.radius_px == 0.0 and len(self.points) < 3:
            raise ValueError("a lasso needs at least three points")


class DepthEdit(Value, frozen=True):
    """A repair of the disparity in a part of the picture, which is carried along with what it was drawn on.

    Attributes:
        kind: ``same_as`` gives it the disparity at ``point``; ``push_behind`` puts it behind what is around it;
            ``flatten`` makes it one plane.
        strokes: Where it was drawn; their union.
        frame: The frame it was drawn on.
        start: First frame that it holds for, at most ``frame``. It never reaches beyond the shot of ``frame``.
        stop: One past the last.
        point: x, y on ``frame`` in pixels of the upright picture; of ``same_as`` only.
        amount: How far ``push_behind`` goes behind the farthest of what is around it, in disparity, 0..1.
        snap: What is drawn roughly is brought to the edges of the ``picture`` or of the ``depth``, or taken as it is.
        enabled: Whether it is applied.
    """

    kind: EditKind
    strokes: tuple[Stroke, ...]
    frame: int
    start: int
    stop: int
    point: tuple[float, float] | None = None
    amount: float = 0.05
    snap: EditSnap = "picture"
    enabled: bool = True

    def __post_init__(self) -> None:
        if not self.strokes:
            raise ValueError("a depth repair needs at least one stroke")
        if not 0 <= self.start <= self.frame < self.stop:
            raise ValueError(
                f"the frames {self.start} to {self.stop - 1} of a depth repair do not hold frame {self.frame}, which "
                "it was drawn on"
            )
        if self.kind == "same_as" and self.point is None:
            raise ValueError("a depth repair of the kind same_as needs a point")
        if self.point is not None and not all(abs(value) <= 1e6 for value in self.point):
            raise ValueError("the point of a depth repair must be finite numbers near the picture")
        if not 0.0 <= self.amount <= 1.0:
            raise ValueError(f"the amount {self.amount:g} of a depth repair is outside 0 to 1")


class DepthLevels(Value, frozen=True):
    """How the disparity of a shot is stretched: ``((D - far) / (near - far)) ** (1 / gamma)``, clipped to 0..1.

    Attributes:
        start: A frame of the shot; its first one when it was made.
        near: Disparity that becomes 1.
        far: Disparity that becomes 0; less than ``near``.
        gamma: Above 1 the middle comes nearer, below 1 it goes farther.
    """

    start: int
    near: float = 1.0
    far: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if self.start < 0:
            raise ValueError(f"levels cannot begin at frame {self.start}")
        if not (self.far >= 0.0 and self.near <= 1.0 and self.near - self.far >= LEVELS_SPAN - 1e-9):
            raise ValueError(f"the levels {self.far:g} (far) to {self.near:g} (near) are no range within 0 to 1")
        if not GAMMA_LIMITS[0] <= self.gamma <= GAMMA_LIMITS[1]:
            raise ValueError(f"the gamma {self.gamma:g} is outside {GAMMA_LIMITS[0]:g} to {GAMMA_LIMITS[1]:g}")

    @property
    def is_neutral(self) -> bool:
        """Whether they change nothing."""
        return (self.near, self.far, self.gamma) == (1.0, 0.0, 1.0)


class CutEdits(Value, frozen=True):
    """What the user says about where shots begin, over what was found.

    Attributes:
        added: First frames of shots that were not found, sorted.
        removed: Cuts that were found and are none, sorted.
    """

    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for frames in (self.added, self.removed):
            if list(frames) != sorted(set(frames)) or any(frame < 1 for frame in frames):
                raise ValueError("cuts must be sorted frames after the first one, each once")

    def over(self, found: Iterable[int]) -> tuple[int, ...]:
        """Cuts that were found, with those added and without those removed, sorted."""
        return tuple(sorted({*found, *self.added}.difference(self.removed)))


NO_CUT_EDITS = CutEdits()


class Project(Value, frozen=True):
    """The whole document.

    Attributes:
        clip: The video; None for an empty document.
        focus: Track of d_f, the disparity of the focal plane, 0..1.
        blur: Track of K, the blur amount at a picture height of 1080, 0..K_MAX.
        sharp_zone: Disparity on either side of the focal plane that stays sharp, 0..0.5; 0 is a plain thin lens.
        look: How the blur looks.
        depth: Name of a depth model, or path of a disparity folder or grey video.
        depth_reading: What the numbers of such files mean; ``auto`` finds out (see ``vbr_core.depth.import_rules``).
        depth_fingerprint: Of the disparity that the clicked focus keys were sampled from; empty if that is not known.
            Another one on opening means that weights or files changed since.
        cut_edits: Where shots begin by the user's word.
        depth_edits: Repairs of the disparity, applied in this order after the levels.
        depth_levels: Levels of shots, sorted by frame, at most one a frame.
        renderer: Name of the renderer.
        version: Of the file format.
    """

    clip: Clip | None = None
    focus: Track = Track(base=0.5)
    blur: Track = Track(base=40.0)
    sharp_zone: float = 0.0
    look: LookTracks = DEFAULT_LOOK_TRACKS
    depth: str = "starter"
    depth_reading: DepthReading = "auto"
    depth_fingerprint: str = ""
    cut_edits: CutEdits = NO_CUT_EDITS
    depth_edits: tuple[DepthEdit, ...] = ()
    depth_levels: tuple[DepthLevels, ...] = ()
    renderer: str = "vbr"
    version: int = PROJECT_VERSION

    def __post_init__(self) -> None:
        if not 0.0 <= self.sharp_zone <= 0.5:
            raise ValueError(f"the sharp zone {self.sharp_zone:g} is outside 0 to 0.5")
        for name in TRACKS:
            low, high = TRACK_LIMITS[name]
            track = self.track(name)
            for value in (track.base, *(key.value for key in track.keys)):
                if not low <= value <= high:
                    raise ValueError(f"the {name} value {value:g} is outside {low:g} to {high:g}")
        if any(later.start <= earlier.start for earlier, later in itertools.pairwise(self.depth_levels)):
            raise ValueError("the levels of shots must be sorted by frame, one a frame")

    def track(self, name: TrackName) -> Track:
        """The track called ``name``."""
        return self.focus if name == "focus" else self.blur

    def with_track(self, name: TrackName, track: Track) -> Project:
        """A copy with the track called ``name`` replaced."""
        if name == "focus":
            return msgspec.structs.replace(self, focus=track)
        return msgspec.structs.replace(self, blur=track)

    @property
    def cuts(self) -> tuple[int, ...]:
        """First frame of every shot but the first."""
        known = self.clip.cuts if self.clip else ()
        return known if self.cut_edits is NO_CUT_EDITS or self.cut_edits == NO_CUT_EDITS else self.cut_edits.over(known)

    def cuts_with(self, found: Iterable[int]) -> tuple[int, ...]:
        """First frame of every shot but the first: those of the project, and those that its disparity tells.

        Preview, export and stills all take them from here, so that they never disagree on where nothing is eased.
        """
        known = self.clip.cuts if self.clip else ()
        return self.cut_edits.over((*known, *found))


# --- file ------------------------------------------------------------------------------------------------------------

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: lambda plain: plain,  # version 2 added depth_edits and depth_levels
    2: lambda plain: plain,  # version 3 added look
    3: lambda plain: plain,  # version 4 added depth_fingerprint and cut_edits
}
"""version -> function that turns a document of that version into one of the next. Run in order, on plain dicts."""


def encode_project(project: Project) -> bytes:
    """The document as sorted, indented UTF-8 JSON."""
    plain = msgspec.to_builtins(project)
    return (json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def decode_project(data: bytes, name: str = "The project file") -> Project:
    """Read a document from JSON, upgrading older versions.

    Raises:
        ProjectError: It is not JSON, not a project, of a newer version, or has a wrong or unknown field.
    """
    hint = "Open a copy that you know to be good."
    try:
        plain = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ProjectError(f"{name} is damaged: it is not valid JSON.", hint) from error
    if not isinstance(plain, dict) or not isinstance(plain.get("version"), int) or isinstance(plain["version"], bool):
        raise ProjectError(f"{name} is not a VBR Studio project: it has no version number.", hint)
    version = plain["version"]
    if version > PROJECT_VERSION:
        raise ProjectError(
            f"{name} was saved by a newer VBR Studio (format {version}, this program reads up to {PROJECT_VERSION}).",
            "Update VBR Studio to open it.",
        )
    while version < PROJECT_VERSION:
        upgrade = UPGRADES.get(version)
        if upgrade is None:
            raise ProjectError(f"{name} has format {version}, which never existed.", hint)
        plain = upgrade(plain)
        version += 1
        plain["version"] = version
    try:
        return msgspec.convert(plain, Project)
    except msgspec.ValidationError as error:
        raise ProjectError(f"{name} cannot be read: {error}.", hint) from error


def load_project(path: str | Path) -> Project:
    """Read a ``*.vbr`` file.

    Raises:
        ProjectError: The file is missing, unreadable, damaged, newer than this program, or has an unknown field.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ProjectError(f"There is no project file '{path}'.", "Check the path.") from error
    except OSError as error:
        raise ProjectError(f"The project file '{path}' cannot be read: {error.strerror}.", "") from error
    return decode_project(data, f"The project file '{path.name}'")


def save_project(project: Project, path: str | Path) -> Project:
    """Write a ``*.vbr`` file by way of a temporary file beside it, so that a failure leaves the earlier one whole.

    Returns:
        The project as saved: with the clip's path made relative to ``path``.

    Raises:
        OutputError: The file cannot be written there.
    """
    path = Path(path)
    if project.clip is not None and project.clip.absolute_path:
        relative = relative_path(Path(project.clip.absolute_path), path.parent)
        project = msgspec.structs.replace(project, clip=msgspec.structs.replace(project.clip, path=relative))
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent or ".")
        with os.fdopen(descriptor, "wb") as file:
            file.write(encode_project(project))
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private to the user; a document gets what a new file would get
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise OutputError(
            f"The project cannot be saved as '{path}': {error.strerror or error}.",
            "Choose a folder that exists and that you may write to.",
        ) from error
    return project


def relative_path(target: Path, folder: Path) -> str:
    """``target`` relative to ``folder`` with forward slashes; absolute if they share no root (Windows drives)."""
    try:
        return Path(os.path.relpath(target.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return target.absolute().as_posix()
