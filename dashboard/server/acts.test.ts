/** POST /api/acts: who may act, what a body must be, and what a refusal says. */
import { describe, expect, onTestFinished, test } from "vitest";
import { runFolder } from "../../cli/host/run-folder.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { type ActDone, ActError, type ActRequest, type Acts } from "../../runtime/acts.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import type { ActsView } from "../acts-view.ts";
import { blankPage } from "../page.fixture.ts";
import { type PageOptions, servePage } from "./server.ts";

const recording = () => {
  const requests: ActRequest[] = [];
  const acts: Acts = {
    perform: async (request): Promise<ActDone> => {
      requests.push(request);
      if (request.act === "resume") throw new ActError("AGORA_ACT_STATE", "the run is not paused");
      if (request.act === "step") throw new ActError("AGORA_ACT_OVER", "it has ended", { fix: "extend it" });
      return { act: "a1", run: "r", operator: request.operator ?? "", effect: "done" };
    },
  };
  return { requests, acts };
};

const emptyRun = (): string => {
  const config = societyConfig();
  Journal.create(runFolder(config), JSON.stringify(config)).close();
  return runFolder(config);
};

const serve = async (more: Partial<PageOptions> = {}) => {
  const { requests, acts } = recording();
  const page = await servePage({ folder: emptyRun(), pageFolder: blankPage(), port: 0, acts, ...more });
  onTestFinished(() => page.close());
  const url = new URL(page.url);
  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(new URL("/api/acts", url.origin), {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  return { page, url, requests, post };
};

describe("an act", () => {
  test("is handed on, by the page unless the body says who", async () => {
    const { post, requests } = await serve();
    expect(await post({ act: "pause" })).toMatchObject({
      status: 201,
      body: { act: "a1", operator: "page" },
    });
    expect(await post({ act: "pause", operator: "ada" })).toMatchObject({ body: { operator: "ada" } });
    expect(requests.map(({ operator }) => operator)).toEqual(["page", "ada"]);
  });

  test.each([
    [{ act: "dance" }, 422, /names no act; expected one of pause, resume, step, stop, set, ask/],
    [{}, 422, /names no act/],
    [{ act: "pause", soon: true }, 422, /unknown field soon/],
    [{ act: "set", difficulty: "high" }, 422, /difficulty: .*number/],
    [{ act: "set", components: { gate: false } }, 422, /unknown field gate/],
    [{ act: "ask", text: " " }, 422, /text: /],
    [{ act: "ask", text: "7*8", seconds: -1 }, 422, /seconds: /],
    [{ act: "fork", set: [], run: "../x" }, 422, /run: expected up to 64 letters/],
    ["[1", 422, /the body is not JSON/],
    ["[]", 422, /the body: .*expected object/],
  ])("%j is refused with %d and the reason", async (body, status, reason) => {
    const { post, requests } = await serve();
    const refused = await post(body);
    expect(refused.status).toBe(status);
    expect(refused.body.problem).toMatch(reason);
    expect(requests).toEqual([]);
  });

  test("that the run refuses says why and what to do", async () => {
    const { post } = await serve();
    expect(await post({ act: "resume" })).toMatchObject({
      ...{ status: 409, body: { code: "AGORA_PAGE_STATE", problem: "the run is not paused" } },
    });
    expect(await post({ act: "step" })).toMatchObject({
      ...{ status: 409, body: { code: "AGORA_PAGE_OVER", problem: "it has ended. Fix: extend it." } },
    });
  });

  test("on a replay is refused, and names the way to continue", async () => {
    const { post } = await serve({ acts: undefined });
    const { status, body } = await post({ act: "pause" });
    expect([status, body.code]).toEqual([409, "AGORA_PAGE_REPLAY"]);
    expect(body.problem).toMatch(/replay, which cannot be changed.*agora resume/);
  });

  test("needs a JSON content type, a small body and its own site", async () => {
    const { post, url, requests } = await serve();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
      expect(await post({ act: "pause" }, { "content-type": type })).toMatchObject({ status: 415 });
    expect(await post({ act: "ask", text: "7".repeat(40_000) })).toMatchObject({ status: 413 });
    for (const headers of [
      { origin: "http://evil.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    ])
      expect(await post({ act: "pause" }, headers)).toMatchObject({ status: 403 });
    expect(requests).toEqual([]);
    const own = { origin: url.origin, "sec-fetch-site": "same-origin" };
    expect(await post({ act: "pause" }, own)).toMatchObject({ status: 201 });
  });

  test("is no other method's, and other resources take none", async () => {
    const { url } = await serve();
    const put = await fetch(new URL("/api/acts", url.origin), { method: "PUT", body: "{}" });
    const run = await fetch(new URL("/api/run", url.origin), { method: "POST", body: "{}" });
    expect([put.status, run.status]).toEqual([405, 405]);
  });

  test("beyond loopback needs the token, which programs send as a bearer token", async () => {
    const { url, post, requests } = await serve({ host: "0.0.0.0" });
    const token = url.searchParams.get("token") ?? "";
    expect(token.length).toBeGreaterThan(20);
    expect(await post({ act: "pause" })).toMatchObject({ status: 401 });
    expect(await post({ act: "pause" }, { authorization: "Bearer guess" })).toMatchObject({ status: 401 });
    expect(requests).toEqual([]);
    expect(await post({ act: "pause" }, { authorization: `Bearer ${token}` })).toMatchObject({ status: 201 });
  });
});

test("GET /api/acts tells what is in force", async () => {
  const { url } = await serve();
  const view = (await (await fetch(new URL("/api/acts", url.origin))).json()) as ActsView;
  expect(view).toMatchObject({ paused: false, steps: 0, waiting: [], log: [], asked: [] });
  expect(Object.keys(view.components)).toHaveLength(10);
});
