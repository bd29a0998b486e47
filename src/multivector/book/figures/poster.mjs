// Draw Plotly figures as static SVG without a browser.
//
// Reads one JSON object a line from stdin: {id, figure: {data, layout}, width, height, prefix,
// theme}, and writes one a line to stdout: {id, svg, frame} or {id, error}. Runs until stdin ends.
// Its one argument is the folder that holds node_modules.
//
// plotly.js draws as in a page, inside jsdom, which lays nothing out: what it asks a browser for
// (how wide is this text?) is answered here from the widths of DejaVu Sans. That is the widest of
// the faces the house font stack can resolve to, so room is kept for every reader's own, and it
// has every letter of Latin, Cyrillic and Kazakh.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { tidy } from './tidy_svg.mjs';

const root = resolve(process.argv[2] ?? '.');
const require = createRequire(join(root, 'package.json'));
const { JSDOM, VirtualConsole } = require('jsdom');
const opentype = require('opentype.js');

// ----------------------------------------------------------------------------------- measuring text

const face = (file) => {
  const bytes = readFileSync(require.resolve(`dejavu-fonts-ttf/ttf/${file}`));
  return opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const FACES = { 400: face('DejaVuSans.ttf'), 700: face('DejaVuSans-Bold.ttf') };
const widths = new Map();

/** Width of a run of text in em; kerning left out, so never too narrow. */
function ems(text, bold) {
  const key = (bold ? 'b' : 'n') + text;
  if (!widths.has(key)) {
    const font = FACES[bold ? 700 : 400];
    let units = 0;
    for (const letter of text) units += font.charToGlyph(letter).advanceWidth;
    widths.set(key, units / font.unitsPerEm);
  }
  return widths.get(key);
}
const ASCENT = FACES[400].tables.hhea.ascender / FACES[400].unitsPerEm;
const DESCENT = -FACES[400].tables.hhea.descender / FACES[400].unitsPerEm;

const pixels = (value, em) => {
  const number = Number.parseFloat(value);
  if (Number.isNaN(number)) return undefined;
  if (String(value).trim().endsWith('em')) return number * em;
  return String(value).trim().endsWith('%') ? (number / 100) * em : number;
};

function fontOf(element, inherited) {
  const { style } = element;
  const pick = (name) => style.getPropertyValue(name) || element.getAttribute(name);
  const size = pixels(pick('font-size'), inherited.size) ?? inherited.size;
  const weight = pick('font-weight');
  const bold = weight ? weight === 'bold' || Number(weight) >= 600 : inherited.bold;
  return { size, bold, anchor: pick('text-anchor') || inherited.anchor };
}

function inheritedFont(element) {
  const chain = [];
  for (let node = element.parentElement; node?.namespaceURI?.endsWith('svg'); node = node.parentElement) chain.unshift(node);
  return chain.reduce((font, node) => fontOf(node, font), { size: 16, bold: false, anchor: 'start' });
}

/** Box of a <text> as a browser without transforms would give it. */
function textBox(element) {
  const start = fontOf(element, inheritedFont(element));
  const lines = [];
  let line = null;
  let x = pixels(element.getAttribute('x'), start.size) ?? 0;
  let y = pixels(element.getAttribute('y'), start.size) ?? 0;
  const visit = (node, font) => {
    if (node.nodeType === 3) {
      if (!node.data) return;
      if (!line) { line = { x, y, width: 0, size: 0, anchor: font.anchor }; lines.push(line); }
      line.width += ems(node.data.replace(/[\u200b\n]/g, ''), font.bold) * font.size;
      line.size = Math.max(line.size, font.size);
      return;
    }
    if (node.nodeType !== 1) return;
    const own = node === element ? start : fontOf(node, font);
    if (node !== element) {
      const newX = pixels(node.getAttribute('x'), own.size);
      const newY = pixels(node.getAttribute('y'), own.size);
      if (newX !== undefined) x = newX;
      if (newY !== undefined) y = newY;
      if (newX !== undefined || newY !== undefined) {
        y += pixels(node.getAttribute('dy'), own.size) ?? 0;
        line = null;
      }
    }
    node.childNodes.forEach((child) => visit(child, own));
  };
  visit(element, start);
  return union(lines.map(({ x: at, y: base, width, size, anchor }) => {
    const left = at - { start: 0, middle: width / 2, end: width }[anchor];
    const up = Math.round(size * ASCENT);
    return { x: left, y: base - up, width, height: up + Math.round(size * DESCENT) };
  }));
}

function union(boxes) {
  const seen = boxes.filter((box) => box && (box.width || box.height));
  if (!seen.length) return { x: 0, y: 0, width: 0, height: 0 };
  const x = Math.min(...seen.map((b) => b.x));
  const y = Math.min(...seen.map((b) => b.y));
  return {
    x, y,
    width: Math.max(...seen.map((b) => b.x + b.width)) - x,
    height: Math.max(...seen.map((b) => b.y + b.height)) - y,
  };
}

/** Matrix [a, b, c, d, e, f] of a transform made of translate, rotate and scale. */
function matrix(transform) {
  let m = [1, 0, 0, 1, 0, 0];
  const times = ([a, b, c, d, e, f]) => {
    m = [m[0] * a + m[2] * b, m[1] * a + m[3] * b, m[0] * c + m[2] * d, m[1] * c + m[3] * d,
      m[0] * e + m[2] * f + m[4], m[1] * e + m[3] * f + m[5]];
  };
  for (const [, name, args] of (transform ?? '').matchAll(/(\w+)\(([^)]*)\)/g)) {
    const [p, q, r = 0] = args.split(/[\s,]+/).filter(Boolean).map(Number);
    if (name === 'translate') times([1, 0, 0, 1, p, q ?? 0]);
    else if (name === 'scale') times([p, 0, 0, q ?? p, 0, 0]);
    else if (name === 'rotate') {
      const [cos, sin] = [Math.cos((p * Math.PI) / 180), Math.sin((p * Math.PI) / 180)];
      times([1, 0, 0, 1, q ?? 0, r]);
      times([cos, sin, -sin, cos, 0, 0]);
      times([1, 0, 0, 1, -(q ?? 0), -r]);
    }
  }
  return m;
}

