"""Pure edits: each takes a project and returns a new one. Nothing here knows of undo, files or windows."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import msgspec

from vbr_core.animation import default_handles, value_at
from vbr_core.look import LOOK_NAMES, Look, LookName, clamp_look_value
from vbr_core.project import (
    NO_CUT_EDITS,
    TRACK_LIMITS,
    TRACKS,
    Clip,
    Easing,
    FocusAnchor,
    Keyframe,
    LookTracks,
    Project,
    Track,
    TrackName,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from vbr_core.settings import DepthReading


def clamp(name: TrackName, value: float) -> float:
    """``value`` brought into the limits of the track called ``name``."""
    low, high = TRACK_LIMITS[name]
    return min(high, max(low, float(value)))


def _with_keys(project: Project, name: TrackName, keys: Iterable[Keyframe]) -> Project:
    ordered = tuple(sorted(keys, key=lambda key: key.frame))
    return project.with_track(name, msgspec.structs.replace(project.track(name), keys=ordered))


def key_at(track: Track, frame: int) -> Keyframe | None:
    """The key that lies exactly at ``frame``."""
    position = bisect_left(track.keys, frame, key=lambda key: key.frame)
    found = track.keys[position : position + 1]
    return found[0] if found and found[0].frame == frame else None


def key_before(track: Track, frame: int) -> Keyframe | None:
    """The last key that lies before ``frame``."""
    position = bisect_left(track.keys, frame, key=lambda key: key.frame)
    return track.keys[position - 1] if position else None


def add_key(
    project: Project,
    name: TrackName,
    frame: int,
    value: float,
    easing: Easing | None = None,
    anchor: FocusAnchor | None = None,
) -> Project:
    """Put a key at ``frame``, replacing one that lies there. The value is clamped to the track's limits.

    Args:
        project: The document.
        name: The track.
        frame: 0-based frame index.
        value: In the track's unit.
        easing: Of the new key; None keeps that of the key it replaces, else ``smooth``.
        anchor: Where the value was sampled, for a focus key.
    """
    track = project.track(name)
    old = key_at(track, frame)
    chosen: Easing = easing or (old.easing if old else "smooth")
    new = Keyframe(
        frame=frame,
        value=clamp(name, value),
        easing=chosen,
        out_handle=old.out_handle if old else None,
        in_handle=old.in_handle if old else None,
        anchor=anchor,
    )
    return _with_keys(project, name, [*(key for key in track.keys if key.frame != frame), new])


def remove_keys(project: Project, name: TrackName, frames: Collection[int]) -> Project:
    """Remove the keys at ``frames``. When the last key goes, its value stays as the track's base value."""
    track = project.track(name)
    kept = [key for key in track.keys if key.frame not in frames]
    if not kept and track.keys:
        return project.with_track(name, Track(base=track.keys[-1].value))
    return _with_keys(project, name, kept)


def move_keys(
    project: Project,
    name: TrackName,
    frames: Collection[int],
    frame_delta: int,
    value_delta: float = 0.0,
    *,
    copy: bool = False,
) -> Project:
    """Move the keys at ``frames`` together. Keys that they land on are replaced; nothing moves outside the clip.

    The shift is shortened for the whole group, so that the distances between its keys stay as they are.

    Args:
        project: The document.
        name: The track.
        frames: Where the keys lie that are moved.
        frame_delta: By how many frames; negative is earlier.
        value_delta: Added to their values, which are clamped.
        copy: Leave the keys where they are, and move copies of them.
    """
    track = project.track(name)
    moving = [key for key in track.keys if key.frame in frames]
    if not moving:
        return project
    last = (project.clip.frame_count - 1) if project.clip and project.clip.frame_count else None
    frame_delta = max(frame_delta, -moving[0].frame)
    if last is not None:
        frame_delta = min(frame_delta, last - moving[-1].frame)
    moved = [
        msgspec.structs.replace(
            key,
            frame=key.frame + frame_delta,
            value=clamp(name, key.value + value_delta),
            anchor=key.anchor if value_delta == 0.0 else None,
        )
        for key in moving
    ]
    landed = {key.frame for key in moved}
    kept = [key for key in track.keys if (copy or key.frame not in frames) and key.frame not in landed]
    return _with_keys(project, name, [*kept, *moved])


def set_values(project: Project, name: TrackName, frames: Collection[int], value: float) -> Project:
    """Give the keys at ``frames`` one value, clamped to the track's limits. It is not what was sampled any more."""
    value = clamp(name, value)
    keys = [
        msgspec.structs.replace(key, value=value, anchor=None) if key.frame in frames and key.value != value else key
        for key in project.track(name).keys
    ]
    return _with_keys(project, name, keys)


def set_easing(project: Project, name: TrackName, frames: Collection[int], easing: Easing) -> Project:
    """Set how the value goes on from the keys at ``frames``."""
    keys = [
        msgspec.structs.replace(key, easing=easing) if key.frame in frames else key for key in project.track(name).keys
    ]
    return _with_keys(project, name, keys)


