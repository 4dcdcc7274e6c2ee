"""Make the sample clip: render the layers of a small room with Blender, move a camera past them, encode with sound.

    python make_sample_clip.py render MODELS WORLDS PHOTOS LAYERS [--percent 100]   needs bpy 4.2
    python make_sample_clip.py encode LAYERS OUTPUT_FOLDER                          needs av, numpy, cv2

MODELS is the unpacked furniture library of Sweet Home 3D, WORLDS Blender's folder of studio lights, PHOTOS a folder of
CC0 photographs for the pictures on the wall. LAYERS gets RGBA pictures and depth maps (metres) of four layers: the
room, the furniture at its back, the woman, the dog. Each is rendered as if nothing stood before it, but with the
shadows of everything; the near ones from several places on the camera's way, because there one sees around them. A
moving pinhole camera sees each pixel of a layer where its depth puts it, so a few minutes of rendering give a clip with
true parallax, true disparity, and all in focus. Credits: resources/CREDITS.md.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

FRAME_COUNT, RATE = 108, 24
WIDTH, HEIGHT = 960, 540
LAYER_WIDTH, LAYER_HEIGHT = 1280, 640
WINDOW_LEFT, WINDOW_TOP = 135, 50  # where the picture begins in a layer
LENS_MM = 40.0
FOCAL_PX = WIDTH * LENS_MM / 36.0
LAYERS = ("room", "furniture", "woman", "dog")
SAMPLES = 24
NEAR, FAR = "dog", "woman"
RACK = (36, 66)
SUGGESTED_K = 70.0
SUGGESTED_SHARP_ZONE = 0.08
VIEW_FRAMES = {"woman": (0, 54, 107), "dog": (0, 30, 54, 77, 107)}
BOX_FRAMES = (0, 36, 66, 107)
BACKGROUND_BOX = (140, 60, 324, 190)


def camera_at(number: int) -> tuple[float, float, float]:
    """Place of the camera at a frame, in metres right, down and forward of where the room is rendered from."""
    part = number / (FRAME_COUNT - 1)
    ease = part * part * (3 - 2 * part)
    return -0.14 + 0.21 * ease, 0.008 * math.sin(5 * part), 0.08 * ease


def views_of(layer: str) -> list[tuple[float, float, float]]:
    """The places that a layer is rendered from."""
    return [camera_at(number) for number in VIEW_FRAMES[layer]] if layer in VIEW_FRAMES else [(0.0, 0.0, 0.0)]


# --- scene (runs inside Blender's Python) ----------------------------------------------------------------------------


def build_scene(models: Path, worlds: Path, photos: Path, percent: int):
    """The room, its lights and the camera. Returns the scene, the objects of each layer, and the subjects' anchors."""
    import bpy
    import mathutils

    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene

    def nodes_of(name):
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        return material, material.node_tree.nodes, material.node_tree.links

    def planks(name, dark, light, scale):
        """Boards with grain: bricks for the boards, stretched noise for the grain."""
        material, nodes, links = nodes_of(name)
        place = nodes.new("ShaderNodeTexCoord")
        brick = nodes.new("ShaderNodeTexBrick")
        brick.inputs["Color1"].default_value, brick.inputs["Color2"].default_value = (*dark, 1), (*light, 1)
        brick.inputs["Mortar"].default_value = (0.03, 0.02, 0.015, 1)
        brick.inputs["Scale"].default_value = scale
        brick.inputs["Mortar Size"].default_value = 0.008
        brick.inputs["Brick Width"].default_value, brick.inputs["Row Height"].default_value = 1.6, 0.22
        stretch = nodes.new("ShaderNodeMapping")
        stretch.inputs["Scale"].default_value = (2.5, 28, 2.5)
        grain = nodes.new("ShaderNodeTexNoise")
        grain.inputs["Scale"].default_value, grain.inputs["Detail"].default_value = 5, 9
        mix = nodes.new("ShaderNodeMixRGB")
        mix.blend_type, mix.inputs["Fac"].default_value = "OVERLAY", 0.75
        links.new(place.outputs["Object"], brick.inputs["Vector"])
        links.new(place.outputs["Object"], stretch.inputs["Vector"])
        links.new(stretch.outputs["Vector"], grain.inputs["Vector"])
        links.new(brick.outputs["Color"], mix.inputs["Color1"])
        links.new(grain.outputs["Fac"], mix.inputs["Color2"])
        links.new(mix.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
        nodes["Principled BSDF"].inputs["Roughness"].default_value = 0.5
        return material

    def bricks(name):
        material, nodes, links = nodes_of(name)
        place = nodes.new("ShaderNodeTexCoord")
        brick = nodes.new("ShaderNodeTexBrick")
        brick.inputs["Color1"].default_value = (0.30, 0.10, 0.06, 1)
        brick.inputs["Color2"].default_value = (0.44, 0.20, 0.12, 1)
        brick.inputs["Mortar"].default_value = (0.34, 0.29, 0.25, 1)
        brick.inputs["Scale"].default_value = 5.0
        noise = nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 26, 8
        mix = nodes.new("ShaderNodeMixRGB")
        mix.blend_type, mix.inputs["Fac"].default_value = "OVERLAY", 0.8
        links.new(place.outputs["Object"], brick.inputs["Vector"])
        links.new(place.outputs["Object"], noise.inputs["Vector"])
        links.new(brick.outputs["Color"], mix.inputs["Color1"])
        links.new(noise.outputs["Fac"], mix.inputs["Color2"])
        links.new(mix.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
        nodes["Principled BSDF"].inputs["Roughness"].default_value = 0.9
        return material

    def picture(path):
        material, nodes, links = nodes_of(path.stem)
        texture = nodes.new("ShaderNodeTexImage")
        texture.image = bpy.data.images.load(str(path))
        links.new(texture.outputs[0], nodes["Principled BSDF"].inputs["Base Color"])
        return material

    def glow(name, color, seen, given):
        """A lamp that looks as bright as ``seen`` (so that it keeps its colour) and lights the room by ``given``."""
        material, nodes, links = nodes_of(name)
        ray = nodes.new("ShaderNodeLightPath")
        strength = nodes.new("ShaderNodeMapRange")
        strength.inputs["To Min"].default_value, strength.inputs["To Max"].default_value = given, seen
        links.new(ray.outputs["Is Camera Ray"], strength.inputs["Value"])
        links.new(strength.outputs["Result"], nodes["Principled BSDF"].inputs["Emission Strength"])
        nodes["Principled BSDF"].inputs["Emission Color"].default_value = (*color, 1)
        nodes["Principled BSDF"].inputs["Base Color"].default_value = (0, 0, 0, 1)
        return material

    def ball(location, radius, material):
        bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, location=location, segments=16, ring_count=8)
        bpy.context.object.data.materials.append(material)
        return bpy.context.object

    def plane(location, rotation, size, material):
        bpy.ops.mesh.primitive_plane_add(size=1, location=location, rotation=rotation)
        item = bpy.context.object
        item.scale = (*size, 1)
        bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
        item.data.materials.append(material)
        return item

    layers = {name: [] for name in LAYERS}

    def model(path, height, location, turn, layer="furniture"):
        """Import a model, scale it to a height in metres, stand it at a place. Returns its anchor."""
        before = set(bpy.data.objects)
        bpy.ops.wm.obj_import(filepath=str(next(models.rglob(path))))
        new = [item for item in bpy.data.objects if item not in before]
        corners = [item.matrix_world @ mathutils.Vector(corner) for item in new for corner in item.bound_box]
        low = [min(corner[axis] for corner in corners) for axis in range(3)]
        high = [max(corner[axis] for corner in corners) for axis in range(3)]
        anchor = bpy.data.objects.new(path, None)
        scene.collection.objects.link(anchor)
        shift = mathutils.Vector((-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]))
        for item in new:
            if item.parent is None:
                item.location += shift
                item.parent = anchor
        scale = height / (high[2] - low[2])
        anchor.scale = (scale,) * 3
        anchor.rotation_euler = (0, 0, math.radians(turn))
        anchor.location = location
        layers[layer].extend(new)
        return anchor

    floor = planks("floor", (0.20, 0.10, 0.05), (0.36, 0.20, 0.10), 1.3)
    plane((0, 4, 0), (0, 0, math.pi / 2), (16, 14), floor)
    plane((0, 8.4, 2.5), (math.pi / 2, 0, 0), (16, 5), bricks("wall"))
    plane((-4.6, 4, 2.5), (math.pi / 2, 0, math.pi / 2), (16, 5), bricks("left wall"))
    wood = planks("frame", (0.05, 0.03, 0.02), (0.08, 0.05, 0.03), 4)
    chosen = sorted(photos.glob("budgie-*"))
    for number, (x, z, w, h) in enumerate(((-2.1, 2.0, 1.3, 0.9), (0.30, 2.15, 1.0, 0.7), (3.62, 2.2, 1.2, 0.85))):
        plane((x, 8.36, z), (math.pi / 2, 0, 0), (w + 0.12, h + 0.12), wood)
        plane((x, 8.34, z), (math.pi / 2, 0, 0), (w, h), picture(chosen[(number * 3 + 2) % len(chosen)]))

    near = model("dog.obj", 0.80, (-0.40, 0.95, 0), 24, "dog")
    far = model("holdingFemale01.obj", 1.66, (0.62, 3.1, 0), -14, "woman")
    model("round-carpet.obj", 0.012, (0.60, 3.15, 0.002), 0, "room")
    model("ficus.obj", 1.6, (3.35, 7.0, 0), 20)
    model("full-bookcase.obj", 2.05, (2.35, 8.18, 0), 0)
    model("living_lamp.obj", 1.45, (-0.75, 7.4, 0), 0)
    model("ficusTree.obj", 2.1, (-3.1, 6.6, 0), 70)
    model("winchesterArmchair.obj", 0.85, (-1.65, 6.2, 0), 35)
    model("piano.obj", 1.2, (0.6, 7.9, 0), 0)
    model("vase3.obj", 0.42, (0.15, 7.85, 1.2), 0)

    bulb = glow("bulb", (1.0, 0.50, 0.16), 7, 55)
    cable = bpy.data.curves.new("cable", "CURVE")
    cable.dimensions, cable.bevel_depth = "3D", 0.006
    cable.materials.append(planks("rubber", (0.01, 0.01, 0.01), (0.01, 0.01, 0.01), 1))
    steps = [number * 0.07 for number in range(-4, 136)]
    line = cable.splines.new("POLY")
    line.points.add(len(steps) - 1)
    for spot, along in zip(line.points, steps, strict=True):
        spot.co = (-4.5 + along, 8.12, 3.0 - 0.35 * abs(math.sin(math.pi * along / 2.8)), 1)
    scene.collection.objects.link(bpy.data.objects.new("cable", cable))
    for number in range(14):
        along = 0.14 + number * 0.66
        ball((-4.5 + along, 8.1, 2.96 - 0.35 * abs(math.sin(math.pi * along / 2.8))), 0.03, bulb)
    colors = ((1.0, 0.12, 0.08), (0.12, 0.45, 1.0), (0.2, 1.0, 0.25), (1.0, 0.55, 0.10))
    for number in range(34):
        angle = number * 2.4
        height = 0.90 + 1.12 * number / 34
        reach = 0.50 * (1 - 0.62 * number / 34)
        place = (-3.1 + reach * math.cos(angle), 6.6 - abs(reach * math.sin(angle)), height)
        layers["furniture"].append(ball(place, 0.018, glow(f"spark {number}", colors[number % 4], 6, 12)))

    world = bpy.data.worlds.new("world")
    scene.world = world
    world.use_nodes = True
    sky = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
    sky.image = bpy.data.images.load(str(worlds / "interior.exr"))
    world.node_tree.links.new(sky.outputs[0], world.node_tree.nodes["Background"].inputs[0])
    world.node_tree.nodes["Background"].inputs[1].default_value = 0.32
    for place, turn, size, power, color in (
        ((-2.6, 0.2, 3.0), (48, 0, -42), 1.6, 110, (1.0, 0.92, 0.82)),
        ((2.6, 3.2, 3.2), (40, 0, 60), 1.4, 90, (1.0, 0.85, 0.70)),
        ((0.0, 6.9, 3.7), (0, 0, 0), 2.4, 70, (1.0, 0.78, 0.56)),
    ):
        light = bpy.data.lights.new("area", "AREA")
        light.size, light.energy, light.color = size, power, color
        item = bpy.data.objects.new("area", light)
        item.location, item.rotation_euler = place, [math.radians(angle) for angle in turn]
        scene.collection.objects.link(item)
    for place, power, size, color in (
        ((-0.65, 7.4, 1.33), 28, 0.06, (1.0, 0.62, 0.30)),  # in the shade of the lamp
        ((1.5, -1.0, 1.5), 14, 0.35, (1.0, 0.93, 0.85)),  # fills the dark side of the dog
    ):
        light = bpy.data.lights.new("point", "POINT")
        light.energy, light.shadow_soft_size, light.color = power, size, color
        item = bpy.data.objects.new("point", light)
        item.location = place
        scene.collection.objects.link(item)

    camera = bpy.data.cameras.new("camera")
    camera.lens, camera.sensor_width = LENS_MM, 36.0 * LAYER_WIDTH / WIDTH
    eye = bpy.data.objects.new("camera", camera)
    eye.location, eye.rotation_euler = (0.0, -0.85, 0.92), (math.radians(89.0), 0, math.radians(-1.5))
    scene.collection.objects.link(eye)
    scene.camera = eye

    render = scene.render
    render.engine, render.film_transparent = "CYCLES", True
    render.resolution_x, render.resolution_y, render.resolution_percentage = LAYER_WIDTH, LAYER_HEIGHT, percent
    render.use_persistent_data = True
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.max_bounces = SAMPLES, True, 3
    scene.cycles.use_adaptive_sampling, scene.cycles.adaptive_threshold = True, 0.03
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = 0.1
    scene.view_layers[0].use_pass_z = True
    named = {item for name in ("furniture", "woman", "dog") for item in layers[name]}
    layers["room"] = [item for item in bpy.data.objects if item.type in ("MESH", "CURVE") and item not in named]
    return scene, layers, near, far


