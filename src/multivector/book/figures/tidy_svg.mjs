// Turn the SVG that plotly.js leaves in the page into a small static picture.
//
// The plan: read the DOM into a light tree, push every inherited property down to the shapes,
// drop what cannot be seen, move translations into the coordinates, then group neighbours that look
// alike so that each property is written once. Nothing here knows about any particular chart.

const INHERITED = [
  'fill', 'fill-opacity', 'fill-rule', 'stroke', 'stroke-opacity', 'stroke-width',
  'stroke-dasharray', 'stroke-linejoin', 'stroke-linecap', 'stroke-miterlimit', 'shape-rendering',
  'paint-order', 'font-family', 'font-size', 'font-weight', 'font-style', 'font-variant',
  'text-anchor', 'letter-spacing', 'text-decoration', 'text-decoration-line',
];
const INITIAL = {
  fill: '#000', 'fill-opacity': '1', 'fill-rule': 'nonzero', stroke: 'none', 'stroke-opacity': '1',
  'stroke-width': '1', 'stroke-dasharray': 'none', 'stroke-linejoin': 'miter',
  'stroke-linecap': 'butt', 'stroke-miterlimit': '4', 'shape-rendering': 'auto',
  'paint-order': 'normal', 'font-weight': '400', 'font-style': 'normal', 'font-variant': 'normal',
  'text-anchor': 'start', 'letter-spacing': 'normal', 'text-decoration': 'none',
  'text-decoration-line': 'none',
};
const TEXT_ONLY = new Set(INHERITED.filter((name) => /^(font|text|letter)/.test(name)));
const OWN = new Set([ // not inherited: stays on the element that carries it
  'opacity', 'clip-path', 'mask', 'transform', 'd', 'x', 'y', 'dx', 'dy', 'x1', 'y1', 'x2', 'y2',
  'cx', 'cy', 'r', 'rx', 'ry', 'width', 'height', 'points', 'id', 'offset', 'stop-color',
  'stop-opacity', 'patternUnits', 'patternTransform', 'patternContentUnits', 'gradientUnits',
  'gradientTransform', 'viewBox', 'href', 'preserveAspectRatio', 'baseline-shift',
]);
const SKIP = new Set(['style', 'script', 'image', 'desc', 'metadata', 'title', 'foreignObject', 'animate']);
const CRUFT = /(^|\s)(modebar|drag|nsewdrag|hoverlayer|zoomlayer|selectionlayer|toolbar|legendtoggle|scrollbar|menulayer|notifier)/;
const DEFS = new Set(['clipPath', 'linearGradient', 'radialGradient', 'pattern', 'mask']);
const SHAPES = new Set(['path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon']);

/** A number rounded to 0.1 in as few characters as possible. */
export function short(value) {
  const rounded = Math.round(Number(value) * 10) / 10;
  if (!Number.isFinite(rounded)) throw new Error(`not a coordinate: ${value}`);
  return String(rounded === 0 ? 0 : rounded).replace(/^(-?)0\./, '$1.');
}

// ---------------------------------------------------------------------------------------- colours

const hex2 = (n) => Number(n).toString(16).padStart(2, '0');