def set_handles(
    project: Project,
    name: TrackName,
    frame: int,
    out_handle: tuple[float, float] | None = None,
    in_handle: tuple[float, float] | None = None,
) -> Project:
    """Set the bezier handles of the key at ``frame``; None leaves a handle as it is.

    The segment on that side becomes ``bezier``. Handles are (frames away from the key, value relative to the key).
    """
    keys = list(project.track(name).keys)
    position = next((n for n, key in enumerate(keys) if key.frame == frame), None)
    if position is None:
        return project
    key = keys[position]
    if out_handle is not None:
        key = msgspec.structs.replace(key, out_handle=out_handle, easing="bezier")
        if position + 1 < len(keys) and keys[position + 1].in_handle is None:
            _, default_in = default_handles(key, keys[position + 1])
            keys[position + 1] = msgspec.structs.replace(keys[position + 1], in_handle=default_in)
    if in_handle is not None:
        key = msgspec.structs.replace(key, in_handle=in_handle)
        if position > 0:
            before = keys[position - 1]
            default_out, _ = default_handles(before, key)
            keys[position - 1] = msgspec.structs.replace(
                before, easing="bezier", out_handle=before.out_handle or default_out
            )
    keys[position] = key
    return _with_keys(project, name, keys)


def set_base(project: Project, name: TrackName, value: float) -> Project:
    """Set the value that a track has while it has no key."""
    return project.with_track(name, msgspec.structs.replace(project.track(name), base=clamp(name, value)))


def set_value(project: Project, name: TrackName, frame: int, value: float) -> Project:
    """What moving a slider means: the base value while there is no key, else a key at ``frame``."""
    if project.track(name).keys:
        return add_key(project, name, frame, value)
    return set_base(project, name, value)


def set_focus_at(
    project: Project, frame: int, value: float, anchor: FocusAnchor | None = None, *, hold: bool = False
) -> Project:
    """What a click on the picture means: a focus key at ``frame``, eased from the previous key.

    Args:
        project: The document.
        frame: Where the playhead is.
        value: Disparity sampled at the click, 0..1.
        anchor: The click.
        hold: Cut the focus instead of easing: the previous key of the track holds until here.
    """
    project = add_key(project, "focus", frame, value, anchor=anchor)
    before = key_before(project.focus, frame) if hold else None
    return project if before is None else set_easing(project, "focus", {before.frame}, "hold")


def hold_until(project: Project, name: TrackName, frame: int) -> Project:
    """Let the value of the key before ``frame`` hold until there.

    Where no key lies at ``frame``, one is put there that goes on from the held value as the key before did: what was
    eased all the way then begins to ease here. Without a key before ``frame`` nothing changes.
    """
    track = project.track(name)
    before = key_before(track, frame)
    if before is None:
        return project
    if key_at(track, frame) is None:
        project = add_key(project, name, frame, before.value, before.easing, before.anchor)
    return set_easing(project, name, {before.frame}, "hold")


class CopiedKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keys on their way through the clipboard. Their frames count from the first of them, over both tracks.

    Attributes:
        focus: Of the track of d_f.
        blur: Of the track of K.
        clip: Tells which clip they were copied from: their anchors are points of its frames.
    """

    focus: tuple[Keyframe, ...] = ()
    blur: tuple[Keyframe, ...] = ()
    clip: str = ""

    def track(self, name: TrackName) -> tuple[Keyframe, ...]:
        """The keys that belong to the track called ``name``."""
        return self.focus if name == "focus" else self.blur

    def __len__(self) -> int:
        return len(self.focus) + len(self.blur)


def copy_keys(project: Project, chosen: Collection[tuple[TrackName, int]]) -> CopiedKeys:
    """The keys that ``chosen`` names, as (track, frame) pairs."""
    found = {name: [key for key in project.track(name).keys if (name, key.frame) in chosen] for name in TRACKS}
    first = min((keys[0].frame for keys in found.values() if keys), default=0)
    moved = {
        name: tuple(msgspec.structs.replace(key, frame=key.frame - first) for key in keys)
        for name, keys in found.items()
    }
    return CopiedKeys(moved["focus"], moved["blur"], _clip_name(project))


def _clip_name(project: Project) -> str:
    """Something that two documents share if they are about the same clip."""
    clip = project.clip
    if clip is None:
        return ""
    return clip.fingerprint.sha256 if clip.fingerprint else clip.absolute_path or clip.path


def encode_keys(copied: CopiedKeys) -> bytes:
    """Copied keys as JSON."""
    return msgspec.json.encode(copied)


def decode_keys(data: bytes) -> CopiedKeys | None:
    """Keys from JSON that :func:`encode_keys` wrote; None if it is something else."""
    try:
        copied = msgspec.json.decode(data, type=CopiedKeys)
        for name in TRACKS:
            Track(keys=copied.track(name))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return copied


def paste_keys(project: Project, copied: CopiedKeys, frame: int) -> tuple[Project, frozenset[tuple[TrackName, int]]]:
    """Put copied keys down so that the first of them lies at ``frame``. Keys that they land on are replaced.

    Keys that would lie behind the end of the clip are left out. Keys from another clip lose their anchors.

    Returns:
        The document, and the (track, frame) pairs of the new keys.
    """
    end = project.clip.frame_count if project.clip and project.clip.frame_count else None
    is_at_home = copied.clip == _clip_name(project)
    pasted: set[tuple[TrackName, int]] = set()
    for name in TRACKS:
        new = [
            msgspec.structs.replace(
                key,
                frame=key.frame + frame,
                value=clamp(name, key.value),
                anchor=key.anchor if is_at_home else None,
            )
            for key in copied.track(name)
            if end is None or key.frame + frame < end
        ]
        if new:
            landed = {key.frame for key in new}
            pasted |= {(name, key.frame) for key in new}
            project = _with_keys(
                project, name, [*(key for key in project.track(name).keys if key.frame not in landed), *new]
            )
    return project, frozenset(pasted)


def key_here(project: Project, name: TrackName, frame: int) -> Project:
    """Add a key at ``frame`` that keeps the curve's present value there."""
    return add_key(project, name, frame, value_at(project.track(name), frame, project.cuts))