def render_layers(models: Path, worlds: Path, photos: Path, folder: Path, percent: int) -> None:
    """Render the layers that are not there yet; also write where the subjects are."""
    import bpy
    import numpy as np
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    folder.mkdir(parents=True, exist_ok=True)
    scene, layers, near, far = build_scene(models, worlds, photos, percent)
    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    source = tree.nodes.new("CompositorNodeRLayers")
    depths = tree.nodes.new("CompositorNodeOutputFile")
    depths.base_path = str(folder)
    depths.format.file_format, depths.format.color_depth = "OPEN_EXR", "32"
    depths.file_slots[0].path = "depth_"
    tree.links.new(source.outputs["Depth"], depths.inputs[0])
    output = tree.nodes.new("CompositorNodeComposite")
    tree.links.new(source.outputs["Image"], output.inputs[0])
    scene.render.image_settings.color_mode = "RGBA"
    bpy.context.view_layer.update()
    middle = scene.camera.matrix_world.copy()
    points = {}
    for name in LAYERS:
        for other, items in layers.items():
            for item in items:
                item.visible_camera = other == name
        for view, (right, down, forward) in enumerate(views_of(name)):
            scene.camera.location = middle @ Vector((right, -down, -forward))
            bpy.context.view_layer.update()
            if name in (NEAR, FAR):
                # what to focus on: the cheek of the dog, the buttons of the dress
                anchor, offset = (near, (0.065, -0.1, 0.66)) if name == NEAR else (far, (0, 0, 1.22))
                seen = world_to_camera_view(scene, scene.camera, anchor.matrix_world.translation + Vector(offset))
                points.setdefault(name, []).append([seen.x * LAYER_WIDTH, (1 - seen.y) * LAYER_HEIGHT])
            picture = folder / f"{name}_{view}.png"
            if picture.exists():
                continue
            scene.render.filepath = str(folder / "now.png")
            bpy.ops.render.render(write_still=True)
            exr = folder / "depth_0001.exr"
            image = bpy.data.images.load(str(exr))
            depth = np.array(image.pixels[:], np.float32).reshape(image.size[1], image.size[0], 4)[::-1, :, 0]
            bpy.data.images.remove(image)
            exr.unlink()
            np.save(picture.with_suffix(".npy"), depth)
            (folder / "now.png").rename(picture)
            sys.stdout.write(f"layer {name}, view {view}\n")
            sys.stdout.flush()
    (folder / "points.json").write_text(json.dumps(points), "utf-8")


