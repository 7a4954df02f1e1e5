// Headless Chromium on a page of this machine's loopback: what tools that check pages share.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

const kTypes = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm',
  '.glb': 'model/gltf-binary', '.jpg': 'image/jpeg' };

/// Throws when there is none.
function findBrowser() {
  const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean);
  for (const name of names) {
    if (name.includes('/')) return name;
    for (const folder of process.env.PATH.split(':')) {
      const candidate = path.join(folder, name);
      if (fs.existsSync(candidate)) return candidate;
    }
  }
  throw new Error('no Chromium; install the package "chromium" or set CHROMIUM');
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

/// Opens `/` + query and waits until the page posts to /result, whose JSON is returned, or to /error.
/// `file(url)`: the file that answers a request, its bytes as a Buffer, or null. `post(url, body)`: takes everything else
/// that is posted. Throws an Error that says what went wrong, after `seconds` at the latest.
export async function browse({ query = '', seconds, file, post = () => {}, switches = [] }) {
  const program = findBrowser();
  let done;
  const finished = new Promise((resolve) => { done = resolve; });
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost').pathname;
    if (request.method === 'POST') {
      const body = await readBody(request);
      response.end();
      if (url === '/result') done({ result: JSON.parse(body) });
      else if (url === '/error') done({ error: body.toString() });
      else post(url, body);
      return;
    }
    const name = file(url);
    if (Buffer.isBuffer(name)) {
      response.end(name);
      return;
    }
    if (!name || !fs.existsSync(name)) {
      response.writeHead(404);
      response.end();
      return;
    }
    response.setHeader('Content-Type', kTypes[path.extname(name)] ?? 'application/octet-stream');
    fs.createReadStream(name).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'page-check-'));
  const browser = spawn(program, [
    '--headless', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--disable-extensions',
    '--mute-audio', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', ...switches,
    `--user-data-dir=${profile}`, `http://127.0.0.1:${server.address().port}/${query}`,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  browser.stderr.on('data', (part) => { words = (words + part).slice(-4000); });
  const ended = new Promise((resolve) => browser.on('close', resolve));
  browser.on('error', (error) => done({ error: `can't start the browser: ${error.message}` }));
  browser.on('exit', (code) => done({ error: `the browser ended with ${code}: ${words}` }));
  const timer = setTimeout(() => done({ error: `no answer in ${seconds} s` }), seconds * 1000);
  const answer = await finished;
  clearTimeout(timer);
  browser.kill('SIGKILL');
  await ended;
  server.close();
  server.closeAllConnections?.();
  fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  if (answer.error) throw new Error(answer.error);
  return answer.result;
}
