"""What the false colours say."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from vbr_core import edits
from vbr_core.focus.sampling import patch_outline, sample_patch
from vbr_core.project import Project
from vbr_core.render.overlays import peaking_picture, zone_picture
from vbr_core.render.request import blur_radius_px


def is_amber(picture: np.ndarray) -> np.ndarray:
    return (picture[..., 0].astype(int) - picture[..., 2] > 60) & (picture[..., 0] > picture[..., 1])


def test_zone_colours_what_is_sharp_and_nothing_else() -> None:
    rgb = np.full((4, 6, 3), 160, np.uint8)
    radius = np.tile(np.array([-3.0, -1.0, -0.4, 0.0, 0.5, 1.0], np.float32), (4, 1))
    picture = zone_picture(rgb, radius)
    assert is_amber(picture)[0].tolist() == [False, False, True, True, True, False]
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[0]
    assert grey[3] > 1.5 * grey[0]  # told by lightness too, not by colour alone


def texture() -> np.ndarray:
    noise = np.random.default_rng(1).random((96, 128), np.float32)
    grey = np.clip(cv2.GaussianBlur(noise, (0, 0), 1.2) * 900 - 320, 0, 255)
    return np.repeat(grey[..., None], 3, axis=-1).astype(np.uint8)


@pytest.mark.parametrize("radius_px", [2, 6])
def test_peaking_marks_the_sharp_half_only(radius_px: int) -> None:
    source = texture()
    size = 2 * radius_px + 1
    y, x = np.mgrid[:size, :size] - radius_px
    disc = ((x**2 + y**2) <= radius_px**2 + 0.5).astype(np.float32)
    result = source.copy()
    result[:, 64:] = cv2.filter2D(source, -1, disc / disc.sum())[:, 64:]
    marked = is_amber(peaking_picture(source, result))
    assert marked[:, :60].mean() > 0.3
    assert marked[:, 70:].mean() < 0.05


def test_peaking_says_nothing_of_flat_and_noisy_surfaces() -> None:
    noise = np.random.default_rng(2).normal(128, 1.5, (64, 64, 1)).round().astype(np.uint8)
    flat = np.repeat(noise, 3, axis=-1)
    assert not is_amber(peaking_picture(flat, flat)).any()


def test_outline_runs_around_the_patch_in_pixels_of_the_picture() -> None:
    disparity = np.full((100, 200), 0.2, np.float32)
    disparity[48:52, 100:106] = 0.8
    value, mask, origin = sample_patch(disparity, 103, 50)
    assert value == pytest.approx(0.8)
    corners = np.array(patch_outline(mask, origin, 2.0, 3.0))
    assert corners.min(axis=0) == pytest.approx((200, 144), abs=1.0)
    assert corners.max(axis=0) == pytest.approx((212, 156), abs=1.0)


def test_radius_follows_the_formula_and_the_sharp_zone() -> None:
    project = edits.set_base(edits.set_base(Project(), "focus", 0.4), "blur", 80.0)
    assert blur_radius_px(project, 0, 0.9, 540) == pytest.approx(20.0)
    assert blur_radius_px(project, 0, 0.15, 1080) == pytest.approx(-20.0)
    project = edits.set_sharp_zone(project, 0.1)
    assert blur_radius_px(project, 0, 0.9, 1080) == pytest.approx(32.0)
    assert math.isclose(blur_radius_px(project, 0, 0.45, 1080), 0.0)
