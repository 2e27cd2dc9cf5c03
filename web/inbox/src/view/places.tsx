import { useId, useMemo } from "preact/hooks";
import { ring, type Country, type Region, type Ring, type Shape, type WorldMap } from "../map.ts";
import type { Place } from "../places.ts";
import type { Speech } from "../words/index.ts";

const mapsShown = 6;
const width = 300;

/** Where: each country that a message names, with its regions, in words and as a small map. A notice that is sent by itself names countries only. */
export function Places({ places, countriesOnly, map, speak }: { places: readonly Place[]; countriesOnly: boolean; map: WorldMap; speak: Speech }) {
  const { say } = speak;
  const drawn = places.flatMap((place) => map.countries.get(place.country) ?? []).slice(0, mapsShown);
  return (
    <section class="places" aria-label={say("where")}>
      <p class="band">{say("where")}</p>
      <ul>{places.map((place) => <li key={place.country}><PlaceWords place={place} map={map} speak={speak} /></li>)}</ul>
      {drawn.length > 0 && (
        <div class="maps">
          {drawn.map((country) => <CountryMap key={country.code} country={country} marked={regionsIn(places.find((place) => place.country === country.code)!, map)} map={map} />)}
        </div>
      )}
      {countriesOnly && <p class="hint">{say("whereCountries")}</p>}
      {map.state === "missing" && <p class="hint">{say("whereMissing")}</p>}
      {drawn.length > 0 && <p class="hint">{say("whereSource")}</p>}
    </section>
  );
}

/** The regions that the map knows, in the order of their marks. */
const regionsIn = (place: Place, map: WorldMap): readonly Region[] =>
  place.regions.flatMap((code) => map.regions.get(code) ?? []).filter((region) => region.country === place.country);

function PlaceWords({ place, map, speak }: { place: Place; map: WorldMap; speak: Speech }) {
  const marked = regionsIn(place, map);
  const unknown = place.regions.filter((code) => !marked.some((region) => region.code === code));
  const country = map.countries.get(place.country);
  return (
    <>
      <strong>{country ? speak.country(country.alpha2, place.country) : place.country}</strong> <code>{place.country}</code>
      {marked.length > 0 && <ol>{marked.map((region) => <li key={region.code}><bdi lang="en">{region.name}</bdi> <code>{region.code}</code></li>)}</ol>}
      {map.state === "here" && unknown.length > 0 && <p>{speak.say("whereUnknown", { codes: unknown.join(", ") })}</p>}
      {map.state !== "here" && unknown.map((code) => <code key={code}> {code}</code>)}
      {map.state === "here" && !country && <p>{speak.say("whereNoShape")}</p>}
    </>
  );
}

/** A country with its regions; hatched is what is named: the numbered regions, or all of it. */
function CountryMap({ country, marked, map }: { country: Country; marked: readonly Region[]; map: WorldMap }) {
  const hatch = useId();
  const { height, project, paths } = useMemo(() => draw(country, marked, map), [country, marked.map((region) => region.code).join(), map]);
  return (
    <svg class="map" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="hatch-paper" width="6" height="6" /><rect class="hatch-line" width="2.5" height="6" />
      </pattern>
      <path class="land" d={paths.around} />
      <path class="country" d={paths.country} fill={marked.length === 0 ? `url(#${hatch})` : undefined} />
      <path class="borders" d={paths.regions} />
      {marked.map((region) => <path key={region.code} class="named" d={paths.of(region)} fill={`url(#${hatch})`} />)}
      {marked.map((region, i) => {
        const [x, y] = project(region.at);
        return <g key={region.code}><circle class="pin" cx={x} cy={y} r="9" /><text class="pin-text" x={x} y={y + 4}>{i + 1}</text></g>;
      })}
    </svg>
  );
}

function draw(country: Country, marked: readonly Region[], map: WorldMap) {
  // What shows is the country's largest part and whatever parts of it are named.
  const main = largest(country);
  const middle = (main.left + main.right) / 2;
  const beside = (line: Ring): Ring => {
    const turn = 360 * Math.round((middle - (line.left + line.right) / 2) / 360);
    return turn === 0 ? line : ring(line.points, turn);
  };
  const box = [main, ...marked.filter((region) => region.rings.length > 0).map((region) => beside(largest(region)))].reduce((all, one) =>
    ({ points: [], left: Math.min(all.left, one.left), right: Math.max(all.right, one.right), bottom: Math.min(all.bottom, one.bottom), top: Math.max(all.top, one.top) }));
  const squeeze = Math.cos((((box.bottom + box.top) / 2) * Math.PI) / 180);
  const side = Math.max((box.right - box.left) * squeeze, (box.top - box.bottom) * 0.75, 0.05) * 1.1;
  const scale = width / side;
  const height = Math.round(Math.min(width * 1.4, Math.max(width * 0.5, (box.top - box.bottom) * scale * 1.1)));
  const [x0, y0] = [(box.left + box.right) / 2, (box.bottom + box.top) / 2];
  const place = ([x, y]: readonly [number, number]): readonly [number, number] => [(x - x0) * squeeze * scale + width / 2, (y0 - y) * scale + height / 2];
  const project = ([x, y]: readonly [number, number]): readonly [number, number] => place([x + 360 * Math.round((x0 - x) / 360), y]);
  const [wide, high] = [width / 2 / (squeeze * scale), height / 2 / scale];
  const shows = (line: Ring): boolean => line.right > x0 - wide && line.left < x0 + wide && line.top > y0 - high && line.bottom < y0 + high;
  const path = (shapes: Iterable<Shape>): string => {
    let text = "";
    for (const shape of shapes) {
      for (const line of shape.rings.map(beside).filter(shows)) {
        text += `M${line.points.map((point) => place(point).map((value) => value.toFixed(1)).join(" ")).join("L")}Z`;
      }
    }
    return text;
  };
  const inside = [...map.regions.values()].filter((region) => region.country === country.code);
  return { height, project, paths: { around: path([...map.countries.values()].filter((other) => other !== country)), country: path([country]), regions: path(inside), of: (region: Region) => path([region]) } };
}

const largest = (shape: Shape): Ring => shape.rings.reduce((best, one) => ((one.right - one.left) * (one.top - one.bottom) > (best.right - best.left) * (best.top - best.bottom) ? one : best));
