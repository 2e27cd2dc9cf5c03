import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Inbox, LogError } from "../inbox.ts";
import { ServiceError } from "../service.ts";
import { choices, preferred, speech } from "../words/index.ts";
import { InboxView } from "./inbox.tsx";
import { OwnEntries } from "./entries.tsx";
import { Overview } from "./overview.tsx";
import { Requests } from "./requests.tsx";
import { RoomView } from "./room.tsx";
import { SignIn } from "./signin.tsx";
import { leave, useLeaveKeys } from "./leave.ts";

const tabs = ["inbox", "requests", "overview", "records", "room"] as const;

/** The page: before and after signing in. It keeps nothing in the browser's storage. */
export function App() {
  const [language, setLanguage] = useState(() => preferred(navigator.languages));
  const speak = useMemo(() => speech(language), [language]);
  const [inbox, setInbox] = useState<Inbox | null>(null);
  const [tab, setTab] = useState<(typeof tabs)[number]>("inbox");
  const [chosen, setChosen] = useState<number | null>(null);
  const [notice, setNotice] = useState("");
  const [, redraw] = useState(0);
  const drawing = useRef(false);

  // Many messages are judged in a moment: one drawing a frame is enough.
  const changed = useCallback(() => {
    if (!drawing.current) {
      drawing.current = true;
      requestAnimationFrame(() => {
        drawing.current = false;
        redraw((count) => count + 1);
      });
    }
  }, []);

  const signOut = useCallback((why: string) => {
    setInbox((open) => {
      open?.close();
      return null;
    });
    setTab("inbox");
    setChosen(null);
    setNotice(why);
  }, []);

  useLeaveKeys();
  useEffect(() => {
    document.documentElement.lang = speak.code;
    document.documentElement.dir = speak.direction;
    document.title = speak.say("title");
  }, [speak]);

  useEffect(() => {
    if (inbox === null) {
      return undefined;
    }
    const run = async (): Promise<void> => {
      await inbox.load();
      for (;;) {
        try {
          return await inbox.follow();
        } catch (error) {
          if (error instanceof LogError || (error instanceof ServiceError && [401, 403].includes(error.status))) {
            throw error;
          }
          await new Promise((resolve) => setTimeout(resolve, 5000));
        }
      }
    };
    run().catch((error: unknown) => {
      if (error instanceof LogError) {
        signOut(speak.say("logRefused", { reason: error.refusal }));
      } else if (error instanceof ServiceError) {
        signOut(error.message || speak.say("noService"));
      }
    });
    let timer = 0;
    const wake = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => signOut(speak.say("timedOut")), inbox.service.idleSeconds * 1000);
    };
    wake();
    const events = ["pointerdown", "keydown"] as const;
    events.forEach((event) => addEventListener(event, wake, { passive: true }));
    return () => {
      clearTimeout(timer);
      events.forEach((event) => removeEventListener(event, wake));
    };
  }, [inbox]);

  const charter = inbox?.log.charter;
  return (
    <>
      <a class="skip" href="#content">{speak.say("skip")}</a>
      <div class="bar">
        {charter?.simulated && <p class="simulated" role="note">{speak.say("simulated")}</p>}
        <header class="top">
          <p class="brand">CleanRoom{charter && <span class="who"> · {inbox.keys.member} · {charter.title}</span>}</p>
          <div class="tools">
            <label class="language">
              <span class="hidden">{speak.say("languageLabel")}</span>
              <select value={language} onChange={(event) => setLanguage(event.currentTarget.value)}>
                {choices.map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
              </select>
            </label>
            {inbox && <button type="button" onClick={() => signOut(speak.say("signedOut"))}>{speak.say("signOut")}</button>}
            <button type="button" class="leave" title={speak.say("leaveHint")} onClick={leave}>{speak.say("leave")}</button>
          </div>
        </header>
      </div>
      {inbox && (
        <nav class="tabs" aria-label={speak.say("title")}>
          {tabs.map((name) => (
            <button key={name} type="button" aria-current={tab === name ? "page" : undefined} onClick={() => setTab(name)}>{speak.say(name)}</button>
          ))}
        </nav>
      )}
      <main id="content" tabIndex={-1}>
        {notice && !inbox && <p class="notice" role="status">{notice}</p>}
        {inbox === null
          ? <SignIn speak={speak} changed={changed} opened={(open) => { setNotice(""); setInbox(open); }} />
          : tab === "inbox" ? <InboxView inbox={inbox} speak={speak} chosen={chosen} setChosen={setChosen} />
          : tab === "requests" ? <Requests inbox={inbox} speak={speak} open={(number) => { setChosen(number); setTab("inbox"); }} />
          : tab === "overview" ? <Overview inbox={inbox} speak={speak} open={(number) => { setChosen(number); setTab("inbox"); }} toRequests={() => setTab("requests")} />
          : tab === "records" ? <OwnEntries entries={inbox.own} speak={speak} />
          : <RoomView inbox={inbox} speak={speak} />}
      </main>
    </>
  );
}
