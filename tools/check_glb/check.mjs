// Serves the page and the file on this machine's loopback, starts a browser on it, and collects what
// the page sends back. See ./run for the command line.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import validator from 'gltf-validator';

const here = path.dirname(fileURLToPath(import.meta.url));
const kTimeLimitSeconds = 180;

function fail(message) {
  console.error(`check_glb: ${message}`);
  process.exit(1);
}

function parseArguments(args) {
  const options = { frames: 4, width: 640, height: 480 };
  const names = [];
  for (let i = 0; i < args.length; ++i) {
    if (args[i] === '--frames') {
      options.frames = Number(args[++i]);
      if (!Number.isInteger(options.frames) || options.frames < 1) fail('--frames: expected a number from 1');
    } else if (args[i] === '--size') {
      const match = /^(\d+)x(\d+)$/.exec(args[++i] ?? '');
      if (!match) fail('--size: expected WIDTHxHEIGHT');
      [options.width, options.height] = [Number(match[1]), Number(match[2])];
    } else if (args[i] === '--close') {
      options.close = args[++i] ?? fail('--close: expected a joint');
    } else if (args[i].startsWith('--')) {
      fail(`unknown option ${args[i]}`);
    } else {
      names.push(args[i]);
    }
  }
  if (names.length !== 2) fail('expected FILE.glb and OUT_DIR');
  [options.file, options.out] = names;
  return options;
}

function findBrowser() {
  const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean);
  for (const name of names) {
    if (name.includes('/')) return name;
    for (const folder of process.env.PATH.split(':')) {
      const candidate = path.join(folder, name);
      if (fs.existsSync(candidate)) return candidate;
    }
  }
  fail('no Chromium; install the package "chromium" or set CHROMIUM');
}

const kTypes = { '.html': 'text/html', '.js': 'text/javascript', '.glb': 'model/gltf-binary' };

/// What the page may ask for: itself, three.js, and the one file.
function resolveRequest(url, file) {
  if (url === '/') return path.join(here, 'page.html');
  if (url === '/page.js') return path.join(here, 'page.js');
  if (url === '/file.glb') return file;
  const root = path.join(here, 'node_modules/three');
  const wanted = path.join(root, url.replace(/^\/three\//, ''));
  return url.startsWith('/three/') && wanted.startsWith(root + path.sep) ? wanted : null;
}

function readBody(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
  });
}

function startServer(options, done) {
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost').pathname;
    if (request.method === 'POST') {
      const body = await readBody(request);
      response.end();
      const frame = /^\/frame\/(\d+)$/.exec(url);
      if (frame) fs.writeFileSync(path.join(options.out, `frame_${frame[1]}.png`), body);
      if (url === '/result') done({ result: JSON.parse(body) });
      if (url === '/error') done({ error: body.toString() });
      return;
    }
    const name = resolveRequest(url, options.file);
    if (!name || !fs.existsSync(name)) {
      response.writeHead(404);
      response.end();
      return;
    }
    response.setHeader('Content-Type', kTypes[path.extname(name)] ?? 'application/octet-stream');
    fs.createReadStream(name).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function browse(options) {
  let done;
  const finished = new Promise((resolve) => { done = resolve; });
  const server = await startServer(options, done);
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'check_glb-'));
  const query = new URLSearchParams({ frames: options.frames, width: options.width, height: options.height });
  if (options.close) query.set('close', options.close);
  const browser = spawn(findBrowser(), [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage', '--disable-extensions', '--mute-audio',
    '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
    `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/?${query}`,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  browser.stderr.on('data', (part) => { words = (words + part).slice(-4000); });
  const ended = new Promise((resolve) => browser.on('close', resolve));
  browser.on('error', (error) => done({ error: `can't start the browser: ${error.message}` }));
  browser.on('exit', (code) => done({ error: `the browser ended with ${code}: ${words}` }));
  const timer = setTimeout(() => done({ error: `no answer in ${kTimeLimitSeconds} s` }), kTimeLimitSeconds * 1000);
  const answer = await finished;
  clearTimeout(timer);
  browser.kill('SIGKILL');
  await ended;
  server.close();
  server.closeAllConnections?.();
  fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  if (answer.error) fail(`${options.file}: ${answer.error}`);
  return answer.result;
}

const options = parseArguments(process.argv.slice(2));
if (!fs.existsSync(options.file)) fail(`${options.file}: no such file`);
fs.mkdirSync(options.out, { recursive: true });

const validated = await validator.validateBytes(new Uint8Array(fs.readFileSync(options.file)))
  .catch((error) => fail(`${options.file}: ${error.message ?? error}`));
const { numErrors, numWarnings, numInfos, messages } = validated.issues;
const report = await browse(options);
report.validator = { errors: numErrors, warnings: numWarnings, infos: numInfos, messages };
fs.writeFileSync(path.join(options.out, 'report.json'), JSON.stringify(report, null, 1) + '\n');

console.log(`${path.basename(options.file)}: ${report.meshes.length} meshes, ${report.triangles} triangles, ` +
  `${report.joints.length} joints, ${report.times.length} keys, ${report.seconds.toFixed(3)} s; ` +
  `validator: ${numErrors} errors, ${numWarnings} warnings; pictures in ${options.out}`);
for (const message of messages)
  if (message.severity < 2) console.log(`  ${message.code} ${message.pointer ?? ''}: ${message.message}`);
if (numErrors > 0) fail(`${options.file}: ${numErrors} errors`);
