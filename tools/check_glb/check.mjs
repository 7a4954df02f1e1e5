// Serves the page and the file on this machine's loopback, starts a browser on it, and collects what
// the page sends back. See ./run for the command line.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import validator from 'gltf-validator';

import { browse } from '../browser.mjs';

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

/// What the page may ask for: itself, three.js, and the one file.
function resolveRequest(url, file) {
  if (url === '/') return path.join(here, 'page.html');
  if (url === '/page.js') return path.join(here, 'page.js');
  if (url === '/file.glb') return file;
  const root = path.join(here, 'node_modules/three');
  const wanted = path.join(root, url.replace(/^\/three\//, ''));
  return url.startsWith('/three/') && wanted.startsWith(root + path.sep) ? wanted : null;
}

function measure(options) {
  const query = new URLSearchParams({ frames: options.frames, width: options.width, height: options.height });
  if (options.close) query.set('close', options.close);
  return browse({
    query: `?${query}`,
    seconds: kTimeLimitSeconds,
    switches: ['--disable-gpu'],
    file: (url) => resolveRequest(url, options.file),
    post: (url, body) => {
      const frame = /^\/frame\/(\d+)$/.exec(url);
      if (frame) fs.writeFileSync(path.join(options.out, `frame_${frame[1]}.png`), body);
    },
  }).catch((error) => fail(`${options.file}: ${error.message}`));
}

const options = parseArguments(process.argv.slice(2));
if (!fs.existsSync(options.file)) fail(`${options.file}: no such file`);
fs.mkdirSync(options.out, { recursive: true });

const validated = await validator.validateBytes(new Uint8Array(fs.readFileSync(options.file)))
  .catch((error) => fail(`${options.file}: ${error.message ?? error}`));
const { numErrors, numWarnings, numInfos, messages } = validated.issues;
const report = await measure(options);
report.validator = { errors: numErrors, warnings: numWarnings, infos: numInfos, messages };
fs.writeFileSync(path.join(options.out, 'report.json'), JSON.stringify(report, null, 1) + '\n');

console.log(`${path.basename(options.file)}: ${report.meshes.length} meshes, ${report.triangles} triangles, ` +
  `${report.joints.length} joints, ${report.times.length} keys, ${report.seconds.toFixed(3)} s; ` +
  `validator: ${numErrors} errors, ${numWarnings} warnings; pictures in ${options.out}`);
for (const message of messages)
  if (message.severity < 2) console.log(`  ${message.code} ${message.pointer ?? ''}: ${message.message}`);
if (numErrors > 0) fail(`${options.file}: ${numErrors} errors`);
