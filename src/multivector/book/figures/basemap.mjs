// Write the base map of the explorers: land and Kazakhstan as two SVG paths, in a small JSON file.
//
//   node src/multivector/book/basemap.mjs > src/multivector/explorers/basemap.json
//
// Natural Earth 1:50 million (public domain) from npm world-atlas, in the Equal Earth projection
// (Savric, Patterson and Jenny 2018), which keeps areas true. The frame reaches from the Americas'
// east coast to Japan. No border is drawn but Kazakhstan's own: the map takes no side
// in anybody's dispute. The output is committed, so that a reader's machine needs no node.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(resolve(process.argv[2] ?? '.', 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { geoEqualEarth, geoPath } = await load('d3-geo');
const { feature } = await load('topojson-client');
const simplify = await load('topojson-simplify');

const CENTRAL_MERIDIAN = 35;
const FRAME = { west: -88, east: 150, south: -12, north: 82 };
const WIDTH = 1000;
const KAZAKHSTAN = '398'; // ISO 3166-1 numeric
const DETAIL = 1.2; // corners that bend the outline by a smaller triangle (square pixels) are left out
const SMALLEST = 8; // islands and lakes below this many square pixels are left out
const SOURCE = 'Natural Earth 1:50m (public domain), by way of npm world-atlas';

const unit = geoEqualEarth().rotate([-CENTRAL_MERIDIAN, 0]).scale(1).translate([0, 0]);
// Meridians bend inwards to the poles: the frame is as wide as its widest parallel, the equator.
const [left] = unit([FRAME.west, 0]);
const [right] = unit([FRAME.east, 0]);
const top = unit([CENTRAL_MERIDIAN, FRAME.north])[1];
const bottom = unit([CENTRAL_MERIDIAN, FRAME.south])[1];
const scale = WIDTH / (right - left);
const height = Math.round((bottom - top) * scale);
const translate = [-left * scale, -top * scale];
const projection = geoEqualEarth().rotate([-CENTRAL_MERIDIAN, 0]).scale(scale).translate(translate)
  .precision(0.5).clipExtent([[-2, -2], [WIDTH + 2, height + 2]]);

// The projection keeps areas, so an area on the sphere is an area on the map.
const area = (pixels) => pixels / scale ** 2;
const world = JSON.parse(readFileSync(require.resolve('world-atlas/countries-50m.json'), 'utf8'));
let topology = simplify.presimplify(world, simplify.sphericalTriangleArea);
topology = simplify.simplify(topology, area(DETAIL));
topology = simplify.filter(topology, simplify.filterWeight(topology, area(SMALLEST), simplify.sphericalRingArea));

/** The same path in steps of half a pixel, written relative: half the bytes. */
function compact(path) {
  return path.split('M').filter(Boolean).map((ring) => {
    const points = ring.replace('Z', '').split('L').map((p) => p.split(',').map((n) => Math.round(Number(n) * 2)));
    let [x, y] = points[0];
    const steps = [];
    for (const [px, py] of points.slice(1)) {
      if (px !== x || py !== y) steps.push([px - x, py - y]);
      [x, y] = [px, py];
    }
    if (steps.length < 3) return '';
    const half = (n) => String(n / 2).replace(/^(-?)0\./, '$1.');
    const join = (a, b) => half(a) + (b < 0 ? '' : ' ') + half(b);
    return `M${join(...points[0])}l${steps.map(([a, b], i) => (i && a >= 0 ? ' ' : '') + join(a, b)).join('')}z`;
  }).join('');
}

const path = geoPath(projection).digits(2);
const { countries } = topology.objects;
const kazakhstan = countries.geometries.find(({ id }) => id === KAZAKHSTAN);
process.stdout.write(`${JSON.stringify({
  source: SOURCE,
  projection: {
    name: 'Equal Earth', central_meridian: CENTRAL_MERIDIAN,
    scale: Number(scale.toFixed(6)), translate: translate.map((n) => Number(n.toFixed(6))),
  },
  width: WIDTH,
  height,
  land: compact(path(feature(topology, topology.objects.land))),
  kazakhstan: compact(path(feature(topology, kazakhstan))),
})}\n`);
