"""Clicked focus keys that follow the depth."""

from __future__ import annotations

import msgspec

from vbr_core.focus.resampling import anchors_of, depth_of, with_samples
from vbr_core.project import FocusAnchor, Keyframe, Project, Track, decode_project, encode_project

HERE, THERE = FocusAnchor(2, 10.0, 20.0), FocusAnchor(7, 30.0, 20.0)
PROJECT = Project(focus=Track(keys=(Keyframe(2, 0.3, anchor=HERE), Keyframe(4, 0.6), Keyframe(7, 0.9, anchor=THERE))))


def test_only_clicked_keys_that_were_found_change() -> None:
    assert anchors_of(PROJECT) == {HERE, THERE}
    new, count = with_samples(PROJECT, {HERE: 0.5})
    assert count == 1
    assert [key.value for key in new.focus.keys] == [0.5, 0.6, 0.9]
    assert [key.anchor for key in new.focus.keys] == [HERE, None, THERE]
    assert with_samples(PROJECT, {HERE: 0.3, THERE: 0.9}) == (PROJECT, 0)


def test_provisional_values_are_told_from_others() -> None:
    found = {HERE: 0.5, THERE: 0.8}
    new, count = with_samples(PROJECT, found, {HERE: 0.3, THERE: 0.1})
    assert count == 1
    assert [key.value for key in new.focus.keys] == [0.5, 0.6, 0.9]


def test_what_decides_the_disparity() -> None:
    assert depth_of(PROJECT) == depth_of(with_samples(PROJECT, {HERE: 0.5})[0])
    assert depth_of(PROJECT) != depth_of(msgspec.structs.replace(PROJECT, depth="other"))


def test_older_files_open_without_a_fingerprint() -> None:
    plain = msgspec.json.decode(encode_project(PROJECT))
    del plain["depth_fingerprint"]
    plain["version"] = 3
    assert decode_project(msgspec.json.encode(plain)) == PROJECT
