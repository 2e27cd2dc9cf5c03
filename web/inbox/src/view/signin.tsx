import { useEffect, useState } from "preact/hooks";
import { parseKeyFile, readKeys, unsealKeyFile, type KeyPlace, type OpenedKeyFile } from "../../../sealing/src/index.ts";
import { DeviceError, forgetDevice, keepOnDevice, keptPlace, mayKeep, openFromDevice } from "../device.ts";
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

  const [kept, setKept] = useState<KeyPlace | null>(null);

  useEffect(() => void keptPlace().then(setKept, () => undefined), []);

  /** Opens keys, signs in with them, checks the log. */
  const enter = async (open: () => Promise<OpenedKeyFile | Key>): Promise<void> => {
    setProblem("");
    setStep("opening");
    try {
      const keys = await open();
      if (typeof keys === "string") {
        setProblem(speak.say(keys));
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
      document.querySelector("form")?.reset();
      opened(inbox);
    } catch (error) {
      if (error instanceof LogError) {
        setProblem(speak.say("logRefused", { reason: error.refusal }));
      } else if (error instanceof ServiceError) {
        setProblem(error.message || speak.say("noService"));
      } else if (error instanceof DeviceError) {
        setProblem(speak.say(error.why === "refused" ? "passkeyRefused" : "passkeyUnsupported"));
      } else {
        throw error;
      }
    } finally {
      setStep(null);
    }
  };

  const fromFile = (form: HTMLFormElement): Promise<void> => enter(async () => {
    const data = new FormData(form);
    const file = data.get("file") as File;
    const sealed = file.size <= maxFile ? parseKeyFile(new Uint8Array(await file.arrayBuffer())) : null;
    const plain = sealed && (await unsealKeyFile(sealed, data.get("passphrase") as string));
    if (!sealed || !plain) {
      return sealed ? "wrongPassphrase" : "notKeyFile";
    }
    try {
      const keys = await readKeys(sealed, plain);
      if (keys && data.get("keep")) {
        await keepOnDevice(sealed, plain);
      }
      return keys ?? "notKeyFile";
    } finally {
      plain.fill(0);
    }
  });

  const fromDevice = (): Promise<void> => enter(async () => {
    const found = await openFromDevice();
    const keys = found && (await readKeys(found.place, found.plain));
    found?.plain.fill(0);
    return keys ?? "notKeyFile";
  });

  return (
    <form class="card signin" onSubmit={(event) => { event.preventDefault(); void fromFile(event.currentTarget); }}>
      <h1>{speak.say("signIn")}</h1>
      <p>{speak.say("signInLead")}</p>
      {kept && (
        <section class="kept">
          <p>{speak.say("keptHere", { member: kept.member })}</p>
          <button type="button" class="primary" disabled={step !== null} onClick={() => void fromDevice()}>{speak.say("openPasskey")}</button>
          <button type="button" onClick={() => void forgetDevice().then(() => setKept(null))}>{speak.say("forget")}</button>
        </section>
      )}
      <label for="file">{speak.say("keyFile")}</label>
      <input id="file" name="file" type="file" required aria-describedby="file-hint" />
      <p id="file-hint" class="hint">{speak.say("keyFileHint")}</p>
      <label for="passphrase">{speak.say("passphrase")}</label>
      <input id="passphrase" name="passphrase" type="password" required autocomplete="off" spellcheck={false} />
      {mayKeep() && (
        <label class="check keep"><input type="checkbox" name="keep" /><span>{speak.say("keep")}</span></label>
      )}
      <button type="submit" class="primary" disabled={step !== null}>{step === null ? speak.say("signIn") : speak.say(step)}</button>
      <p class="problem" role="alert">{problem}</p>
    </form>
  );
}
