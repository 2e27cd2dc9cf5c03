import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Inbox } from "../inbox.ts";
import { isUrgent, type Item } from "../items.ts";
import type { Speech } from "../words/index.ts";
import { Detail } from "./detail.tsx";
import { badgeOf, deadlineKey, kindKey, kinds, titleOf } from "./kinds.ts";

const step = 50;
const soon = 7 * 86_400_000;
const strengths = ["Exact", "Strong", "Probable", "Possible"] as const;

interface Filters {
  readonly search: string;
  readonly kind: string;
  readonly strength: string;
  readonly unread: boolean;
  readonly byDeadline: boolean;
}

const noFilters: Filters = { search: "", kind: "", strength: "", unread: false, byDeadline: false };

function select(items: readonly Item[], filters: Filters, acknowledged: number): readonly Item[] {
  const words = filters.search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = items.filter((item) =>
    (filters.kind === "" || item.message.kind === filters.kind)
    && (filters.strength === "" || ("strength" in item.message && item.message.strength === filters.strength))
    && (!filters.unread || item.header.number > acknowledged)
    && words.every((word) => item.text.includes(word)));
  const sorted = filters.byDeadline ? found.toSorted((one, other) => (one.deadline ?? "9").localeCompare(other.deadline ?? "9")) : found;
  // What says that something is withdrawn overtakes everything until it was read; then what is about a life.
  const rank = (item: Item): number => (item.header.number <= acknowledged ? 2 : item.message.kind === "N6" ? 0 : isUrgent(item) ? 1 : 2);
  return sorted.some((item) => rank(item) < 2) ? [0, 1, 2].flatMap((wanted) => sorted.filter((item) => rank(item) === wanted)) : sorted;
}

