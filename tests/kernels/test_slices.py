"""Sums over slices of disparity, and what is read from them, against plain formulas."""

from __future__ import annotations

import numpy as np
import pytest

from vbr_core.kernels.slices import MOMENTS, fitted, moments, read, summed

HEIGHT, WIDTH, STEP, SLICES = 21, 30, 4, 5


def test_sums_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((HEIGHT, WIDTH, 2), np.float32)
    weight = np.maximum(rng.random((HEIGHT, WIDTH), np.float32) - np.float32(0.3), 0)
    disparity = rng.uniform(-0.1, 1.1, (HEIGHT, WIDTH)).astype(np.float32)
    wanted = np.zeros((SLICES, 3, 6, 8))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            place = min(max(float(disparity[y, x]), 0.0), 1.0) * (SLICES - 1)
            for number in range(SLICES):
                part = weight[y, x] * max(0.0, 1.0 - abs(place - number))
                wanted[number, :, y // STEP, x // STEP] += part * np.array([*values[y, x], 1.0])
    assert np.allclose(summed(values, weight, disparity, STEP, SLICES), wanted, atol=1e-4)


def test_reading_is_bilinear_and_between_slices() -> None:
    y, x = np.indices((6, 8), np.float32)
    table = np.stack([np.stack([10.0 * x + y + 100.0 * number]) for number in range(SLICES)]).astype(np.float32)
    pixel = np.array([9 * WIDTH + 13, 0, HEIGHT * WIDTH - 1])
    at = np.array([0.375, 0.0, 1.0], np.float32)
    row, column = 9.5 / STEP - 0.5, 13.5 / STEP - 0.5
    last_column, last_row = min(29.5 / STEP - 0.5, 7.0), min(20.5 / STEP - 0.5, 5.0)  # not beyond the last cells
    wanted = [10.0 * column + row + 37.5 * (SLICES - 1), 0.0, 10.0 * last_column + last_row + 400.0]
    assert np.allclose(read(table, at, pixel, WIDTH, STEP)[:, 0], wanted, atol=1e-3)


def test_a_linear_motion_is_fitted_exactly() -> None:
    y, x = np.indices((HEIGHT, WIDTH), np.float32)
    motion = np.stack([0.3 + 0.02 * x - 0.01 * y, -0.5 + 0.03 * x + 0.04 * y], axis=-1).astype(np.float32)
    flat = np.full((HEIGHT, WIDTH), 0.25, np.float32)
    sums = moments(motion, np.ones_like(flat), flat, STEP, SLICES)
    assert sums.shape == (6, 8, SLICES, MOMENTS)
    whole = np.broadcast_to(sums.sum(axis=(0, 1)), sums.shape).copy()  # every cell knows all
    pixel = np.array([3 * WIDTH + 4, 18 * WIDTH + 25])
    at, otherwise = np.full(2, 0.25, np.float32), np.full((2, 2), 9.0, np.float32)
    given = (WIDTH, HEIGHT, STEP, np.float32(0.0), np.float32(0.02), otherwise)
    found = fitted(whole, at, pixel, *given)
    assert np.allclose(found, motion.reshape(-1, 2)[pixel], atol=2e-3)
    # of a surface of which nothing is known there is no fit
    assert np.array_equal(fitted(whole, np.full(2, 0.9, np.float32), pixel, *given), otherwise)


def test_a_ridge_holds_the_gradient_back() -> None:
    x = np.indices((HEIGHT, WIDTH), np.float32)[1]
    motion = np.stack([0.05 * x, np.zeros_like(x)], axis=-1)
    flat = np.full((HEIGHT, WIDTH), 0.25, np.float32)
    sums = moments(motion, np.ones_like(flat), flat, STEP, SLICES)
    whole = np.broadcast_to(sums.sum(axis=(0, 1)), sums.shape).copy()
    pixel, at, otherwise = np.array([10 * WIDTH]), np.full(1, 0.25, np.float32), np.zeros((1, 2), np.float32)
    free, held = (
        fitted(whole, at, pixel, WIDTH, HEIGHT, STEP, np.float32(ridge), np.float32(0.02), otherwise)[0, 0]
        for ridge in (0.0, 1e6)
    )
    assert free == pytest.approx(0.0, abs=1e-3)
    assert held == pytest.approx(motion[..., 0].mean(), abs=1e-3)
