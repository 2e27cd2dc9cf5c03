import { useEffect } from "preact/hooks";

const twice = 1000;

/** Takes everything off the screen and out of the history of this tab; the keys go with the page's memory. */
export function leave(): void {
  document.body.replaceChildren();
  document.title = "";
  location.replace("about:blank");
}

/** Escape, twice within a second, leaves. */
export function useLeaveKeys(): void {
  useEffect(() => {
    let last = -Infinity;
    const listen = (event: KeyboardEvent): void => {
      if (event.key === "Escape") {
        if (event.timeStamp - last < twice) {
          leave();
        }
        last = event.timeStamp;
      }
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