/** The list of notices, with filters, and the notice that was chosen. */
export function InboxView({ inbox, speak, chosen, setChosen }: { inbox: Inbox; speak: Speech; chosen: number | null; setChosen: (number: number | null) => void }) {
  const [filters, setFilters] = useState(noFilters);
  const [shown, setShown] = useState(step);
  const [said, setSaid] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const { items, acknowledged } = inbox;
  const found = useMemo(() => select(items, filters, acknowledged), [items, filters, acknowledged]);
  const item = chosen === null ? undefined : items.find((one) => one.header.number === chosen);
  const now = Date.now();
  const { judged, all } = inbox.progress;
  const change = (part: Partial<Filters>): void => {
    setFilters({ ...filters, ...part });
    setShown(step);
  };

  useEffect(() => {
    if (chosen !== null) {
      document.getElementById("detail")?.focus({ preventScroll: true });
      document.getElementById("detail")?.scrollTo(0, 0);
      if (getComputedStyle(list.current!).display === "none" || list.current!.offsetParent === null) {
        scrollTo(0, 0);
      }
    }
  }, [chosen]);

  const back = (): void => {
    setChosen(null);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-number="${chosen}"]`)?.focus());
  };
  const move = (event: KeyboardEvent): void => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>("button.row") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (at >= 0 && to !== undefined && rows[to]) {
      event.preventDefault();
      rows[to].focus();
    }
  };

  return (
    <div class={item ? "two reading" : "two"}>
      <section class="list" aria-labelledby="list-title">
        <h1 id="list-title">{speak.say("inbox")}</h1>
        <Warnings inbox={inbox} speak={speak} now={now} />
        <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
          <label class="wide">
            <span>{speak.say("search")}</span>
            <input type="search" value={filters.search} placeholder={speak.say("searchHint")} onInput={(event) => change({ search: event.currentTarget.value })} />
          </label>
          <Choice label={speak.say("kind")} all={speak.say("all")} value={filters.kind} options={kinds.map((kind) => [kind, speak.say(kindKey({ kind }))])} change={(kind) => change({ kind })} />
          <Choice label={speak.say("strength")} all={speak.say("all")} value={filters.strength} options={strengths.map((name) => [name, speak.say(`strength${name}`)])} change={(strength) => change({ strength })} />
          <label>
            <span>{speak.say("order")}</span>
            <select value={filters.byDeadline ? "deadline" : "newest"} onChange={(event) => change({ byDeadline: event.currentTarget.value === "deadline" })}>
              <option value="newest">{speak.say("newest")}</option>
              <option value="deadline">{speak.say("deadline")}</option>
            </select>
          </label>
          <label class="check">
            <input type="checkbox" checked={filters.unread} onChange={(event) => change({ unread: event.currentTarget.checked })} />
            <span>{speak.say("unread")}</span>
          </label>
        </form>
        <p class="count" role="status">
          {found.length === 1 ? speak.say("newsOne") : speak.say("news", { n: found.length })}
          {!inbox.loaded && <span> · {speak.say("loading", { n: judged, all })}</span>}
        </p>
        {found.length === 0 && inbox.loaded && <p class="empty">{speak.say(items.length === 0 ? "none" : "noMatch")}</p>}
        <ul ref={list} class="rows" onKeyDown={move}>
          {found.slice(0, shown).map((one) => (
            <li key={one.header.number}>
              <Row item={one} speak={speak} now={now} isNew={one.header.number > acknowledged} isChosen={one.header.number === chosen} choose={() => setChosen(one.header.number)} />
            </li>
          ))}
        </ul>
        <div class="actions">
          {found.length > shown && (
            <button type="button" onClick={() => setShown(shown + step)}>{speak.say("more", { n: Math.min(step, found.length - shown) })}</button>
          )}
          {items.some((one) => one.header.number > acknowledged) && inbox.loaded && (
            <button type="button" onClick={() => void inbox.acknowledge().then((n) => setSaid(speak.say("markedRead", { n })), () => setSaid(speak.say("noService")))}>{speak.say("markRead")}</button>
          )}
          <p class="hint" role="status">{said}</p>
        </div>
      </section>
      {item
        ? <Detail item={item} inbox={inbox} speak={speak} now={now} back={back} choose={setChosen} />
        : <p class="placeholder">{speak.say("choose")}</p>}
    </div>
  );
}

function Choice(props: { label: string; all: string; value: string; options: readonly (readonly [string, string])[]; change: (value: string) => void }) {
  return (
    <label>
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.change(event.currentTarget.value)}>
        <option value="">{props.all}</option>
        {props.options.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
      </select>
    </label>
  );
}

function Row({ item, speak, now, isNew, isChosen, choose }: { item: Item; speak: Speech; now: number; isNew: boolean; isChosen: boolean; choose: () => void }) {
  const { message } = item;
  const deadline = item.withdrawn ? null : item.deadline;
  const close = deadline !== null && Date.parse(deadline) - now < soon;
  return (
    <button type="button" class={`row kind-${message.kind}`} data-number={item.header.number} aria-current={isChosen ? "true" : undefined} onClick={choose}>
      <span class="first">
        <span class="badge">{badgeOf(message)}</span>
        <strong><bdi>{titleOf(item, speak)}</bdi></strong>
        {isUrgent(item) && <span class="urgent">{speak.say("urgent")}</span>}
        {isNew && <span class="new">{speak.say("unreadMark")}</span>}
      </span>
      <span class="second">{"strength" in message && !item.withdrawn ? speak.say(`strength${message.strength}`) : speak.say(kindKey(message))}{"own" in message && <> · <bdi>{message.own}</bdi></>}</span>
      <span class="third">
        <span>{speak.day(item.roomTime)}</span>
        {deadline !== null && <span class={close ? "close" : undefined}>{speak.say(deadlineKey(message))}: {speak.until(deadline, now)}</span>}
      </span>
    </button>
  );
}

function Warnings({ inbox, speak, now }: { inbox: Inbox; speak: Speech; now: number }) {
  const { log, alarms } = inbox;
  const missing = inbox.missing(now);
  const time = log.time?.opening ?? 0;
  const taken = inbox.items.filter((item) => item.message.kind === "N6" && item.header.number > inbox.acknowledged).length;
  const urgent = inbox.items.filter((item) => item.header.number > inbox.acknowledged && isUrgent(item)).length;
  const limit = Math.max(2 * (log.charter?.epochSeconds ?? 0), 3600) * 1000;
  return (
    <div role="alert">
      {taken > 0 && <p class="alarm">{speak.say("withdrawnAlert", { n: taken })}</p>}
      {urgent > 0 && <p class="alarm">{speak.say("urgentAlert", { n: urgent })}</p>}
      {log.silentSince !== null && <p class="alarm">{speak.say("silent", { time: speak.moment(log.silentSince * 1000) })}</p>}
      {now - time * 1000 > limit && <p class="alarm">{speak.say("stale", { time: speak.moment(time * 1000) })}</p>}
      {missing && <p class="alarm">{speak.say("missing", missing)}</p>}
      {alarms.slice(0, 5).map((alarm) => (
        <p key={alarm.number} class="alarm">{speak.say("alarm", { number: alarm.number, reason: alarm.refusal })} {speak.say("alarmText")}</p>
      ))}
    </div>
  );
}