/** [colour, opacity or null]; colour is lower-case hex where it can be. */
export function colour(value) {
  const text = value.trim().toLowerCase();
  const rgb = text.match(/^rgba?\(\s*([\d.]+)[,\s]+([\d.]+)[,\s]+([\d.]+)(?:[,\s/]+([\d.]+))?\s*\)$/);
  if (text === 'transparent') return ['none', null];
  let hex = text;
  if (rgb) hex = `#${[1, 2, 3].map((i) => hex2(Math.round(rgb[i]))).join('')}`;
  const alpha = rgb && rgb[4] !== undefined && Number(rgb[4]) < 1 ? rgb[4] : null;
  if (/^#[0-9a-f]{3}$/.test(hex)) hex = `#${[...hex.slice(1)].map((c) => c + c).join('')}`;
  return [hex, alpha];
}

const shortHex = (hex) => hex.replace(/^#(.)\1(.)\2(.)\3$/, '#$1$2$3');

// ------------------------------------------------------------------------------------------ paths

const ARITY = { M: 2, L: 2, H: 1, V: 1, C: 6, S: 4, Q: 4, T: 2, A: 7, Z: 0 };

/** Path data as a list of [absolute command, ...numbers]. */
export function parsePath(data) {
  const tokens = data.match(/[a-zA-Z]|[-+]?(?:\d*\.\d+|\d+\.?)(?:[eE][-+]?\d+)?/g) ?? [];
  const out = [];
  let command = ''; let x = 0; let y = 0; let startX = 0; let startY = 0;
  for (let i = 0; i < tokens.length;) {
    if (/[a-zA-Z]/.test(tokens[i])) command = tokens[i++];
    const upper = command.toUpperCase();
    if (!(upper in ARITY)) throw new Error(`not a path command: ${command}`);
    if (upper === 'Z') { out.push(['Z']); [x, y] = [startX, startY]; continue; }
    let args;
    if (upper === 'A') {
      // Flags may touch the next number ("0 01 5"), so they are read one character at a time.
      args = [];
      for (let k = 0; k < 7; k++) {
        const token = tokens[i++];
        if ((k === 3 || k === 4) && token.length > 1) {
          args.push(Number(token[0]));
          tokens[--i] = token.slice(1);
        } else args.push(Number(token));
      }
    } else { args = tokens.slice(i, i + ARITY[upper]).map(Number); i += ARITY[upper]; }
    if (args.length !== ARITY[upper] || args.some((n) => Number.isNaN(n))) {
      throw new Error(`path data cannot be read: ${data.slice(0, 80)}`);
    }
    if (command !== upper) {
      if (upper === 'H') args[0] += x;
      else if (upper === 'V') args[0] += y;
      else if (upper === 'A') { args[5] += x; args[6] += y; }
      else args = args.map((n, k) => n + (k % 2 ? y : x));
    }
    if (upper === 'H') [x] = args;
    else if (upper === 'V') [y] = args;
    else { x = args.at(-2); y = args.at(-1); }
    if (upper === 'M') { [startX, startY] = [x, y]; command = command === 'm' ? 'l' : 'L'; }
    out.push([upper, ...args]);
  }
  return out;
}

function shiftPath(path, dx, dy) {
  return path.map(([c, ...n]) => {
    if (c === 'H') return [c, n[0] + dx];
    if (c === 'V') return [c, n[0] + dy];
    if (c === 'A') return [c, ...n.slice(0, 5), n[5] + dx, n[6] + dy];
    return [c, ...n.map((v, i) => v + (i % 2 ? dy : dx))];
  });
}

export function writePath(path) {
  let out = ''; let previous = ''; let x; let y; let start = [];
  for (const [command, ...args] of path) {
    let [c, n] = [command, args.map(short)];
    if (c === 'L' && n[1] === y) { c = 'H'; n = [n[0]]; } else if (c === 'L' && n[0] === x) { c = 'V'; n = [n[1]]; }
    if (c === 'M') start = n;
    // After Z the pen stands where its part of the path began.
    if (c === 'H') [x] = n; else if (c === 'V') [y] = n; else [x, y] = c === 'Z' ? start : n.slice(-2);
    const joined = n.reduce((s, v, i) => s + (i && !v.startsWith('-') ? ' ' : '') + v, '');
    const implicit = (c === previous && c !== 'M' && c !== 'Z') || (c === 'L' && previous === 'M');
    out += implicit ? (joined.startsWith('-') ? '' : ' ') + joined : c + joined;
    previous = c;
  }
  return out;
}

/** Points that bound a path: ends and control points; an arc is bounded by its radii. */
function pathPoints(path) {
  const points = []; let x = 0; let y = 0;
  for (const [c, ...n] of path) {
    if (c === 'Z') continue;
    if (c === 'H') [x] = n; else if (c === 'V') [y] = n;
    else if (c === 'A') {
      for (const [px, py] of [[x, y], n.slice(5)]) {
        points.push([px - 2 * n[0], py - 2 * n[1]], [px + 2 * n[0], py + 2 * n[1]]);
      }
      [x, y] = n.slice(5);
    } else {
      for (let i = 0; i < n.length; i += 2) points.push([n[i], n[i + 1]]);
      [x, y] = n.slice(-2);
    }
    points.push([x, y]);
  }
  return points;
}

/** plotly.js draws its round marker as two arcs: the radius, or null when it is another path. */
function circleRadius(path) {
  if (path.length !== 4 || path.map(([c]) => c).join('') !== 'MAAZ') return null;
  const [[, r, y0], [, a, b, , , , x1, y1], [, , , , , , x2, y2]] = path;
  const near = (p, q) => Math.abs(p - q) < 1e-6;
  const round = near(y0, 0) && near(a, r) && near(b, r) && near(x1, 0) && near(y1, -r);
  return round && near(x2, r) && near(y2, 0) ? r : null;
}

// ------------------------------------------------------------------------------------- read a DOM

function readStyle(element) {
  const style = {};
  for (const part of (element.getAttribute('style') ?? '').split(';')) {
    const colon = part.indexOf(':');
    if (colon > 0) style[part.slice(0, colon).trim()] = part.slice(colon + 1).trim();
  }
  return style;
}

function readProperty(name, value, props) {
  const text = value.replace(/\s*!important$/, '').trim();
  if (name === 'fill' || name === 'stroke') {
    if (text.startsWith('url(')) { props[name] = text.replace(/["']/g, ''); return; }
    const [hex, alpha] = colour(text);
    props[name] = hex;
    if (alpha !== null) props[`${name}-opacity`] = alpha;
  } else if (name === 'font-weight') {
    props[name] = { normal: '400', bold: '700' }[text] ?? text;
  } else if (name === 'font-family') {
    props[name] = text.replace(/"/g, "'");
  } else if (name === 'stroke-dasharray') {
    props[name] = text.replace(/px/g, '').replace(/\s*,\s*/g, ' ');
  } else props[name] = text.replace(/^(-?[\d.]+)px$/, '$1');
}

/** DOM element -> {tag, props (inherited), own, kids}; null for what is never seen. */
function read(element) {
  const tag = element.localName;
  if (SKIP.has(tag) || CRUFT.test(element.getAttribute('class') ?? '')) return null;
  const style = readStyle(element);
  // plotly.js says this through a style sheet that it adds to the page.
  if (/(^|\s)crisp(\s|$)/.test(element.getAttribute('class') ?? '')) style['shape-rendering'] ??= 'crispEdges';
  if (style.display === 'none' || element.getAttribute('display') === 'none') return null;
  if (style.visibility === 'hidden' || style.opacity === '0') return null;
  const node = { tag, props: {}, own: {}, kids: [] };
  const attributes = [...element.attributes].map((a) => [a.localName, a.value]);
  for (const [name, value] of [...attributes, ...Object.entries(style)]) {
    if (INHERITED.includes(name)) readProperty(name, value, node.props);
    else if (name === 'id' && !DEFS.has(tag)) continue;
    else if (OWN.has(name)) node.own[name] = value.replace(/url\(["']?([^"')]*)["']?\)/, 'url($1)');
  }
  if (node.own.opacity === '1') delete node.own.opacity;
  if (node.own.opacity === '0') return null;
  if (node.own.transform?.trim() === '') delete node.own.transform;
  for (const child of element.childNodes) {
    if (child.nodeType === 3 && isText(tag)) {
      if (child.data !== '') node.kids.push(child.data);
    } else if (child.nodeType === 1) {
      const kid = read(child);
      // A link inside a hidden picture would be a trap for the keyboard: its words stay.
      if (kid?.tag === 'a') node.kids.push({ ...kid, tag: 'tspan', own: {} });
      else if (kid) node.kids.push(kid);
    }
  }
  if (node.own.href && !node.own.href.startsWith('#')) delete node.own.href;
  return node;
}

const isText = (tag) => tag === 'text' || tag === 'tspan' || tag === 'a';

// ----------------------------------------------------------------------------------------- passes

/** Every shape gets the full set of inherited properties that concern it, and groups none. */
function pushDown(node, inherited, theme) {
  const props = { ...inherited, ...node.props };
  if (node.tag === 'text' || SHAPES.has(node.tag) || node.tag === 'use') {
    node.props = relevant(node.tag, props);
    if (node.tag === 'text') node.kids.forEach((kid) => typeof kid === 'string' || spanProps(kid, theme));
    return;
  }
  node.props = {};
  for (const kid of node.kids) if (typeof kid !== 'string') pushDown(kid, props, theme);
}

function spanProps(span, theme) {
  span.props = themed(span.props, theme);
  if (span.own.dy === '0em' || span.own.dy === '0') delete span.own.dy;
  span.kids.forEach((kid) => typeof kid === 'string' || spanProps(kid, theme));
}

function relevant(tag, all) {
  const props = {};
  for (const name of INHERITED) {
    if (all[name] === undefined || all[name] === INITIAL[name]) continue;
    if (tag !== 'text' && TEXT_ONLY.has(name)) continue;
    props[name] = all[name];
  }
  if (props['stroke-opacity'] === '0' || props['stroke-width'] === '0') props.stroke = 'none';
  if (props['fill-opacity'] === '0') props.fill = 'none';
  for (const paint of ['stroke', 'fill']) {
    if ((props[paint] ?? INITIAL[paint]) !== 'none') continue;
    for (const name of Object.keys(props)) if (name.startsWith(`${paint}-`)) delete props[name];
  }
  if (props.stroke === 'none') delete props.stroke;
  if (tag === 'text') delete props['shape-rendering'];
  return props;
}

function themed(props, theme) {
  const out = { ...props };
  for (const paint of ['fill', 'stroke']) {
    if (out[paint] === undefined) continue;
    const name = theme[out[paint]];
    out[paint] = name ? `var(${name},${out[paint]})` : shortHex(out[paint]);
  }
  return out;
}

const words = (node) => node.kids.map((kid) => (typeof kid === 'string' ? kid : words(kid))).join('');

function unseen(node) {
  const { tag, props, own } = node;
  if (tag === 'text') return words(node).replace(/[\s\u200b]/g, '') === '' || props.fill === 'none';
  if (!SHAPES.has(tag)) return false;
  if (props.fill === 'none' && props.stroke === undefined) return true;
  if (tag === 'path') return !own.d || /^M[^a-zA-Z]*Z?$/.test(own.d.trim());
  if (tag === 'rect') return Number(own.width) === 0 || Number(own.height) === 0;
  return false;
}

/** [dx, dy] when a transform only moves, else null. */
function translation(transform) {
  if (!transform) return [0, 0];
  const parts = [...transform.matchAll(/(\w+)\(([^)]*)\)/g)];
  let [dx, dy] = [0, 0];
  for (const [, name, args] of parts) {
    const numbers = args.split(/[\s,]+/).filter(Boolean).map(Number);
    if (name === 'translate') { dx += numbers[0]; dy += numbers[1] ?? 0; }
    else if (name === 'rotate' && numbers[0] === 0) continue;
    else if (name === 'scale' && numbers.every((n) => n === 1)) continue;
    else return null;
  }
  return [dx, dy];
}

const number = (value) => Number(value ?? 0);

/** Move translations into coordinates, as far down as they go. */
function settle(node, dx, dy) {
  const own = translation(node.own.transform);
  const holds = node.own['clip-path'] || node.own.mask || node.tag === 'pattern';
  if (own === null || holds) {
    const total = own && holds ? [dx + own[0], dy + own[1]] : [dx, dy];
    const rest = own === null ? ` ${tidyTransform(node.own.transform)}` : '';
    const move = total[0] || total[1] ? `translate(${short(total[0])} ${short(total[1])})` : '';
    node.own.transform = (move + rest).trim();
    if (!node.own.transform) delete node.own.transform;
    [dx, dy] = [0, 0];
  } else {
    dx += own[0]; dy += own[1];
    delete node.own.transform;
  }
  if (node.tag === 'path') {
    const path = parsePath(node.own.d);
    const r = circleRadius(path);
    if (r !== null) {
      node.tag = 'circle';
      node.own = { ...node.own, cx: dx, cy: dy, r };
      delete node.own.d;
    } else {
      node.path = shiftPath(path, dx, dy);
      if (path.length === 2 && 'LHV'.includes(path[1][0])) node.props.fill = 'none'; // a bare line
    }
  } else if (node.tag === 'rect' || node.tag === 'use') {
    Object.assign(node.own, { x: number(node.own.x) + dx, y: number(node.own.y) + dy });
  } else if (node.tag === 'circle' || node.tag === 'ellipse') {
    Object.assign(node.own, { cx: number(node.own.cx) + dx, cy: number(node.own.cy) + dy });
  } else if (node.tag === 'line') {
    for (const [name, d] of [['x1', dx], ['x2', dx], ['y1', dy], ['y2', dy]]) node.own[name] = number(node.own[name]) + d;
  } else if (isText(node.tag)) {
    // Only spans that name a place are moved: the others follow the text before them.
    if (node.tag === 'text' || node.own.x !== undefined) node.own.x = number(node.own.x) + dx;
    if (node.tag === 'text' || node.own.y !== undefined) node.own.y = number(node.own.y) + dy;
    for (const kid of node.kids) if (typeof kid !== 'string') settle(kid, dx, dy);
  } else if (dx || dy) {
    if (node.tag === 'polyline' || node.tag === 'polygon') node.own.transform = `translate(${short(dx)} ${short(dy)})`;
  }
  if (!isText(node.tag)) node.kids.forEach((kid) => settle(kid, dx, dy));
}

const tidyTransform = (transform) => [...transform.matchAll(/(\w+)\(([^)]*)\)/g)]
  .map(([, name, args]) => {
    const numbers = args.split(/[\s,]+/).filter(Boolean).map(Number);
    const write = name === 'scale' || name === 'matrix' ? (n) => String(Math.round(n * 1e4) / 1e4) : short;
    return `${name}(${numbers.map(write).join(' ')})`;
  }).join(' ');

/** Corner points of everything below a node, in the node's own space; null when unknown. */
function extent(node) {
  const { own } = node;
  if (isText(node.tag) || (node.own.transform && node.tag !== 'g')) return null;
  if (node.path) return pathPoints(node.path);
  if (node.tag === 'rect') return [[own.x, own.y], [own.x + number(own.width), own.y + number(own.height)]];
  if (node.tag === 'circle') return [[own.cx - own.r, own.cy - own.r], [own.cx + number(own.r), own.cy + number(own.r)]];
  if (node.tag !== 'g') return null;
  const points = [];
  for (const kid of node.kids) {
    if (kid.own.transform) return null;
    const below = extent(kid);
    if (below === null) return null;
    points.push(...below);
  }
  return points;
}

/** A clip that cuts nothing off is dropped. */
function dropIdleClips(node, clips) {
  const id = node.own['clip-path']?.match(/^url\(#(.+)\)$/)?.[1];
  if (id) {
    const [rect, ...others] = clips.get(id)?.kids ?? [];
    const points = extent(node.tag === 'g' ? { ...node, own: {} } : node);
    if (rect?.tag === 'rect' && !others.length && points && !rect.own.transform) {
      const [x, y] = [number(rect.own.x), number(rect.own.y)];
      const [right, bottom] = [x + number(rect.own.width), y + number(rect.own.height)];
      const inside = points.every(([px, py]) => px >= x - 0.5 && py >= y - 0.5
        && px <= right + 0.5 && py <= bottom + 0.5);
      if (inside) delete node.own['clip-path'];
    }
  }
  node.kids.forEach((kid) => typeof kid === 'string' || dropIdleClips(kid, clips));
}

/** Groups that say nothing dissolve into their parent; empty ones go. */
function flatten(nodes) {
  return nodes.flatMap((node) => {
    if (unseen(node)) return [];
    if (node.tag !== 'g' && node.tag !== 'svg') return [node];
    node.kids = flatten(node.kids);
    if (!node.kids.length) return [];
    if (!Object.keys(node.own).length) return node.kids;
    if (node.kids.length === 1 && node.own.transform === undefined && node.own.opacity === undefined) {
      const [kid] = node.kids;
      // A clip lies in the space of what carries it: it may move to a child that has not moved.
      if (!kid.own.transform && !kid.own['clip-path']) {
        kid.own = { ...node.own, ...kid.own };
        return [kid];
      }
    }
    return [node];
  });
}

/** Lines in a row that look alike become one path: grid lines, ticks. */
function joinLines(nodes) {
  const out = [];
  for (const node of nodes) {
    if (node.tag === 'g') node.kids = joinLines(node.kids);
    const last = out.at(-1);
    const plain = (n) => n?.path && n.props.fill === 'none' && !n.props['stroke-opacity']
      && Object.keys(n.own).every((key) => key === 'd');
    const straight = (n) => n.path.every(([c]) => 'MLHVZ'.includes(c)) && n.path.length <= 3;
    if (plain(node) && plain(last) && straight(node) && last.lines !== undefined
      && signature(node) === signature(last)) last.path.push(...node.path);
    else { node.lines = plain(node) && straight(node) ? 1 : undefined; out.push(node); }
  }
  return out;
}

const signature = (node) => JSON.stringify(Object.entries(node.props).sort());

/** Neighbours that share a property share it through a group. */
function regroup(nodes) {
  const out = [];
  for (let i = 0; i < nodes.length;) {
    const node = nodes[i];
    let j = i + 1;
    while (j < nodes.length && signature(nodes[j]) === signature(node)) j++;
    const run = nodes.slice(i, j);
    if (node.tag === 'g') run.forEach((g) => { g.kids = regroup(g.kids); });
    if (run.length > 1 && Object.keys(node.props).length) {
      out.push({ tag: 'g', props: node.props, own: {}, kids: run.map((n) => ({ ...n, props: {} })) });
    } else out.push(...run);
    i = j;
  }
  return out;
}

// ---------------------------------------------------------------------------------------- writing

const escapeText = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const escapeValue = (text) => escapeText(text).replace(/"/g, '&quot;');
const LENGTHS = new Set(['x', 'y', 'dx', 'dy', 'x1', 'y1', 'x2', 'y2', 'cx', 'cy', 'r', 'rx', 'ry', 'width', 'height', 'font-size', 'stroke-width']);

function write(node) {
  if (typeof node === 'string') return escapeText(node);
  const attributes = { ...node.own, ...node.props };
  if (node.path) attributes.d = writePath(node.path);
  const text = Object.entries(attributes).map(([name, value]) => {
    const written = LENGTHS.has(name) && Number.isFinite(Number(value)) ? short(value) : String(value);
    return ` ${name}="${escapeValue(written)}"`;
  }).join('');
  const kids = node.kids.map(write).join('');
  return kids ? `<${node.tag}${text}>${kids}</${node.tag}>` : `<${node.tag}${text}/>`;
}

function walk(nodes, visit) {
  for (const node of nodes) {
    if (typeof node === 'string') continue;
    visit(node);
    walk(node.kids, visit);
  }
}

/** Ids that something uses, renamed in order of use; definitions nobody uses are dropped. */
function bindIds(nodes, definitions, prefix) {
  const names = new Map();
  const used = [];
  const bind = (node) => {
    for (const bag of [node.own, node.props]) {
      for (const [key, value] of Object.entries(bag)) {
        const id = key === 'id' ? null : String(value).match(/^url\(#(.+)\)$|^#(.+)$/);
        const name = id && (id[1] ?? (key === 'href' ? id[2] : undefined));
        if (!name) continue;
        if (!definitions.has(name)) { delete bag[key]; continue; }
        if (!names.has(name)) {
          names.set(name, `${prefix}-${names.size}`);
          const definition = definitions.get(name);
          used.push(definition);
          walk([definition], bind);
        }
        bag[key] = key === 'href' ? `#${names.get(name)}` : `url(#${names.get(name)})`;
      }
    }
  };
  walk(nodes, bind);
  for (const [name, definition] of definitions) if (names.has(name)) definition.own.id = names.get(name);
  return used;
}

/**
 * @param {Element[]} layers  the svg elements of one chart, from back to front
 * @param {{width: number, height: number, prefix: string, theme: Record<string, string>}} options
 *   theme maps a colour (lower-case hex) to the CSS variable that replaces it
 */
export function tidy(layers, { width, height, prefix, theme }) {
  let nodes = layers.map(read).filter(Boolean);
  const definitions = new Map();
  const liftDefinitions = (list) => list.filter((node) => {
    if (typeof node === 'string') return true;
    node.kids = liftDefinitions(node.kids);
    if (DEFS.has(node.tag) && node.own.id) { definitions.set(node.own.id, node); return false; }
    return node.tag !== 'defs';
  });
  nodes = liftDefinitions(nodes);
  for (const layer of nodes) Object.assign(layer, { tag: 'g', own: {}, props: {} });
  for (const node of [...nodes, ...definitions.values()]) pushDown(node, {}, theme);
  for (const clip of definitions.values()) if (clip.tag === 'clipPath') walk([clip], (n) => { n.props = {}; });
  nodes = flatten(nodes);
  for (const node of [...nodes, ...definitions.values()]) settle(node, 0, 0);
  nodes = flatten(nodes);
  nodes.forEach((node) => dropIdleClips(node, definitions));
  nodes = joinLines(flatten(nodes));
  walk([...nodes, ...definitions.values()], (node) => {
    if (!isText(node.tag) || node.tag === 'text') node.props = themed(node.props, theme);
    if (node.tag === 'text' && /^\s|\s$|\s\s/.test(words(node))) node.own['xml:space'] = 'preserve';
  });
  const used = bindIds(nodes, definitions, prefix);

  const families = new Map();
  walk(nodes, ({ tag, props }) => {
    const family = tag === 'text' ? props['font-family'] : undefined;
    if (family) families.set(family, (families.get(family) ?? 0) + 1);
  });
  const house = [...families].sort((a, b) => b[1] - a[1])[0]?.[0];
  walk(nodes, ({ props }) => { if (props['font-family'] === house) delete props['font-family']; });

  const root = {
    tag: 'svg',
    own: {
      xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: 'xMinYMid meet', 'aria-hidden': 'true', focusable: 'false',
      ...(house ? { 'font-family': house } : {}),
    },
    props: {},
    kids: [...(used.length ? [{ tag: 'defs', own: {}, props: {}, kids: used }] : []), ...regroup(nodes)],
  };
  return write(root);
}
