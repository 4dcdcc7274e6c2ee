"""Models from archives, and what a camera sees of them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from vbr_core.errors import InputError
from vbr_core.train.depth.mesh_drawing import PlacedMesh, draw_mesh
from vbr_core.train.depth.meshes import CATALOGUE, Mesh, convert, load_mesh
from vbr_core.train.depth.rectangles import FAR, Rectangle, View, World, X, Y, photograph
from vbr_core.train.depth.scenes import Assets
from vbr_core.train.depth.worlds import random_world

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (60, 80)
FRONT_OF_A_BOX = """
mtllib box.mtl
v 0 0 0
v 4 0 0
v 4 2 0
v 0 2 0
v 0 0 -1
v 4 0 -1
v 4 2 -1
v 0 2 -1
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl front
f 1/1 2/2 3/3 4/4
usemtl back
f -4 -3 -2 -1
usemtl glass
f 1 2 6
"""
MATERIALS = """
newmtl front
Kd 0.9 0.9 0.9
map_Kd picture.png
newmtl back
Kd 0.1 0.2 0.3
d 1.0
newmtl glass
Kd 1 1 1
d 0.2
"""
PROPERTIES = """
id=test
model#1=/things/box.obj
name#1=Box
category#1=Living room
width#1=200
depth#1=50
height#1=100
dropOnTopElevation#1=100
model#2=/things/box.obj
name#2=Door
doorOrWindow#2=true
width#2=200
depth#2=50
height#2=100
"""


@pytest.fixture
def box(tmp_path: Path) -> Mesh:
    """A box of 2 x 1 x 0.5 m, of which only front and back are there: the front red above, green below."""
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:4], picture[4:] = (0, 0, 255), (0, 255, 0)
    with zipfile.ZipFile(tmp_path / "test.sh3f", "w") as archive:
        archive.writestr(CATALOGUE, PROPERTIES)
        archive.writestr("things/box.obj", FRONT_OF_A_BOX)
        archive.writestr("things/box.mtl", MATERIALS)
        archive.writestr("things/picture.png", cv2.imencode(".png", picture)[1].tobytes())
    assert convert(tmp_path, tmp_path / "out") == 1  # no doors
    return load_mesh(tmp_path / "out" / "test-box.npz")


def at(mesh: Mesh, distance: float, yaw: float = 0.0) -> PlacedMesh:
    light = np.array([0.0, 0.0, -1.0])
    return PlacedMesh(mesh, np.array([0.0, 0.0, distance]), yaw, 1.0, mesh.colors, light, 0.5)


def camera() -> View:
    return View(np.array([0.0, -0.5, 0.0]), np.eye(3), 60.0, SIZE)


def test_a_model_has_the_catalogue_s_size_and_stands_on_the_floor(box: Mesh) -> None:
    np.testing.assert_allclose(box.size, (2.0, 1.0, 0.5), atol=1e-6)
    assert box.vertices[:, 1].max() == pytest.approx(0.0)
    assert box.top == pytest.approx(1.0)
    assert box.category == "Living room"
    assert len(box.faces) == 4  # two squares; the glass is left out
    assert len(box.textures) == 1


def test_disparity_is_that_of_the_front_and_the_texture_is_upright(box: Mesh) -> None:
    layer = draw_mesh(at(box, 3.0), camera())
    assert layer is not None
    whole = layer.alpha > 0.999
    np.testing.assert_allclose(layer.inverse[whole], 1 / 2.75, rtol=1e-5)
    # 2 m wide and 1 m high at 2.75 m, with 60 px of focal length
    assert layer.alpha.sum() == pytest.approx((2 / 2.75 * 60) * (1 / 2.75 * 60), rel=0.05)
    upper, lower = layer.color[2, layer.color.shape[1] // 2], layer.color[-3, layer.color.shape[1] // 2]
    assert upper[0] > 0.3
    assert upper[1] == pytest.approx(0.0)
    assert lower[1] > 0.3
    assert lower[0] == pytest.approx(0.0)


def test_from_behind_the_other_side_is_seen(box: Mesh) -> None:
    layer = draw_mesh(at(box, 3.0, np.pi), camera())
    assert layer is not None
    middle = layer.color[layer.color.shape[0] // 2, layer.color.shape[1] // 2]
    assert middle[2] > middle[0] > 0


def test_a_slanted_face_s_disparity_is_linear_across_the_picture(box: Mesh) -> None:
    layer = draw_mesh(at(box, 4.0, 0.6), camera())
    assert layer is not None
    rows = layer.alpha.shape[0] // 2
    whole = np.flatnonzero(layer.alpha[rows] > 0.999)
    front = layer.inverse[rows, whole[len(whole) // 4 : -len(whole) // 4]]
    assert np.ptp(front) > 0.01
    np.testing.assert_allclose(np.diff(front, 2), 0.0, atol=1e-5)


def test_a_mesh_behind_the_camera_or_aside_is_not_there(box: Mesh) -> None:
    assert draw_mesh(at(box, -3.0), camera()) is None
    aside = PlacedMesh(box, np.array([50.0, 0.0, 3.0]), 0.0, 1.0, box.colors, np.array([0.0, -1.0, 0.0]), 0.5)
    assert draw_mesh(aside, camera()) is None


def test_rectangles_and_meshes_hide_each_other(box: Mesh) -> None:
    white = np.ones((4, 4, 4), np.float32)
    haze = (np.ones(3, np.float32), 1e9)

    def wall(distance: float) -> Rectangle:
        return Rectangle(np.array([-9.0, -9.0, distance]), X, Y, (18.0, 18.0), white)

    backdrop = np.zeros((8, 8, 3), np.float32)
    for distance, nearest in ((2.0, 1 / 2.0), (5.0, 1 / 2.75)):
        world = World([wall(distance)], backdrop, haze, [at(box, 3.0)])
        picture, inverse = photograph(world, camera())
        assert inverse[30, 40] == pytest.approx(nearest, rel=1e-4)
        assert (picture[30, 40].min() > 0.9) == (distance < 3)
    _, empty = photograph(World([], backdrop, haze, [at(box, -3.0)]), camera())
    assert empty.max() == pytest.approx(1 / FAR)


def test_worlds_have_meshes_if_there_are_any(box: Mesh) -> None:
    rng = np.random.default_rng(0)
    photographs = [rng.integers(0, 255, (80, 100, 3), dtype=np.uint8)]
    cutouts = [np.full((60, 40, 4), 255, np.uint8)]
    with_meshes = Assets([], photographs, cutouts, meshes=[box])
    worlds = [random_world(np.random.default_rng(seed), with_meshes, SIZE) for seed in range(12)]
    assert sum(bool(world.meshes) for world, _ in worlds) >= 2
    for world, view in worlds:
        picture, inverse = photograph(world, view)
        assert np.isfinite(picture).all()
        assert inverse.min() >= 1 / FAR - 1e-9
    without = Assets([], photographs, cutouts)
    assert not any(random_world(np.random.default_rng(seed), without, SIZE)[0].meshes for seed in range(12))


def test_a_folder_without_archives_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.sh3f"):
        convert(tmp_path, tmp_path / "out")
