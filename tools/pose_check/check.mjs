// Serves frames and detector on this machine's loopback, starts a browser on them, compares. See ./run.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { browse } from '../browser.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const kTimeLimitSeconds = 1800;
// COCO's 17 keypoints among MediaPipe's 33 landmarks.
const kLandmarks = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28];

function fail(message) {
  console.error(`pose_check: ${message}`);
  process.exit(1);
}

const [detector, folder, out, ...rest] = process.argv.slice(2);
const wanted = rest[0] === '--frames' ? Number(rest[1]) : 300;
if (!Number.isInteger(wanted) || wanted < 1) fail('--frames: expected a number from 1');
const manifest = path.join(folder, 'manifest.jsonl');
if (!fs.existsSync(manifest)) fail(`${manifest}: is missing`);
const clips = fs.readFileSync(manifest, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const coco = JSON.parse(fs.readFileSync(path.join(folder, 'coco/annotations.json'), 'utf8'));
const people = new Map();  // of the acting person: the first of each picture
for (const a of coco.annotations) if (!people.has(a.image_id)) people.set(a.image_id, a);

/// `count` frames spread evenly over the clips that `choose` takes.
function pick(count, choose) {
  const keys = new Set(clips.filter(choose).map((clip) => clip.key));
  const images = coco.images.filter((image) => keys.has(image.clip) && people.has(image.id));
  const step = Math.max(1, images.length / count);
  const picked = [];
  for (let i = 0; i < images.length && picked.length < count; i += step) picked.push(images[Math.floor(i)]);
  return picked;
}
const open = pick(wanted, (clip) =>
  clip.people.length === 1 && clip.visible.requested === undefined && clip.visible.measured >= 0.95);
const hidden = pick(Math.ceil(wanted / 3), (clip) =>
  clip.people.length === 1 && clip.visible.requested !== undefined);
const frames = [...open, ...hidden];
if (open.length === 0) fail(`${folder}: no clips with one person whom nothing hides`);

function fileOf(url) {
  if (url === '/') return path.join(here, 'page.html');
  if (url === '/page.js') return path.join(here, 'page.js');
  if (url === '/frames') return Buffer.from(JSON.stringify(frames.map((image) => image.file_name)));
  for (const [prefix, place] of [['/pose/', detector], ['/images/', path.join(folder, 'images')]]) {
    const root = path.resolve(place);
    const name = path.join(root, url.slice(prefix.length));
    if (url.startsWith(prefix) && name.startsWith(root + path.sep)) return name;
  }
  return null;
}

/// What the detector finds in each frame: 33 landmarks, or null.
async function detect() {
  const landmarks = await browse({
    seconds: kTimeLimitSeconds,
    switches: ['--ignore-gpu-blocklist'],
    file: fileOf,
    post: (url, body) => process.stderr.write(`\r${body}/${frames.length} `),
  }).catch((error) => fail(error.message));
  process.stderr.write('\n');
  return landmarks;
}

/// Counts over some frames: found or not, joints near or not by what our truth says of them.
function score(images, landmarks) {
  const sum = { frames: images.length, found: 0, visible: [0, 0], hidden: [0, 0] };
  const byJoint = kLandmarks.map(() => [0, 0]);
  images.forEach((image, i) => {
    if (!landmarks[i]) return;
    ++sum.found;
    const person = people.get(image.id);
    const reach = 0.1 * Math.max(person.amodal_bbox[2], person.amodal_bbox[3]);
    kLandmarks.forEach((l, j) => {
      const [x, y, v] = person.keypoints.slice(3 * j, 3 * j + 3);
      if (v === 0) return;
      const [u, w] = landmarks[i][l];
      const near = Math.hypot(u * image.width - 0.5 - x, w * image.height - 0.5 - y) < reach ? 1 : 0;
      const counts = v === 2 ? sum.visible : sum.hidden;
      counts[0] += near;
      ++counts[1];
      if (v === 2) {
        byJoint[j][0] += near;
        ++byJoint[j][1];
      }
    });
  });
  const share = ([near, all]) => (all === 0 ? null : Math.round((1000 * near) / all) / 1000);
  return { frames: sum.frames, detection_rate: share([sum.found, sum.frames]), pck_visible: share(sum.visible),
    pck_hidden: share(sum.hidden), joints_visible: sum.visible[1], joints_hidden: sum.hidden[1],
    pck_by_joint: Object.fromEntries(coco.categories[0].keypoints.map((name, j) => [name, share(byJoint[j])])) };
}

const landmarks = await detect();
const report = { data: path.basename(path.resolve(folder)), unoccluded: score(open, landmarks), occluded: {} };
const rest_of = landmarks.slice(open.length);
for (const [low, high] of [[0, 0.4], [0.4, 0.6], [0.6, 0.8], [0.8, 1.01]]) {
  const some = hidden.map((image, i) => [image, rest_of[i]]).filter(([image]) => {
    const visible = people.get(image.id).visible_fraction;
    return visible >= low && visible < high;
  });
  report.occluded[`${low} to ${Math.min(high, 1)}`] = score(some.map(([image]) => image), some.map(([, l]) => l));
}
const byAction = {};
for (const action of new Set(clips.map((clip) => clip.action))) {
  const keys = new Set(clips.filter((clip) => clip.action === action).map((clip) => clip.key));
  const some = open.map((image, i) => [image, landmarks[i]]).filter(([image]) => keys.has(image.clip));
  if (some.length === 0) continue;
  const { frames: count, detection_rate, pck_visible } = score(some.map(([image]) => image), some.map(([, l]) => l));
  byAction[action] = { frames: count, detection_rate, pck_visible };
}
report.unoccluded_by_action = byAction;
report.unoccluded_missed = open.filter((image, i) => !landmarks[i]).map((image) => image.file_name);
fs.writeFileSync(out, JSON.stringify(report, null, 1) + '\n');
const { frames: count, detection_rate, pck_visible, pck_hidden } = report.unoccluded;
console.log(`${count} frames of people whom nothing hides: found in ${(100 * detection_rate).toFixed(1)} %, ` +
  `PCK@0.1 of visible joints ${pck_visible}, of hidden ones ${pck_hidden}`);
for (const [range, s] of Object.entries(report.occluded))
  if (s.frames > 0)
    console.log(`visible ${range}: ${s.frames} frames, found in ${(100 * s.detection_rate).toFixed(1)} %, ` +
      `PCK@0.1 of visible joints ${s.pck_visible}, of hidden ones ${s.pck_hidden}`);
