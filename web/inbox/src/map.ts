import { feature } from "topojson-client";

/** Set by the build: the map's name, which carries the hash of its content, and that hash. */
declare const MAP_FILE: string;
declare const MAP_INTEGRITY: string;

type Topology = Parameters<typeof feature>[0];
type Collection = Parameters<typeof feature>[1] & { readonly type: "GeometryCollection" };

/** Longitude and latitude in degrees. */
export type Point = readonly [number, number];

/** A closed line, with the box that it fills. */
export interface Ring {
  readonly points: readonly Point[];
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

/** The outlines of a country or region. */
export interface Shape {
  /** ISO 3166-1 alpha-3, or ISO 3166-2. */
  readonly code: string;
  readonly rings: readonly Ring[];
}

export interface Country extends Shape {
  readonly alpha2: string;
}

export interface Region extends Shape {
  /** ISO 3166-1 alpha-3. */
  readonly country: string;
  /** In Latin letters. */
  readonly name: string;
  /** Where a mark for it belongs. */
  readonly at: Point;
}

/** Countries and their first subdivisions. One file for the whole world, always fetched whole: a file for each country would tell the server which country a message names. */
export class WorldMap {
  /** "coming" until the file is there or cannot be had. */
  state: "coming" | "here" | "missing" = "coming";
  countries: ReadonlyMap<string, Country> = new Map();
  regions: ReadonlyMap<string, Region> = new Map();

  async load(signal: AbortSignal): Promise<void> {
    try {
      const response = await fetch(MAP_FILE, { integrity: MAP_INTEGRITY, credentials: "omit", redirect: "error", priority: "low", signal });
      this.take((await response.json()) as Topology);
    } catch {
      // Without the map the page says the same in words.
      this.state = "missing";
    }
  }

  take(topology: Topology): void {
    const { countries, regions } = topology.objects as unknown as { readonly countries: Collection; readonly regions: Collection };
    this.countries = new Map(read(topology, countries).map(({ code, rings, properties }) => [code, { code, rings, alpha2: String(properties["alpha2"]) }]));
    this.regions = new Map(read(topology, regions).map(({ code, rings, properties }) =>
      [code, { code, rings, country: String(properties["country"]), name: String(properties["name"]), at: properties["at"] as Point }]));
    this.state = "here";
  }
}

function read(topology: Topology, collection: Collection): readonly { readonly code: string; readonly rings: readonly Ring[]; readonly properties: Readonly<Record<string, unknown>> }[] {
  return feature(topology, collection).features.map(({ id, geometry, properties }) => {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
    return { code: String(id), rings: polygons.flat().map((line) => ring(line as unknown as readonly Point[])), properties: properties ?? {} };
  });
}

/** A ring with its box, moved around the world by turns of 360 degrees. */
export function ring(line: readonly Point[], turn = 0): Ring {
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  const points = line.map(([x, y]): Point => {
    [left, right, bottom, top] = [Math.min(left, x + turn), Math.max(right, x + turn), Math.min(bottom, y), Math.max(top, y)];
    return [x + turn, y];
  });
  return { points, left, bottom, right, top };
}
