"""Furniture, people, plants and vehicles as triangle meshes, from Sweet Home 3D's archives of models.

An archive (``.sh3f``) is a zip file with a catalogue (``PluginFurnitureCatalog.properties``) that names each model's
file and its true size in centimetres, and the models as Wavefront OBJ with materials and textures. Reading all 820
takes two minutes; they are kept as one ``.npz`` each:

    python -m vbr_core.train.depth.meshes FOLDER_WITH_SH3F -o MESHES
"""

from __future__ import annotations

import argparse
import posixpath
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATALOGUE = "PluginFurnitureCatalog.properties"
MOST_FACES = 40_000
TEXTURE_PX = 128
LEAST_OPACITY = 0.5
"""Glass and veils below this are left out: what is behind them is what is seen."""

CREASE = np.cos(np.radians(40.0))
"""Faces that meet at a larger angle keep their edge; others are shaded round."""


@dataclass(frozen=True)
class Mesh:
    """A model that stands on the floor.

    Attributes:
        name: As in the catalogue.
        category: The catalogue's, such as ``Living room`` or ``Characters``.
        vertices: (V, 3) float32 metres: x to the right, y down, z ahead; the floor is y = 0, its front looks at -z.
        faces: (F, 3) int32.
        shade: (F, 3, 3) int8: unit normals of the corners, times 127.
        place: (F, 3, 2) float16: u, v of the corners; v runs up.
        material: (F,) int16.
        colors: (M, 3) float32: colour of the materials, sRGB 0..1.
        texture: (M,) int16: number of their texture, or -1.
        textures: RGBA uint8.
        elevation: Metres above the floor where it hangs.
        top: Metres above its own foot where things can be put on it; 0 if nowhere.
    """

    name: str
    category: str
    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    shade: NDArray[np.int8]
    place: NDArray[np.float16]
    material: NDArray[np.int16]
    colors: NDArray[np.float32]
    texture: NDArray[np.int16]
    textures: list[NDArray[np.uint8]]
    elevation: float = 0.0
    top: float = 0.0

    @property
    def size(self) -> NDArray[np.float32]:
        """Width, height and depth in metres."""
        return np.asarray(np.ptp(self.vertices, axis=0), np.float32)


def read_catalogue(text: str) -> list[dict[str, str]]:
    """The models of a catalogue: their properties without the number at the end of each key."""
    models: dict[int, dict[str, str]] = {}
    for key, number, value in re.findall(r"(?m)^(\w+)#(\d+)=(.*?)\s*$", text):
        models.setdefault(int(number), {})[key] = value
    return [models[number] for number in sorted(models) if "model" in models[number]]


def _read_obj(text: str) -> tuple[NDArray[np.float32], NDArray[np.float32], list[list[str]], list[str], list[str]]:
    """Vertices, texture places, corners of each face, the material of each face, and names of material files."""
    vertices: list[list[float]] = []
    places: list[list[float]] = []
    faces: list[list[str]] = []
    materials: list[str] = []
    libraries: list[str] = []
    current = ""
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(part) for part in rest.split()[:3]])
        elif kind == "f":
            corners = rest.split()
            for last in range(2, len(corners)):
                faces.append([corners[0], corners[last - 1], corners[last]])
                materials.append(current)
        elif kind == "vt":
            places.append([float(part) for part in rest.split()[:2]])
        elif kind == "usemtl":
            current = rest.strip()
        elif kind == "mtllib":
            libraries.append(rest.strip())
    return (
        np.array(vertices, np.float32).reshape(-1, 3),
        np.array(places, np.float32).reshape(-1, 2),
        faces,
        materials,
        libraries,
    )


def _read_materials(text: str) -> dict[str, dict[str, str]]:
    materials: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        kind, _, rest = line.strip().partition(" ")
        if kind == "newmtl":
            current = materials.setdefault(rest.strip(), {})
        elif rest:
            current[kind] = rest.strip()
    return materials


def _index(corner: str, part: int, count: int) -> int:
    """Number from 0 of a corner's vertex (``part`` 0) or texture place (1); -1 without one."""
    parts = corner.split("/")
    if part >= len(parts) or not parts[part]:
        return -1
    number = int(parts[part])
    return number - 1 if number > 0 else count + number


def _texture(archive: zipfile.ZipFile, path: str) -> NDArray[np.uint8] | None:
    try:
        data = archive.read(path)
    except KeyError:
        return None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.dtype != np.uint8:
        return None
    if picture.ndim == 2:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    if picture.shape[2] == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)
    scale = min(1.0, TEXTURE_PX / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[..., [2, 1, 0, 3]], np.uint8)


