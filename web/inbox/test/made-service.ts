import { readFileSync, readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { MadeRoom } from "./made-room.ts";

const types: Readonly<Record<string, string>> = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", svg: "image/svg+xml", json: "application/json" };

/** Serves a made room and the built page on loopback. It judges nobody: what the real service refuses is tested with the real service. */
export async function serve(room: MadeRoom, policy: string): Promise<{ readonly origin: string; acknowledged: number; readonly server: Server }> {
  const folder = "../artifacts/web/inbox";
  const files = new Map(readdirSync(folder).filter((name) => !name.endsWith(".br")).map((name) => [`/${name}`, readFileSync(`${folder}/${name}`)]));
  const state = { origin: "", acknowledged: 0, server: createServer() };
  state.server.on("request", (request, response) => {
    const url = new URL(request.url!, "http://localhost");
    const lines = (items: readonly unknown[]): void => void response.end(items.map((item) => `${JSON.stringify(item)}\n`).join(""));
    response.setHeader("content-security-policy", policy);
    const path = url.pathname === "/" ? "/index.html" : url.pathname;
    if (files.has(path)) {
      response.setHeader("content-type", types[path.split(".").at(-1)!]!);
      response.end(files.get(path));
      return;
    }
    const number = (name: string): number => Number(url.searchParams.get(name) ?? 0);
    switch (path) {
      case "/api/challenge":
        return void response.end(JSON.stringify({ challenge: "AAAA" }));
      case "/api/sign-in":
        return void response.end(JSON.stringify({ token: "token", member: room.member, idleSeconds: 900 }));
      case "/api/log":
        return lines(room.log.slice(positionOf(room, number("from"))));
      case "/api/messages": {
        const until = Date.now() + number("wait") * 1000;
        const look = (): void => {
          const found = room.frames.filter((frame) => frame.number > number("after")).slice(0, number("most"));
          if (found.length > 0 || Date.now() >= until) {
            lines(found);
          } else {
            setTimeout(look, 100);
          }
        };
        return look();
      }
      case "/api/inbox":
        return void response.end(JSON.stringify({ acknowledged: state.acknowledged }));
      case "/api/entries": {
        let body = "";
        request.on("data", (chunk) => (body += String(chunk)));
        request.on("end", () => void room.take((JSON.parse(body) as { leaf: string }).leaf).then((index) => response.end(JSON.stringify({ index }))));
        return;
      }
      case "/api/acknowledge": {
        let body = "";
        request.on("data", (chunk) => (body += String(chunk)));
        request.on("end", () => {
          state.acknowledged = (JSON.parse(body) as { through: number }).through;
          response.end(JSON.stringify({ acknowledged: state.acknowledged }));
        });
        return;
      }
      default:
        response.statusCode = path === "/api/sign-out" ? 204 : 404;
        response.end();
    }
  });
  await new Promise<void>((resolve) => state.server.listen(0, "127.0.0.1", resolve));
  state.origin = `http://localhost:${(state.server.address() as AddressInfo).port}`;
  return state;
}

/** Where the entry of a position stands among the items of the log; behind the last entry: the newest checkpoint. */
function positionOf(room: MadeRoom, from: number): number {
  let entries = 0;
  const at = room.log.findIndex((item) => !("checkpoint" in item) && entries++ === from);
  return at < 0 ? room.log.length - 1 : at;
}
