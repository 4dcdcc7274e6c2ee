"""Overlays seen with two kinds of cones only: Machado, Oliveira and Fernandes 2009, severity 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from vbr_core.render.overlays import defocus_picture, disparity_picture, peaking_picture, zone_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

EYES = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""On linear light; the rows of each add up to 1, so that grey stays grey."""

FAR_APART = 15.0
"""In CIELAB; about 2 can just be told apart side by side."""


def lab(rgb: NDArray[np.uint8], eyes: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB as these eyes see it, in CIELAB (D65)."""
    encoded = rgb.astype(np.float64) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ eyes.T, 0.0, 1.0)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.moveaxis(seen @ to_xyz.T / np.array([0.9505, 1.0, 1.089]), -1, 0)
    f = [np.where(v > 0.008856, np.cbrt(v), 7.787 * v + 16 / 116) for v in (x, y, z)]
    return np.stack([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])], axis=-1)


def distance(first: NDArray[np.uint8], second: NDArray[np.uint8], eyes: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(lab(first, eyes) - lab(second, eyes)))


def grey_picture(level: int) -> NDArray[np.uint8]:
    return np.full((100, 100, 3), level, np.uint8)


@pytest.mark.parametrize("name", EYES)
@pytest.mark.parametrize("level", [40, 128, 220])
def test_before_behind_and_in_focus_are_far_apart(name: str, level: int) -> None:
    radius = np.zeros((100, 100), np.float32)
    radius[:, 30:60], radius[:, 60:] = 20.0, -20.0
    shown = defocus_picture(grey_picture(level), radius)
    focused, before, behind = shown[50, 10], shown[50, 45], shown[50, 80]
    for one, other in ((focused, before), (focused, behind), (before, behind)):
        assert distance(one, other, EYES[name]) > FAR_APART


@pytest.mark.parametrize("name", EYES)
@pytest.mark.parametrize("level", [40, 128, 220])
def test_the_sharp_zone_is_far_from_the_rest(name: str, level: int) -> None:
    radius = np.zeros((100, 100), np.float32)
    radius[:, 50:] = 20.0
    shown = zone_picture(grey_picture(level), radius)
    assert distance(shown[50, 10], shown[50, 80], EYES[name]) > FAR_APART


@pytest.mark.parametrize("name", EYES)
def test_peaking_is_far_from_any_grey(name: str) -> None:
    source = grey_picture(60)
    source[:, ::2] = 200
    shown = peaking_picture(source, source)
    amber = shown[50, 50]
    greys = [np.full(3, level, np.uint8) for level in range(0, 256, 15)]
    assert min(distance(amber, grey, EYES[name]) for grey in greys) > FAR_APART


@pytest.mark.parametrize("name", EYES)
def test_lightness_of_the_depth_palette_only_rises(name: str) -> None:
    ramp = disparity_picture(np.linspace(0, 1, 256, dtype=np.float32)[None])[0]
    lightness = lab(ramp, EYES[name])[::16, 0]
    assert (np.diff(lightness) > 0.5).all()
