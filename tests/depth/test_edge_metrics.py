"""Measures of depth edges."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vbr_core.depth.edge_metrics import boundary_score, boundary_zone, depth_edges, halo_share, texture_leakage
from vbr_core.errors import InputError


def step(column: int = 30, near: float = 0.8) -> np.ndarray:
    truth = np.full((40, 60), 0.2, np.float32)
    truth[:, column:] = near
    return truth


def test_a_step_is_one_line_and_a_slope_is_none() -> None:
    edges = depth_edges(step())
    assert (edges[1:-1].sum(axis=1) == 1).all()
    assert set(np.nonzero(edges)[1]) == {29}
    assert not depth_edges(np.tile(np.linspace(0, 1, 60, dtype=np.float32), (40, 1))).any()
    assert (depth_edges(step().T.copy())[:, 1:-1].sum(axis=0) == 1).all()


@pytest.mark.parametrize(("moved", "score"), [(0, 1.0), (1, 1.0), (2, 0.0)])
def test_one_pixel_is_forgiven_and_two_are_not(moved: int, score: float) -> None:
    assert boundary_score(step(30 + moved), step()).f_score == score


def test_missing_and_invented_edges_count() -> None:
    both = step()
    both[:, 10:14] = 0.5
    invented = boundary_score(both, step())
    assert invented.recall == 1.0
    assert invented.precision == pytest.approx(1 / 3)
    assert invented.f_score == pytest.approx(0.5)
    missing = boundary_score(step(), both)
    assert (missing.precision, missing.recall) == (1.0, pytest.approx(1 / 3))
    soft = cv2.GaussianBlur(step(), (0, 0), 6)
    assert boundary_score(soft, step()).f_score == 0.0
    assert np.isnan(boundary_score(np.zeros_like(soft), np.zeros_like(soft)).f_score)


def test_texture_leaks_only_where_the_truth_is_flat() -> None:
    truth = step()
    assert texture_leakage(truth, truth) == 0.0
    stripes = truth + np.where(np.arange(60) % 2, np.float32(0.01), np.float32(0))
    assert texture_leakage(stripes, truth) == pytest.approx(0.01, abs=1e-6)
    beside = truth.copy()
    beside[:, 29] = 0.5
    assert texture_leakage(beside, truth) == 0.0


def test_halo_is_what_lies_between_the_surfaces() -> None:
    assert halo_share(step(31), step(), 4) == 0.0
    soft = cv2.GaussianBlur(step(), (0, 0), 3)
    assert halo_share(soft, step(), 4) > 0.5
    assert np.isnan(halo_share(soft, np.zeros_like(soft), 4))
    assert boundary_zone(step(), 3)[20].sum() == 7


def test_maps_of_two_sizes_are_refused() -> None:
    with pytest.raises(InputError):
        boundary_score(step(), step()[:, :-1])
    with pytest.raises(InputError):
        texture_leakage(step(), step()[:, :-1])