def corner_normals(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.int8]:
    """(F, 3, 3) int8 unit normals times 127: smooth over a vertex, but for creases."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    flat = np.cross(b - a, c - a)
    smooth = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(smooth, faces[:, corner], flat)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-20)
    smooth = smooth / np.maximum(np.linalg.norm(smooth, axis=-1, keepdims=True), 1e-20)
    corners = smooth[faces]
    creased = (corners * flat[:, None]).sum(-1, keepdims=True) < CREASE
    return np.round(np.where(creased, flat[:, None], corners) * 127.0).astype(np.int8)


def read_mesh(archive: zipfile.ZipFile, entry: dict[str, str]) -> Mesh | None:
    """One model of an archive; None if it has no or too many faces, or is a door, a window or a staircase.

    Args:
        archive: The ``.sh3f`` file.
        entry: Its properties.
    """
    if entry.get("doorOrWindow") == "true" or entry.get("staircaseCutOutShape"):
        return None
    path = entry["model"].lstrip("/")
    if not path.lower().endswith(".obj"):
        return None
    vertices, places, corners, names, libraries = _read_obj(archive.read(path).decode("latin-1"))
    if not 1 <= len(corners) <= MOST_FACES:
        return None
    materials: dict[str, dict[str, str]] = {}
    for library in libraries:
        try:
            text = archive.read(posixpath.join(posixpath.dirname(path), library)).decode("latin-1")
        except KeyError:
            continue
        materials |= _read_materials(text)
    kept = [
        number
        for number, name in enumerate(names)
        if float(materials.get(name, {}).get("d", "1").split()[-1]) >= LEAST_OPACITY
    ]
    if not kept:
        return None
    faces = np.array([[_index(corner, 0, len(vertices)) for corner in corners[n]] for n in kept], np.int32)
    at = np.array([[_index(corner, 1, len(places)) for corner in corners[n]] for n in kept], np.int32)
    place = np.zeros((len(kept), 3, 2), np.float32)
    if len(places):
        place = np.where(at[..., None] >= 0, places[np.maximum(at, 0)], 0.0).astype(np.float32)
    order = sorted({names[n] for n in kept})
    colors, numbers = [], []
    textures: list[NDArray[np.uint8]] = []
    for name in order:
        entry_ = materials.get(name, {})
        colors.append([float(value) for value in entry_.get("Kd", "0.7 0.7 0.7").split()[:3]])
        file = entry_.get("map_Kd", "").split()
        texture = _texture(archive, posixpath.join(posixpath.dirname(path), file[-1])) if file else None
        numbers.append(-1 if texture is None else len(textures))
        if texture is not None:
            textures.append(texture)
            colors[-1] = [1.0, 1.0, 1.0]
    material = np.array([order.index(names[n]) for n in kept], np.int16)
    vertices = _standing(vertices, faces, entry)
    return Mesh(
        entry.get("name", path),
        entry.get("category", ""),
        vertices,
        faces,
        corner_normals(vertices, faces),
        np.clip(place, -60000, 60000).astype(np.float16),
        material,
        np.array(colors, np.float32),
        np.array(numbers, np.int16),
        textures,
        float(entry.get("elevation", "0")) / 100.0,
        float(entry.get("dropOnTopElevation", "0")) / 100.0,
    )


def _standing(vertices: NDArray[np.float32], faces: NDArray[np.int32], entry: dict[str, str]) -> NDArray[np.float32]:
    """Turned and scaled as the catalogue has it, from its x, y up, z towards the viewer to ours."""
    if "modelRotation" in entry:
        turn = np.array([float(value) for value in entry["modelRotation"].split()], np.float32).reshape(3, 3)
        vertices = vertices @ turn.T
    used = vertices[np.unique(faces)]
    low, high = used.min(0), used.max(0)
    size = np.array([float(entry[key]) for key in ("width", "height", "depth")], np.float32) / 100.0
    middle = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2], np.float32)
    scaled = (vertices - middle) * (size / np.maximum(high - low, 1e-6))
    return np.ascontiguousarray(scaled * np.array([1, -1, -1], np.float32), np.float32)


def save_mesh(mesh: Mesh, path: Path) -> None:
    """Write a mesh as ``.npz``."""
    parts: dict[str, Any] = {f"texture_{number}": texture for number, texture in enumerate(mesh.textures)}
    np.savez_compressed(
        path,
        about=np.array([mesh.name, mesh.category]),
        heights=np.array([mesh.elevation, mesh.top]),
        vertices=mesh.vertices,
        faces=mesh.faces,
        shade=mesh.shade,
        place=mesh.place,
        material=mesh.material,
        colors=mesh.colors,
        texture=mesh.texture,
        **parts,
    )


def load_mesh(path: Path) -> Mesh:
    """Read a mesh of :func:`save_mesh`."""
    with np.load(path, allow_pickle=False) as file:
        count = sum(name.startswith("texture_") for name in file.files)
        return Mesh(
            str(file["about"][0]),
            str(file["about"][1]),
            file["vertices"],
            file["faces"],
            file["shade"],
            file["place"],
            file["material"],
            file["colors"],
            file["texture"],
            [file[f"texture_{number}"] for number in range(count)],
            float(file["heights"][0]),
            float(file["heights"][1]),
        )


def convert(furniture: Path, target: Path) -> int:
    """Read all archives of a folder and keep their models; returns how many there are.

    Raises:
        InputError: There is no archive.
    """
    archives = sorted(furniture.glob("*.sh3f"))
    if not archives:
        raise InputError(f"There is no .sh3f file in '{furniture}'.", "Give the folder of Sweet Home 3D's models.")
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            for entry in read_catalogue(archive.read(CATALOGUE).decode("latin-1")):
                mesh = read_mesh(archive, entry)
                if mesh is not None:
                    save_mesh(mesh, target / f"{path.stem}-{Path(entry['model']).stem}.npz")
                    count += 1
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m vbr_core.train.depth.meshes", description=__doc__)
    parser.add_argument("furniture", type=Path, help="folder with .sh3f files")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the meshes")
    arguments = parser.parse_args()
    sys.stdout.write(f"{convert(arguments.furniture, arguments.output)} models\n")