def set_clip(project: Project, clip: Clip | None) -> Project:
    """Replace the clip."""
    return msgspec.structs.replace(project, clip=clip)


def set_cuts(project: Project, cuts: Iterable[int]) -> Project:
    """Note where the shots of the clip begin."""
    if project.clip is None:
        return project
    return set_clip(project, msgspec.structs.replace(project.clip, cuts=tuple(sorted(set(cuts)))))


def add_cuts(project: Project, found: Iterable[int]) -> Project:
    """Note more places where shots of the clip were found to begin; those that are known stay.

    Disparity also tells the cuts that the user made: they are no finds, so that they can be taken back.
    """
    if project.clip is None:
        return project
    return set_cuts(project, {*project.clip.cuts, *set(found).difference(project.cut_edits.added)})


def forget_cut_edits(project: Project) -> Project:
    """Take back what the user said about where shots begin."""
    return msgspec.structs.replace(project, cut_edits=NO_CUT_EDITS)


def set_sharp_zone(project: Project, zone: float) -> Project:
    """Set the disparity on either side of the focal plane that stays sharp, brought into 0..0.5."""
    return msgspec.structs.replace(project, sharp_zone=min(0.5, max(0.0, zone)))


def set_look_value(project: Project, name: LookName, frame: int, value: float) -> Project:
    """What moving a control of the look means: its value while it has no key, else a key at ``frame``."""
    track = project.look.track(name)
    value = clamp_look_value(name, value)
    if not track.keys:
        return _with_look(project, name, Track(value))
    others = [key for key in track.keys if key.frame != frame]
    easing: Easing = next((key.easing for key in track.keys if key.frame == frame), "smooth")
    keys = sorted([*others, Keyframe(frame, value, easing)], key=lambda key: key.frame)
    return _with_look(project, name, Track(track.base, tuple(keys)))


def toggle_look_key(project: Project, name: LookName, frame: int) -> Project:
    """Add a key that keeps the present value of a field of the look, or remove the one at ``frame``.

    With the last key goes the change over time: its value stays.
    """
    track = project.look.track(name)
    present = value_at(track, frame, project.cuts)
    if any(key.frame == frame for key in track.keys):
        keys = tuple(key for key in track.keys if key.frame != frame)
        return _with_look(project, name, Track(track.base if keys else clamp_look_value(name, present), keys))
    keys = tuple(sorted([*track.keys, Keyframe(frame, clamp_look_value(name, present), "smooth")], key=_frame_of))
    return _with_look(project, name, Track(track.base, keys))


def set_look(project: Project, look: Look) -> Project:
    """Give the whole clip one look; keys of the look are gone."""
    tracks = LookTracks()
    for name in LOOK_NAMES:
        tracks = tracks.with_track(name, Track(float(getattr(look, name))))
    return msgspec.structs.replace(project, look=tracks)


def reset_look_value(project: Project, name: LookName) -> Project:
    """Bring a field of the look back to that of a plain thin lens, without keys."""
    return _with_look(project, name, LookTracks().track(name))


def _with_look(project: Project, name: LookName, track: Track) -> Project:
    return msgspec.structs.replace(project, look=project.look.with_track(name, track))


def _frame_of(key: Keyframe) -> int:
    return key.frame


def set_depth(project: Project, depth: str, reading: DepthReading = "auto") -> Project:
    """Choose the depth model or disparity files, and what the numbers of the files mean."""
    return msgspec.structs.replace(project, depth=depth, depth_reading=reading)


def set_depth_fingerprint(project: Project, fingerprint: str) -> Project:
    """Note which disparity the clicked focus keys were sampled from."""
    return msgspec.structs.replace(project, depth_fingerprint=fingerprint)


def set_renderer(project: Project, renderer: str) -> Project:
    """Choose the renderer."""
    return msgspec.structs.replace(project, renderer=renderer)
