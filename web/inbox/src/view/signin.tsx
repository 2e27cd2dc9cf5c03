import { useEffect, useState } from "preact/hooks";
import { gatherKeys, looksLikePkcs12, openPkcs12, parseKeyFile, readKeys, unsealKeyFile, type Bytes, type KeyPlace, type NamedKey, type OpenedKeyFile } from "../../../sealing/src/index.ts";
import { DeviceError, forgetDevice, keepOnDevice, keptPlace, mayKeep, openFromDevice } from "../device.ts";
import { Inbox, LogError } from "../inbox.ts";
import { Service, ServiceError } from "../service.ts";
import type { Key, Speech } from "../words/index.ts";

const maxFile = 64 << 10;
const maxFiles = 16;

/** Opens what was chosen: a key file, PKCS#12 files, or both. Gives the keys as they stand in a key file, for who zeroes them; or the sentence that says what is wrong. */
async function openFiles(files: readonly File[], passphrase: string, other: string): Promise<{ readonly place: KeyPlace; readonly plain: Bytes } | Key> {
  if (files.length > maxFiles || files.some((file) => file.size > maxFile)) {
    return "notKeyFile";
  }
  const contents = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
  const ours = contents.filter((bytes) => !looksLikePkcs12(bytes));
  const sealed = ours.length === 1 ? parseKeyFile(ours[0]!) : null;
  if (ours.length > 0 && sealed === null) {
    return "notKeyFile";
  }
  const keys: NamedKey[] = [];
  for (const bytes of contents.filter(looksLikePkcs12)) {
    const opened = await openPkcs12(bytes, sealed ? other : passphrase);
    if (typeof opened === "string") {
      return opened === "passphrase" ? "wrongPassphrase" : opened === "malformed" ? "notKeyFile" : "pkcs12Unsupported";
    }
    keys.push(...opened);
  }
  const plain = sealed && (await unsealKeyFile(sealed, passphrase));
  if (sealed && !plain) {
    return "wrongPassphrase";
  }
  const gathered = plain && keys.length === 0 ? { place: sealed!, plain } : gatherKeys(keys, plain && { place: sealed!, plain });
  if (gathered?.plain !== plain) {
    plain?.fill(0);
  }
  return gathered ?? "pkcs12Missing";
}

/** Where the service is: this page's origin, unless who serves the page names another in a meta element. */
const origin = (): string => document.querySelector<HTMLMetaElement>('meta[name="cleanroom-service"]')?.content || location.origin;

/** Whether a key file and PKCS#12 files were chosen together: they have passphrases of their own. */
async function mixed(files: readonly File[]): Promise<boolean> {
  const first = await Promise.all(files.slice(0, maxFiles).map(async (file) => new Uint8Array(await file.slice(0, 1).arrayBuffer())));
  return first.some(looksLikePkcs12) && !first.every(looksLikePkcs12);
}

/** Opens a key file, signs in, checks the log. */
export function SignIn({ speak, opened, changed }: { speak: Speech; opened: (inbox: Inbox) => void; changed: () => void }) {
  const [step, setStep] = useState<Key | null>(null);
  const [problem, setProblem] = useState("");
  const [both, setBoth] = useState(false);
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
    const opened = await openFiles(data.getAll("file") as File[], data.get("passphrase") as string, String(data.get("other") ?? ""));
    if (typeof opened === "string") {
      return opened;
    }
    try {
      const keys = await readKeys(opened.place, opened.plain);
      if (keys && data.get("keep")) {
        await keepOnDevice(opened.place, opened.plain);
      }
      return keys ?? "notKeyFile";
    } finally {
      opened.plain.fill(0);
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
      <input id="file" name="file" type="file" multiple required aria-describedby="file-hint" onChange={(event) => void mixed([...event.currentTarget.files!]).then(setBoth)} />
      <p id="file-hint" class="hint">{speak.say("keyFileHint")}</p>
      <label for="passphrase">{speak.say("passphrase")}</label>
      <input id="passphrase" name="passphrase" type="password" required autocomplete="off" spellcheck={false} />
      {both && (
        <>
          <label for="other">{speak.say("pkcs12Passphrase")}</label>
          <input id="other" name="other" type="password" required autocomplete="off" spellcheck={false} />
        </>
      )}
      {mayKeep() && (
        <label class="check keep"><input type="checkbox" name="keep" /><span>{speak.say("keep")}</span></label>
      )}
      <button type="submit" class="primary" disabled={step !== null}>{step === null ? speak.say("signIn") : speak.say(step)}</button>
      <p class="problem" role="alert">{problem}</p>
    </form>
  );
}
