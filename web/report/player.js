// Plays motions in an evaluation report: a stick figure in three dimensions on a canvas, turned by
// dragging. No libraries, so that a report is one small file.
//
// <canvas class="motion" data-clip="…" data-fps="30" data-parents="-1 0 0 …">
// data-clip: base64 of little-endian 16-bit millimetres, [F][J][x, y, z], y up.
'use strict';

(() => {
  const LEFT = '#d1495b', RIGHT = '#2e6fba', MIDDLE = '#22262b';
  const LEFT_JOINTS = new Set([1, 4, 7, 10, 13, 16, 18, 20]);
  const RIGHT_JOINTS = new Set([2, 5, 8, 11, 14, 17, 19, 21]);

  function decode(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const out = new Float32Array(bytes.length / 2);
    for (let i = 0; i < out.length; ++i) out[i] = view.getInt16(2 * i, true) / 1000;
    return out;
  }

  class Player {
    constructor(canvas) {
      this.canvas = canvas;
      this.parents = canvas.dataset.parents.split(' ').map(Number);
      this.joints = this.parents.length;
      this.values = decode(canvas.dataset.clip);
      this.frames = this.values.length / (3 * this.joints);
      this.fps = Number(canvas.dataset.fps);
      this.yaw = 0.6;
      this.pitch = 0.25;
      this.playing = true;
      this.time = 0;
      // The whole path stays in the picture.
      const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
      this.top = 1.7;
      for (let f = 0; f < this.frames; ++f) {
        const root = 3 * this.joints * f;
        for (const [i, axis] of [[0, 0], [1, 2]]) {
          low[i] = Math.min(low[i], this.values[root + axis]);
          high[i] = Math.max(high[i], this.values[root + axis]);
        }
        for (let j = 0; j < this.joints; ++j) this.top = Math.max(this.top, this.values[root + 3 * j + 1]);
      }
      this.centre = [(low[0] + high[0]) / 2, this.top / 2, (low[1] + high[1]) / 2];
      this.radius = Math.max(1.15 * this.top / 2, Math.hypot(high[0] - low[0], high[1] - low[1]) / 2 + 0.7);
      canvas.addEventListener('pointerdown', (e) => {
        canvas.setPointerCapture(e.pointerId);
        this.drag = [e.clientX, e.clientY];
        this.moved = false;
      });
      canvas.addEventListener('pointermove', (e) => {
        if (!this.drag) return;
        this.yaw -= (e.clientX - this.drag[0]) * 0.01;
        this.pitch = Math.min(1.5, Math.max(-0.2, this.pitch + (e.clientY - this.drag[1]) * 0.01));
        this.drag = [e.clientX, e.clientY];
        this.moved = true;
        this.draw();
      });
      canvas.addEventListener('pointerup', () => {
        if (!this.moved) this.playing = !this.playing;
        this.drag = null;
      });
    }

    project(x, y, z) {
      const dx = x - this.centre[0], dy = y - this.centre[1], dz = z - this.centre[2];
      const cy = Math.cos(this.yaw), sy = Math.sin(this.yaw);
      const cp = Math.cos(this.pitch), sp = Math.sin(this.pitch);
      const rx = cy * dx - sy * dz, rz = sy * dx + cy * dz;
      const ry = cp * dy - sp * rz, depth = sp * dy + cp * rz;
      const scale = Math.min(this.canvas.width, this.canvas.height) / (2.1 * this.radius);
      const near = 1 / (1 - depth / (6 * this.radius));
      return [this.canvas.width / 2 + rx * scale * near, this.canvas.height / 2 - ry * scale * near, near];
    }

    draw() {
      const g = this.canvas.getContext('2d');
      g.clearRect(0, 0, this.canvas.width, this.canvas.height);
      const line = (a, b, colour, width) => {
        g.strokeStyle = colour;
        g.lineWidth = width;
        g.beginPath();
        g.moveTo(a[0], a[1]);
        g.lineTo(b[0], b[1]);
        g.stroke();
      };
      g.lineCap = 'round';
      // The floor: squares of half a metre under the path.
      const reach = Math.ceil(this.radius * 2) / 2;
      const x0 = Math.round(this.centre[0] * 2) / 2, z0 = Math.round(this.centre[2] * 2) / 2;
      for (let s = -reach; s <= reach + 1e-6; s += 0.5) {
        line(this.project(x0 + s, 0, z0 - reach), this.project(x0 + s, 0, z0 + reach), '#dfe3e8', 1);
        line(this.project(x0 - reach, 0, z0 + s), this.project(x0 + reach, 0, z0 + s), '#dfe3e8', 1);
      }
      const frame = Math.min(this.frames - 1, Math.floor(this.time * this.fps));
      const at = (f, j) => {
        const i = 3 * (this.joints * f + j);
        return [this.values[i], this.values[i + 1], this.values[i + 2]];
      };
      for (let f = 1; f < this.frames; ++f) {  // the way of the pelvis over the floor
        const a = at(f - 1, 0), b = at(f, 0);
        line(this.project(a[0], 0, a[2]), this.project(b[0], 0, b[2]), f <= frame ? '#f0a202' : '#f3dfb2', 2);
      }
      for (let j = 1; j < this.joints; ++j) {  // the shadow
        const a = at(frame, this.parents[j]), b = at(frame, j);
        line(this.project(a[0], 0, a[2]), this.project(b[0], 0, b[2]), '#b9c0c8', 2);
      }
      for (let j = 1; j < this.joints; ++j) {
        const a = this.project(...at(frame, this.parents[j])), b = this.project(...at(frame, j));
        const colour = LEFT_JOINTS.has(j) ? LEFT : RIGHT_JOINTS.has(j) ? RIGHT : MIDDLE;
        line(a, b, colour, 4 * b[2]);
      }
      const head = this.project(...at(frame, 15));
      g.fillStyle = MIDDLE;
      g.beginPath();
      g.arc(head[0], head[1], 7 * head[2], 0, 2 * Math.PI);
      g.fill();
    }
  }

  const players = [];
  const seen = new Set();
  // Only what is on the screen plays.
  const watcher = new IntersectionObserver((entries) => {
    for (const e of entries) e.isIntersecting ? seen.add(e.target) : seen.delete(e.target);
  });
  for (const canvas of document.querySelectorAll('canvas.motion')) {
    const player = new Player(canvas);
    players.push(player);
    watcher.observe(canvas);
    player.draw();
  }
  let last = performance.now();
  function tick(now) {
    for (const player of players) {
      if (!player.playing || !seen.has(player.canvas)) continue;
      player.time += (now - last) / 1000;
      if (player.time * player.fps >= player.frames) player.time = 0;
      player.draw();
    }
    last = now;
    requestAnimationFrame(tick);
  }
  requestAnimationFrame(tick);
  document.documentElement.dataset.players = String(players.length);
})();