# --- sound and encoding ----------------------------------------------------------------------------------------------


def make_sound(seconds: float, rate: int = 48_000):
    """A quiet chord, a few plucked notes and room tone: (2, n) float32, -1..1. Always the same."""
    import numpy as np

    rng = np.random.default_rng(7)
    time = np.arange(round(seconds * rate)) / rate
    left, right = np.zeros_like(time), np.zeros_like(time)
    for number, pitch in enumerate((110.0, 164.81, 220.0, 277.18, 329.63)):
        swell = 0.5 - 0.5 * np.cos(2 * np.pi * np.clip(time / seconds, 0, 1))
        slow = 1 + 0.15 * np.sin(2 * np.pi * (0.21 + 0.05 * number) * time + number)
        tone = (np.sin(2 * np.pi * pitch * time) + 0.3 * np.sin(2 * np.pi * pitch * 2.003 * time)) * swell * slow
        left += tone * (0.06 - 0.006 * number)
        right += np.roll(tone, 300 + 40 * number) * (0.036 + 0.006 * number)
    for number, (start, pitch) in enumerate(
        ((0.35, 659.26), (0.95, 554.37), (1.55, 493.88), (2.30, 659.26), (2.75, 739.99), (3.35, 554.37))
    ):
        since = np.clip(time - start, 0, None)
        pluck = np.sin(2 * np.pi * pitch * since) * np.exp(-3.2 * since) * (since > 0) * np.minimum(1, since * 400)
        left += pluck * (0.11 if number % 2 else 0.06)
        right += pluck * (0.06 if number % 2 else 0.11)
    room = np.convolve(rng.normal(0, 1, len(time)), np.ones(64) / 64, "same") * 0.01
    fade = np.minimum(1, np.minimum(time, seconds - time) / 0.25)
    return (np.stack([left + room, right + np.roll(room, 999)]) * fade).astype(np.float32)


