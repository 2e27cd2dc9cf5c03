import { canonicalize, utf8, type Bytes, type KeyPlace } from "../../sealing/src/index.ts";

/**
 * Keys that stay on this device, if somebody asks for it: sealed under a key that only a passkey gives out (WebAuthn, PRF extension), after it has checked that its
 * owner is there. What lies in the browser's storage is ciphertext, and says which inbox it is for.
 */
interface Kept extends KeyPlace {
  readonly credential: Bytes;
  readonly salt: Bytes;
  readonly iv: Bytes;
  readonly sealed: Bytes;
}

/** Why a device keeps nothing: "unsupported" is the browser's or the authenticator's word, "refused" the person's. */
export class DeviceError extends Error {
  constructor(readonly why: "refused" | "unsupported") {
    super(why);
  }
}

const database = "cleanroom";
const table = "keys";
const only = 1;
const patience = 120_000;
const questions = 3;
const answerPatience = 1000;
const info = utf8("cleanroom/v1/page-device");

/** Whether this browser can be asked at all. */
export const mayKeep = (): boolean => typeof PublicKeyCredential !== "undefined" && typeof indexedDB !== "undefined";

/** The inbox that this device keeps keys for; null if it keeps none. */
export async function keptPlace(): Promise<KeyPlace | null> {
  const kept = await read();
  return kept && placeOf(kept);
}

/** Keeps keys, as they stood in their file, under a new passkey. */
export async function keepOnDevice(place: KeyPlace, plain: Bytes): Promise<void> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const credential = await asked(navigator.credentials.create({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      // Neutral words: they stand in the list of passkeys for everybody who looks at it.
      rp: { name: "Inbox" },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: "inbox", displayName: "inbox" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }],
      authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
      timeout: patience,
      extensions: { prf: { eval: { first: salt } } },
    },
  }));
  const { prf } = credential.getClientExtensionResults();
  if (prf?.enabled !== true) {
    throw new DeviceError("unsupported");
  }
  const id = new Uint8Array(credential.rawId);
  const secret = prf.results?.first ? bytesOf(prf.results.first) : await secretOf(id, salt);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await keyOf(secret, salt);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: associated(place) }, key, plain));
  await write({ ...placeOf(place), credential: id, salt, iv, sealed });
}

/** Gives the keys that this device keeps, as they stood in their file; whoever asks for them zeroes them. Null if it keeps none. */
export async function openFromDevice(): Promise<{ readonly place: KeyPlace; readonly plain: Bytes } | null> {
  const kept = await read();
  if (kept === null) {
    return null;
  }
  const key = await keyOf(await secretOf(kept.credential, kept.salt), kept.salt);
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv, additionalData: associated(kept) }, key, kept.sealed);
    return { place: placeOf(kept), plain: new Uint8Array(plain) };
  } catch {
    throw new DeviceError("unsupported");
  }
}

/** Forgets the keys. The passkey itself stays where its owner keeps it, and opens nothing any more. */
export function forgetDevice(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(database);
    request.onsuccess = () => resolve();
    request.onblocked = () => resolve();
    request.onerror = () => reject(request.error ?? new Error("storage"));
  });
}

const placeOf = ({ genesis, member, room }: KeyPlace): KeyPlace => ({ genesis, member, room });
const associated = ({ genesis, member, room }: KeyPlace): Bytes => canonicalize({ genesis, member, room, schema: "cleanroom/page-device/v1" });
const bytesOf = (source: BufferSource): Bytes => new Uint8Array(ArrayBuffer.isView(source) ? source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength) as ArrayBuffer : source as ArrayBuffer);

async function secretOf(id: Bytes, salt: Bytes): Promise<Bytes> {
  const credential = await asked(navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      allowCredentials: [{ type: "public-key", id }],
      userVerification: "required",
      timeout: patience,
      extensions: { prf: { eval: { first: salt } } },
    },
  }));
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) {
    throw new DeviceError("unsupported");
  }
  return bytesOf(first);
}

async function asked(question: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await question;
    if (credential !== null) {
      return credential as PublicKeyCredential;
    }
  } catch (error) {
    throw new DeviceError(error instanceof DOMException && error.name === "NotSupportedError" ? "unsupported" : "refused");
  }
  throw new DeviceError("refused");
}

async function keyOf(secret: Bytes, salt: Bytes): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  secret.fill(0);
  return crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info }, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(table);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("storage"));
  });
}

/** What databases there are. While a browser clears what the origin keeps, it may lose the question and never answer (Chromium does): it is asked again. */
async function databases(): Promise<readonly IDBDatabaseInfo[]> {
  for (let i = 0; i < questions; i++) {
    const found = await Promise.race([indexedDB.databases(), new Promise<null>((resolve) => setTimeout(resolve, answerPatience, null))]);
    if (found !== null) {
      return found;
    }
  }
  throw new Error("storage");
}

async function read(): Promise<Kept | null> {
  // Opening a database would make one: who never kept anything leaves none behind.
  if (!mayKeep() || !(await databases()).some(({ name }) => name === database)) {
    return null;
  }
  return transact("readonly", (store) => store.get(only) as IDBRequest<Kept | undefined>).then((kept) => kept ?? null);
}

const write = (kept: Kept): Promise<unknown> => transact("readwrite", (store) => store.put(kept, only));

async function transact<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opened = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = opened.transaction(table, mode);
      const request = act(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("storage"));
    });
  } finally {
    opened.close();
  }
}