/** The upright box around a box that was transformed. */
function moved({ x, y, width, height }, transform) {
  if (!width && !height) return { x, y, width, height };
  const [a, b, c, d, e, f] = matrix(transform);
  const corners = [[x, y], [x + width, y], [x, y + height], [x + width, y + height]]
    .map(([px, py]) => [a * px + c * py + e, b * px + d * py + f]);
  return bounds(corners);
}

function bounds(points) {
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

function box(element) {
  const number = (name) => Number.parseFloat(element.getAttribute(name)) || 0;
  switch (element.localName) {
    case 'text': case 'tspan': return textBox(element);
    case 'rect': case 'image':
      return { x: number('x'), y: number('y'), width: number('width'), height: number('height') };
    case 'circle':
      return { x: number('cx') - number('r'), y: number('cy') - number('r'), width: 2 * number('r'), height: 2 * number('r') };
    case 'path': {
      const points = polyline(element.getAttribute('d') ?? '');
      return points.length ? bounds(points) : { x: 0, y: 0, width: 0, height: 0 };
    }
    default:
      return union([...element.children].filter((c) => c.localName !== 'defs')
        .map((child) => moved(box(child), child.getAttribute('transform'))));
  }
}

/** Corner points of M, L, H, V paths: all that plotly.js measures. */
function polyline(d) {
  const points = [];
  let [x, y] = [0, 0];
  for (const [, command, rest] of d.matchAll(/([a-zA-Z])([^a-zA-Z]*)/g)) {
    const n = (rest.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    if (command === 'H') [x] = n;
    else if (command === 'V') [y] = n;
    else if (command === 'h') x += n[0];
    else if (command === 'v') y += n[0];
    else if ('ML'.includes(command)) {
      for (let i = 0; i + 1 < n.length; i += 2) { [x, y] = [n[i], n[i + 1]]; points.push([x, y]); }
      continue;
    } else continue;
    points.push([x, y]);
  }
  return points;
}

const lengths = (points) => points.slice(1).map(([x, y], i) => Math.hypot(x - points[i][0], y - points[i][1]));

function pointAt(points, distance) {
  let left = distance;
  for (const [i, length] of lengths(points).entries()) {
    if (left <= length && length > 0) {
      const t = Math.max(0, left / length);
      return { x: points[i][0] + t * (points[i + 1][0] - points[i][0]), y: points[i][1] + t * (points[i + 1][1] - points[i][1]) };
    }
    left -= length;
  }
  const [x, y] = points.at(-1) ?? [0, 0];
  return { x, y };
}

// ------------------------------------------------------------------------------------------- a page

function openPage() {
  const virtualConsole = new VirtualConsole();
  // stdout carries the answers, so whatever the page says goes to stderr.
  for (const level of ['error', 'warn', 'jsdomError']) virtualConsole.on(level, (...words) => console.error(...words));
  const { window } = new JSDOM('<!doctype html><body></body>', {
    runScripts: 'outside-only', pretendToBeVisual: true, virtualConsole,
  });
  window.URL.createObjectURL = () => 'blob:none';
  window.URL.revokeObjectURL = () => {};
  window.TextDecoder ??= TextDecoder;
  window.TextEncoder ??= TextEncoder;
  window.matchMedia ??= () => ({ matches: false, addListener() {}, removeListener() {}, addEventListener() {} });
  window.HTMLCanvasElement.prototype.getContext = () => null;
  const proto = window.SVGElement.prototype;
  proto.getBBox = function getBBox() { return box(this); };
  proto.getComputedTextLength = function length() { return textBox(this).width; };
  proto.getTotalLength = function total() {
    return lengths(polyline(this.getAttribute('d') ?? '')).reduce((a, b) => a + b, 0);
  };
  proto.getPointAtLength = function point(distance) {
    return pointAt(polyline(this.getAttribute('d') ?? ''), distance);
  };
  proto.getBoundingClientRect = function rect() {
    const { x, y, width, height } = this.localName === 'svg'
      ? { x: 0, y: 0, width: Number(this.getAttribute('width')) || 0, height: Number(this.getAttribute('height')) || 0 }
      : moved(box(this), this.getAttribute('transform'));
    return { x, y, width, height, left: x, top: y, right: x + width, bottom: y + height };
  };
  window.eval(readFileSync(require.resolve('plotly.js-basic-dist-min/plotly-basic.min.js'), 'utf8'));
  return window;
}

// ------------------------------------------------------------------------------------------ drawing

/**
 * What the live chart must be told so that it keeps the poster's frame: its own font would give it
 * other margins. A patch for `layout`, one level deep.
 */
function frameOf(full) {
  const round = (n) => Math.round(n * 10) / 10;
  const { l, r, t, b } = full._size;
  const patch = { margin: { l: round(l), r: round(r), t: round(t), b: round(b), autoexpand: false } };
  for (const name of Object.keys(full).filter((key) => /^[xy]axis\d*$/.test(key))) {
    const axis = full[name];
    if (axis.visible === false || !axis._name) continue;
    patch[name] = { automargin: false };
    Object.assign(patch[name], { range: [...axis.range], autorange: false });
    // Level labels stay level; turned ones are left to plotly.js, which places a label that it
    // turned itself a few pixels away from one that it was told to turn.
    if (axis.tickangle === 'auto' && !axis._tickAngles?.[`${axis._id}tick`]) patch[name].tickangle = 0;
  }
  return patch;
}

const TRACES = new Set(['scatter', 'bar', 'pie']);

async function draw(window, { figure, width, height, prefix = 'p', theme = {} }) {
  const { document, Plotly } = window;
  for (const { type = 'scatter' } of figure.data ?? []) {
    // plotly.js would draw an unknown type as a scatter, silently.
    if (!TRACES.has(type)) throw new Error(`no poster for a trace of type '${type}': the page's bundle draws ${[...TRACES].join(', ')}`);
  }
  // plotly.js would wait for ever for a picture that jsdom does not load.
  if (figure.layout?.images?.length) throw new Error('no poster for a figure with layout images');
  // plotly.js asks whether an object is plain, which an object of this realm is not.
  const { data = [], layout = {} } = window.JSON.parse(JSON.stringify(figure));
  Object.assign(layout, { width, height, autosize: false });
  const place = document.createElement('div');
  document.body.append(place);
  try {
    await Plotly.newPlot(place, data, layout, { staticPlot: true, displayModeBar: false });
    const layers = [...place.querySelectorAll('svg.main-svg')];
    const svg = tidy(layers, { width, height, prefix, theme });
    return { svg, frame: frameOf(place._fullLayout) };
  } finally {
    Plotly.purge(place);
    place.remove();
  }
}

const window = openPage();
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (!line.trim()) continue;
  let id = null;
  let answer;
  try {
    const request = JSON.parse(line);
    id = request.id ?? null;
    answer = { id, ...(await draw(window, request)) };
  } catch (error) {
    answer = { id, error: error?.message ?? String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