class View:
    """A layer seen from one place: premultiplied colour, alpha, and depth that goes on beyond its edges."""

    def __init__(self, picture: Path, place: tuple[float, float, float], sways: bool) -> None:
        import cv2
        import numpy as np

        pixels = cv2.imread(str(picture), cv2.IMREAD_UNCHANGED).astype(np.float32) / 255
        self.place, self.sways = place, sways
        self.alpha = pixels[..., 3]
        self.color = pixels[..., 2::-1] * self.alpha[..., None]
        depth = np.load(picture.with_suffix(".npy"))
        known = (depth < 50) & (self.alpha > 0.5)
        nearest = cv2.distanceTransformWithLabels(
            (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )[1]
        lookup = np.zeros(nearest.max() + 1, np.float32)
        lookup[nearest[known]] = depth[known]
        self.depth = lookup[nearest]
        rows = np.nonzero(known.any(axis=1))[0]
        self.feet, self.head = int(rows[-1]), int(rows[0])

    def seen_in(self, number: int):
        """Colour (premultiplied), alpha and depth in frame ``number``, and where in this view each pixel comes from."""
        import cv2
        import numpy as np

        right, down, forward = (now - then for now, then in zip(camera_at(number), self.place, strict=True))
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        x += np.float32(WINDOW_LEFT)
        y += np.float32(WINDOW_TOP)
        middle_x, middle_y = (LAYER_WIDTH - 1) / 2, (LAYER_HEIGHT - 1) / 2
        from_x, from_y = x.copy(), y.copy()
        for _ in range(12):  # where in the view is what this pixel sees? fixed point of the projection
            depth = cv2.remap(self.depth, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            from_x = ((x - middle_x) * (depth - forward) + right * FOCAL_PX) / depth + middle_x
            from_y = ((y - middle_y) * (depth - forward) + down * FOCAL_PX) / depth + middle_y
            if self.sways:  # the woman shifts her weight: a slow lean that leaves her feet where they are
                lean = np.clip((self.feet - from_y) / (self.feet - self.head), 0, 1.1)
                from_x -= (7.0 * math.sin(2 * math.pi * number / 70) * lean**1.5).astype(np.float32)
            from_x, from_y = from_x.astype(np.float32), from_y.astype(np.float32)
        color = cv2.remap(self.color, from_x, from_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.remap(self.alpha, from_x, from_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
        depth = cv2.remap(self.depth, from_x, from_y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        return color, np.clip(alpha, 0, 1), depth - forward, (from_x, from_y)


def seen_layer(views: list[View], number: int):
    """What :meth:`View.seen_in` gives, blended from the two views beside the camera, and the nearer view's index."""
    import numpy as np

    right = camera_at(number)[0]
    places = [view.place[0] for view in views]
    after = min(max(int(np.searchsorted(places, right)), 1), len(views) - 1) if len(views) > 1 else 0
    before = max(after - 1, 0)
    part = min(max((right - places[before]) / (places[after] - places[before]), 0), 1) if after else 0.0
    nearer = after if part > 0.5 else before
    color, alpha, depth, source = views[nearer].seen_in(number)
    weight = min(part, 1 - part)
    if weight > 0.01:
        other_color, other_alpha = views[before + after - nearer].seen_in(number)[:2]
        color, alpha = color + weight * (other_color - color), alpha + weight * (other_alpha - alpha)
    return color, alpha, depth, source, nearer


def make_frames(folder: Path):
    """Yields RGB (H, W, 3) uint8, depth in metres and index of the layer seen (H, W), and where both subjects are."""
    import numpy as np

    layers = {
        name: [View(folder / f"{name}_{view}.png", place, name == FAR) for view, place in enumerate(views_of(name))]
        for name in LAYERS
    }
    points = json.loads((folder / "points.json").read_text("utf-8"))
    for number in range(FRAME_COUNT):
        out = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        depth = np.full((HEIGHT, WIDTH), 50, np.float32)
        owner = np.zeros((HEIGHT, WIDTH), np.uint8)
        places = {}
        for index, (name, views) in enumerate(layers.items()):
            color, alpha, own, (from_x, from_y), view = seen_layer(views, number)
            out = out * (1 - alpha[..., None]) + color
            depth = np.where(alpha > 0.5, own, depth)
            owner = np.where(alpha > 0.5, np.uint8(index), owner)
            if name in points:
                distance = np.hypot(from_x - points[name][view][0], from_y - points[name][view][1])
                row, column = np.unravel_index(int(distance.argmin()), distance.shape)
                places[name] = (int(column), int(row))
        yield np.clip(out * 255 + 0.5, 0, 255).astype(np.uint8), depth, owner, places


def bounding_box(mask) -> list[int]:
    """Left, top, right, bottom (exclusive) of the set pixels."""
    import numpy as np

    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def inner_box(mask) -> list[int]:
    """The largest rectangle that lies inside the set pixels and keeps away from their edge, on a grid of 4 pixels."""
    import cv2
    import numpy as np

    step = 4
    safe = cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8), borderType=cv2.BORDER_REPLICATE)
    rows, columns = HEIGHT // step, WIDTH // step
    grid = safe.reshape(rows, step, columns, step).min(axis=(1, 3))
    best, box = 0, [0, 0, 0, 0]
    above = np.zeros(columns, int)  # set cells in a column that end at this row
    for row in range(rows):
        above = (above + 1) * grid[row]
        for left in np.nonzero(above)[0]:
            heights = np.minimum.accumulate(above[left:])
            areas = heights * np.arange(1, len(heights) + 1)
            width = int(areas.argmax())
            if areas[width] > best:
                best, height = int(areas[width]), int(heights[width])
                box = [int(left), row + 1 - height, int(left) + width + 1, row + 1]
    return [value * step for value in box]


def encode(layers: Path, folder: Path) -> None:
    """Write sample.mp4, disparity.mp4 (grey, true disparity) and sample.json."""
    import av
    import cv2
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    sound = make_sound(FRAME_COUNT / RATE)
    disparity, places, boxes = [], [], []

    def add_picture(container, stream, rgb, number):
        frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(
            format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
        )
        frame.pts = number
        container.mux(stream.encode(frame))

    def tag(stream):
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1

    with av.open(str(folder / "sample.mp4"), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.options = {"crf": "17", "preset": "slow", "g": str(RATE)}
        tag(video)
        audio = container.add_stream("aac", rate=48_000, layout="stereo")
        audio.bit_rate = 128_000
        for number, (rgb, depth, owner, found) in enumerate(make_frames(layers)):
            add_picture(container, video, rgb, number)
            disparity.append(1 / depth)
            places.append(found)
            if number in BOX_FRAMES:
                near, far = owner == LAYERS.index(NEAR), owner == LAYERS.index(FAR)
                boxes.append(
                    {
                        "frame": number,
                        "near": bounding_box(near),
                        "far": bounding_box(far),
                        "near_inside": inner_box(near),
                        "far_inside": inner_box(far),
                        "background": list(BACKGROUND_BOX),
                    }
                )
        container.mux(video.encode(None))
        for start in range(0, sound.shape[1], 1024):
            block = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, start : start + 1024]), "fltp", "stereo")
            block.sample_rate, block.pts = 48_000, start
            container.mux(audio.encode(block))
        container.mux(audio.encode(None))

    low, high = min(float(d.min()) for d in disparity), max(float(d.max()) for d in disparity)
    disparity = [(d - low) / (high - low) for d in disparity]
    with av.open(str(folder / "disparity.mp4"), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = WIDTH // 2, HEIGHT // 2, "yuv420p"
        video.options = {"crf": "14", "preset": "slow"}
        tag(video)
        for number, exact in enumerate(disparity):
            small = cv2.resize(exact, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_NEAREST)
            grey = np.clip(small * 255 + 0.5, 0, 255).astype(np.uint8)
            add_picture(container, video, np.repeat(grey[..., None], 3, -1), number)
        container.mux(video.encode(None))

    def point(subject: str, number: int) -> dict[str, float]:
        x, y = places[number][subject]
        value = float(np.median(disparity[number][y - 4 : y + 5, x - 4 : x + 5]))
        return {"frame": number, "x": x, "y": y, "disparity": round(value, 4)}

    facts = {
        "frames": FRAME_COUNT,
        "rate": RATE,
        "suggested_k": SUGGESTED_K,
        "suggested_sharp_zone": SUGGESTED_SHARP_ZONE,
        "rack_frames": list(RACK),
        "subjects": {"near": NEAR, "far": FAR},
        "focus_points": {
            "near": {"first": point(NEAR, 0), "last": point(NEAR, FRAME_COUNT - 1)},
            "far": {"first": point(FAR, 0), "last": point(FAR, FRAME_COUNT - 1)},
        },
        "width": WIDTH,
        "height": HEIGHT,
        "boxes": boxes,
        "boxes_are": "left, top, right, bottom (exclusive) in pixels; 'inside' lies wholly on the subject",
        "disparity": "disparity.mp4: true 1/z over the clip, 0 farthest, 1 nearest, half the clip's size",
        "disparity_per_metre": [round(low, 6), round(high, 6)],
    }
    (folder / "sample.json").write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", "utf-8")


def main() -> None:
    """Read the arguments and do one of the two steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    rendering = steps.add_parser("render")
    for name in ("models", "worlds", "photos", "layers"):
        rendering.add_argument(name, type=Path)
    rendering.add_argument("--percent", type=int, default=100)
    encoding = steps.add_parser("encode")
    encoding.add_argument("layers", type=Path)
    encoding.add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.step == "encode":
        encode(given.layers, given.folder)
    else:
        render_layers(given.models, given.worlds, given.photos, given.layers, given.percent)


if __name__ == "__main__":
    main()
