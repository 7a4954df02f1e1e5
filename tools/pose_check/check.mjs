// Serves frames and detector on this machine's loopback, starts a browser on them, compares. See ./run.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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

function findBrowser() {
  for (const name of [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean)) {
    if (name.includes('/')) return name;
    for (const place of process.env.PATH.split(':'))
      if (fs.existsSync(path.join(place, name))) return path.join(place, name);
  }
  fail('no Chromium; install the package "chromium" or set CHROMIUM');
}

const kTypes = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.jpg': 'image/jpeg' };
function fileOf(url) {
  if (url === '/') return path.join(here, 'page.html');
  if (url === '/page.js') return path.join(here, 'page.js');
  for (const [prefix, root] of [['/pose/', detector], ['/images/', path.join(folder, 'images')]]) {
    const name = path.join(root, url.slice(prefix.length));
    if (url.startsWith(prefix) && name.startsWith(path.resolve(root) + path.sep)) return name;
    if (url.startsWith(prefix) && name.startsWith(root + path.sep)) return name;
  }
  return null;
}

async function detect() {
  let done;
  const finished = new Promise((resolve) => { done = resolve; });
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost').pathname;
    if (request.method === 'POST') {
      const parts = [];
      for await (const part of request) parts.push(part);
      const body = Buffer.concat(parts).toString();
      response.end();
      if (url === '/progress') process.stderr.write(`\r${body}/${frames.length} `);
      if (url === '/result') done({ result: JSON.parse(body) });
      if (url === '/error') done({ error: body });
      return;
    }
    if (url === '/frames') {
      response.end(JSON.stringify(frames.map((image) => image.file_name)));
      return;
    }
    const name = fileOf(url);
    if (!name || !fs.existsSync(name)) {
      response.writeHead(404);
      response.end();
      return;
    }
    response.setHeader('Content-Type', kTypes[path.extname(name)] ?? 'application/octet-stream');
    fs.createReadStream(name).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'pose_check-'));
  const browser = spawn(findBrowser(), [
    '--headless', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--disable-extensions',
    '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist',
    `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/`,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  browser.stderr.on('data', (part) => { words = (words + part).slice(-4000); });
  const ended = new Promise((resolve) => browser.on('close', resolve));
  browser.on('exit', (code) => done({ error: `the browser ended with ${code}: ${words}` }));
  const timer = setTimeout(() => done({ error: `no answer in ${kTimeLimitSeconds} s: ${words}` }),
    kTimeLimitSeconds * 1000);
  const answer = await finished;
  clearTimeout(timer);
  browser.kill('SIGKILL');
  await ended;
  server.close();
  server.closeAllConnections?.();
  fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  process.stderr.write('\n');
  if (answer.error) fail(answer.error);
  return answer.result;
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
