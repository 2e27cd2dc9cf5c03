import { canonicalize, jwkOf, signJws, type Frame, type LogItem, type SignKey } from "../../sealing/src/index.ts";

/** A refusal of the service, or its silence (status 0). */
export class ServiceError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The calls that the page makes (docs/protocol.md section 8). The token lives in this object and nowhere else. */
export class Service {
  #token = "";
  idleSeconds = 900;

  /** @param origin Where the service is: the page's own origin unless a member serves the page itself. */
  constructor(readonly origin: string) {}

  async signIn(room: string, key: SignKey): Promise<string> {
    const { challenge } = (await this.#json("POST", "challenge", {})) as { challenge: string };
    const answer = canonicalize({ audience: this.origin, challenge, room });
    const signed = await signJws(key.handle, key.publicKey, "cleanroom-signin+jws", answer);
    const session = (await this.#json("POST", "sign-in", { key: jwkOf(key.publicKey), signed })) as { token: string; member: string; idleSeconds: number };
    this.#token = session.token;
    this.idleSeconds = session.idleSeconds;
    return session.member;
  }

  /** Tells the service; a page that is closing does not wait for the answer. @param keep This device keeps sealed keys, which must stay in its storage. */
  signOut(keep: boolean): void {
    const headers = { authorization: `Bearer ${this.#token}` };
    this.#token = "";
    void fetch(`${this.origin}/api/sign-out${keep ? "?keep=keys" : ""}`, { method: "POST", headers, keepalive: true }).catch(() => undefined);
  }

  log(from: number): AsyncGenerator<LogItem> {
    return this.#lines(`log?from=${from}`) as AsyncGenerator<LogItem>;
  }

  messages(after: number, most: number, wait: number, signal: AbortSignal): AsyncGenerator<Frame & { readonly number: number }> {
    return this.#lines(`messages?after=${after}&most=${most}&wait=${wait}`, signal) as AsyncGenerator<Frame & { readonly number: number }>;
  }

  async acknowledged(): Promise<number> {
    return ((await this.#json("GET", "inbox")) as { acknowledged: number }).acknowledged;
  }

  async acknowledge(through: number): Promise<number> {
    return ((await this.#json("POST", "acknowledge", { through })) as { acknowledged: number }).acknowledged;
  }

  /** Hands a signed act on to the log; gives its position. */
  async append(leaf: string): Promise<number> {
    return ((await this.#json("POST", "entries", { leaf })) as { index: number }).index;
  }

  async #call(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = body ? { "content-type": "application/json" } : {};
    if (this.#token) {
      headers["authorization"] = `Bearer ${this.#token}`;
    }
    let response: Response;
    try {
      const init: RequestInit = { method, headers, cache: "no-store", credentials: "omit", redirect: "error" };
      response = await fetch(`${this.origin}/api/${path}`, { ...init, ...(body && { body: JSON.stringify(body) }), ...(signal && { signal }) });
    } catch (error) {
      throw signal?.aborted ? error : new ServiceError(0, "");
    }
    if (!response.ok) {
      const refusal = (await response.json().catch(() => ({}))) as { message?: string; remedy?: string };
      throw new ServiceError(response.status, [refusal.message, refusal.remedy].filter(Boolean).join(" "));
    }
    return response;
  }

  async #json(method: string, path: string, body?: object): Promise<unknown> {
    return (await this.#call(method, path, body)).json();
  }

  async *#lines(path: string, signal?: AbortSignal): AsyncGenerator<unknown> {
    const response = await this.#call("GET", path, undefined, signal);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const lines = (rest + chunk.value).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        yield JSON.parse(line) as unknown;
      }
    }
    if (rest !== "") {
      // The stream was cut off: what came is good, the rest is asked for again.
      throw new ServiceError(0, "");
    }
  }
}
