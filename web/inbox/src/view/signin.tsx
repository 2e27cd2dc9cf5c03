import { useState } from "preact/hooks";
import { openKeyFile, parseKeyFile } from "../../../sealing/src/index.ts";
import { Inbox, LogError } from "../inbox.ts";
import { Service, ServiceError } from "../service.ts";
import type { Key, Speech } from "../words/index.ts";

const maxFile = 64 << 10;

/** Where the service is: this page's origin, unless who serves the page names another in a meta element. */
const origin = (): string => document.querySelector<HTMLMetaElement>('meta[name="cleanroom-service"]')?.content || location.origin;

/** Opens a key file, signs in, checks the log. */
export function SignIn({ speak, opened, changed }: { speak: Speech; opened: (inbox: Inbox) => void; changed: () => void }) {
  const [step, setStep] = useState<Key | null>(null);
  const [problem, setProblem] = useState("");

  const signIn = async (form: HTMLFormElement): Promise<void> => {
    const data = new FormData(form);
    const file = data.get("file") as File;
    const passphrase = data.get("passphrase") as string;
    setProblem("");
    setStep("opening");
    try {
      const sealed = file.size <= maxFile ? parseKeyFile(new Uint8Array(await file.arrayBuffer())) : null;
      const keys = sealed && (await openKeyFile(sealed, passphrase));
      if (!keys) {
        setProblem(speak.say(sealed ? "wrongPassphrase" : "notKeyFile"));
        return;
      }
      setStep("signingIn");
      const service = new Service(origin());
      const member = await service.signIn(keys.room, keys.signIn);
      const inbox = new Inbox(keys, service, changed);
      setStep("readingLog");
      if (member !== keys.member) {
        throw new LogError("other-genesis");
      }
      await inbox.readLog();
      form.reset();
      opened(inbox);
    } catch (error) {
      if (error instanceof LogError) {
        setProblem(speak.say("logRefused", { reason: error.refusal }));
      } else if (error instanceof ServiceError) {
        setProblem(error.message || speak.say("noService"));
      } else {
        throw error;
      }
    } finally {
      setStep(null);
    }
  };

  return (
    <form class="card signin" onSubmit={(event) => { event.preventDefault(); void signIn(event.currentTarget); }}>
      <h1>{speak.say("signIn")}</h1>
      <p>{speak.say("signInLead")}</p>
      <label for="file">{speak.say("keyFile")}</label>
      <input id="file" name="file" type="file" required aria-describedby="file-hint" />
      <p id="file-hint" class="hint">{speak.say("keyFileHint")}</p>
      <label for="passphrase">{speak.say("passphrase")}</label>
      <input id="passphrase" name="passphrase" type="password" required autocomplete="off" spellcheck={false} />
      <button type="submit" class="primary" disabled={step !== null}>{step === null ? speak.say("signIn") : speak.say(step)}</button>
      <p class="problem" role="alert">{problem}</p>
    </form>
  );
}
