"""Surfaces go on behind what hides them, with their colours and their motion."""

from __future__ import annotations

import numpy as np

from vbr_core.render.surface_continuation import MOST_CHANGE_PX, continued, continued_motion

HEIGHT, WIDTH = 96, 128


def hidden_square() -> np.ndarray:
    """Where something hides what is behind: (HEIGHT, WIDTH) bool."""
    where = np.zeros((HEIGHT, WIDTH), bool)
    where[36:60, 50:78] = True
    return where


def turning(degrees: float, zoom: float, shift: tuple[float, float]) -> np.ndarray:
    """Motion (HEIGHT, WIDTH, 2) of a plane that turns about the picture's corner and comes nearer."""
    y, x = np.indices((HEIGHT, WIDTH), np.float32)
    sine, cosine = zoom * np.sin(np.radians(degrees)), zoom * np.cos(np.radians(degrees))
    return np.stack([cosine * x - sine * y - x + shift[0], sine * x + cosine * y - y + shift[1]], axis=-1).astype(
        np.float32
    )


def test_surfaces_that_lie_open_nowhere_take_what_is_known() -> None:
    """Not black: a slice of disparity without a known pixel has nothing to continue."""
    values = np.full((16, 24, 3), 0.6, np.float32)
    disparity, hidden = np.full((16, 24), 0.9, np.float32), np.full((16, 24), 0.1, np.float32)
    where = np.zeros((16, 24), bool)
    where[4:8, 4:8] = True
    known = np.where(where, 0.0, 1.0).astype(np.float32)
    assert np.allclose(continued(values, known, disparity, hidden, where), 0.6, atol=1e-6)
    assert np.allclose(continued(values, np.zeros_like(known), disparity, hidden, where), 0.6, atol=1e-6)


def test_what_turns_and_comes_nearer_does_so_behind_things_too() -> None:
    motion = turning(1.5, 1.01, (2.0, -1.0))
    where = hidden_square()
    known = (~where).astype(np.float32)
    disparity = np.where(where, 0.8, 0.3).astype(np.float32)
    behind = np.full_like(disparity, 0.3)
    given = np.where(where[..., None], np.float32(9.0), motion)
    error = np.abs(continued_motion(given, known, disparity, behind, where) - motion[where])
    smooth = np.abs(continued(given, known, disparity, behind, where) - motion[where])
    assert error.mean() < 0.5 * smooth.mean()
    assert error.max() < 0.15


def test_each_surface_keeps_its_own_motion() -> None:
    where = hidden_square()
    disparity = np.full((HEIGHT, WIDTH), 0.2, np.float32)
    disparity[:, WIDTH // 2 :] = 0.4  # five slices apart
    motion = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    motion[:, : WIDTH // 2] = 1.5
    motion[:, WIDTH // 2 :] = -1.5
    known = (~where).astype(np.float32)
    for at, wanted in ((0.2, 1.5), (0.4, -1.5)):
        found = continued_motion(motion, known, disparity, np.full_like(disparity, at), where)
        assert np.allclose(found, wanted, atol=0.02)


def test_a_fit_across_different_motions_is_not_believed() -> None:
    """Two things at one disparity that move apart: nothing moves as a linear function of both would have it."""
    where = hidden_square()
    motion = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    motion[:, : WIDTH // 2] = 40.0
    disparity = np.full((HEIGHT, WIDTH), 0.3, np.float32)
    known = (~where).astype(np.float32)
    found = continued_motion(motion, known, disparity, disparity, where)
    smooth = continued(motion, known, disparity, disparity, where)
    assert np.hypot(*(found - smooth).T).max() <= MOST_CHANGE_PX


def test_where_nothing_moves_as_far_as_is_known_motion_stays_as_it_was_given() -> None:
    where = hidden_square()
    motion = turning(1.0, 1.0, (0.5, 0.5))
    nothing = np.zeros((HEIGHT, WIDTH), np.float32)
    found = continued_motion(motion, nothing, nothing + np.float32(0.5), nothing, where)
    assert np.array_equal(found, motion[where])
