// Loads /file.glb with three.js, measures joints and skinned bounds, draws frames, and posts all of it.
import * as THREE from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';

const query = new URLSearchParams(location.search);
const [frames, width, height] = ['frames', 'width', 'height'].map((name) => Number(query.get(name)));
const closeTo = query.get('close');  // name of a joint, or null: the whole character
const kCloseRadius = 0.25;  // metres

function round(vector) {
  return vector.toArray().map((value) => Number(value.toFixed(6)));
}

/// Nodes that are joints: those of the first skin, else all that are animated.
function findJoints(gltf) {
  const json = gltf.parser.json;
  const animated = (json.animations ?? []).flatMap((a) => a.channels.map((c) => c.target.node));
  const wanted = json.skins?.[0]?.joints ?? [...new Set(animated)].sort((a, b) => a - b);
  const byNode = new Map();
  for (const [object, where] of gltf.parser.associations)
    if (where.nodes !== undefined && object.isObject3D) byNode.set(where.nodes, object);
  return wanted.map((node) => ({ name: json.nodes[node].name, object: byNode.get(node) }));
}

/// The keys of the longest track, in seconds.
function keyTimes(animation) {
  if (!animation) return [0];
  const longest = animation.tracks.reduce((a, b) => (b.times.length > a.times.length ? b : a));
  return [...longest.times];
}

function makeStage(gltf) {
  const scene = new THREE.Scene();
  scene.background = new THREE.Color(0xdfe6ec);
  scene.add(gltf.scene);
  scene.add(new THREE.HemisphereLight(0xffffff, 0x8d8478, 2.2));
  const sun = new THREE.DirectionalLight(0xffffff, 2.2);
  sun.position.set(2, 4, 3);
  scene.add(sun);
  scene.add(new THREE.GridHelper(16, 32, 0x8894a0, 0xb4bec8));
  return scene;
}

/// From the front (+Z), a little to the left and above, with a ball of `radius` in view.
function aimCamera(camera, centre, radius) {
  const half = THREE.MathUtils.degToRad(camera.fov / 2);
  const distance = radius / Math.sin(Math.min(half, Math.atan(Math.tan(half) * camera.aspect)));
  camera.position.copy(centre).addScaledVector(new THREE.Vector3(0.45, 0.25, 1).normalize(), distance);
  camera.lookAt(centre);
}

/// Bones as lines, for files without a mesh.
function boneLines(joints) {
  const points = [];
  for (const { object } of joints) {
    if (!joints.some((other) => other.object === object.parent)) continue;
    points.push(object.parent.getWorldPosition(new THREE.Vector3()), object.getWorldPosition(new THREE.Vector3()));
  }
  const material = new THREE.LineBasicMaterial({ color: 0x20303c });
  return new THREE.LineSegments(new THREE.BufferGeometry().setFromPoints(points), material);
}

const gltf = await new GLTFLoader().loadAsync('/file.glb');
const animation = gltf.animations[0];
const mixer = new THREE.AnimationMixer(gltf.scene);
if (animation) mixer.clipAction(animation).setLoop(THREE.LoopOnce).play();
const times = keyTimes(animation);
const joints = findJoints(gltf);
const meshes = [];
gltf.scene.traverse((object) => {
  if (!object.isMesh) return;
  meshes.push(object);
  object.frustumCulled = false;  // three.js culls by the bounds of the first pose it saw
});
const closeJoint = joints.find(({ name }) => name === closeTo);
if (closeTo && !closeJoint) throw new Error(`no joint called ${closeTo}`);

function poseAt(time) {
  // An action that reached its end stays there; started anew it takes any time.
  mixer.stopAllAction();
  if (animation) {
    const action = mixer.clipAction(animation).reset();
    action.clampWhenFinished = true;
    action.play();
  }
  mixer.setTime(time);
  gltf.scene.updateMatrixWorld(true);
}

function posedBounds(mesh) {
  if (mesh.isSkinnedMesh) {
    mesh.skeleton.update();
    mesh.computeBoundingBox();
    return mesh.boundingBox.clone().applyMatrix4(mesh.matrixWorld);
  }
  return new THREE.Box3().setFromObject(mesh, true);
}

const positions = times.map((time) => {
  poseAt(time);
  return joints.map(({ object }) => round(object.getWorldPosition(new THREE.Vector3())));
});

const shown = [...Array(frames).keys()].map(
  (i) => (frames === 1 ? 0 : Math.round((i * (times.length - 1)) / (frames - 1))));
const boxes = [];
const bounds = shown.map((key) => {
  poseAt(times[key]);
  const box = new THREE.Box3().setFromPoints(positions[key].map((p) => new THREE.Vector3(...p)));
  const ofMeshes = meshes.map(posedBounds);
  ofMeshes.forEach((other) => box.union(other));
  boxes.push(box);
  return { key, meshes: ofMeshes.map(({ min, max }) => ({ min: round(min), max: round(max) })) };
});

const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.setSize(width, height, false);
document.body.append(renderer.domElement);
const scene = makeStage(gltf);
const camera = new THREE.PerspectiveCamera(35, width / height, 0.05, 100);
const radius = Math.max(...boxes.map((box) => box.getSize(new THREE.Vector3()).length() / 2), 0.1);
for (let i = 0; i < shown.length; ++i) {
  poseAt(times[shown[i]]);
  if (closeJoint) {
    aimCamera(camera, closeJoint.object.getWorldPosition(new THREE.Vector3()), kCloseRadius);
  } else {
    aimCamera(camera, boxes[i].getCenter(new THREE.Vector3()), radius);
  }
  const lines = meshes.length === 0 ? boneLines(joints) : null;
  if (lines) scene.add(lines);
  renderer.render(scene, camera);
  if (lines) scene.remove(lines);
  const png = await new Promise((resolve) => renderer.domElement.toBlob(resolve, 'image/png'));
  await fetch(`/frame/${i}`, { method: 'POST', body: png });
}

const json = gltf.parser.json;
await fetch('/result', {
  method: 'POST',
  body: JSON.stringify({
    asset: json.asset,
    three: THREE.REVISION,
    seconds: animation?.duration ?? 0,
    times,
    joints: joints.map(({ name }) => name),
    positions,
    meshes: meshes.map((mesh) => ({
      name: mesh.name,
      vertices: mesh.geometry.attributes.position.count,
      skinned: mesh.isSkinnedMesh === true,
      textured: mesh.material.map?.image != null,
      material: mesh.material.name,
    })),
    triangles: meshes.reduce((sum, mesh) => sum + mesh.geometry.index.count / 3, 0),
    bounds,
  }),
});
