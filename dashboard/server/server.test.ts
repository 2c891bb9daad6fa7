import { createServer, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runFolder } from "../../cli/host/host.ts";
import { slowScript, slowScripts } from "../../cli/host/scripted-society.ts";
import { play, societyConfig } from "../../cli/host/society.fixture.ts";
import { afterTests } from "../../runtime/closings.fixture.ts";
import { blankPage, livePage, read, replayPage, view } from "../page.fixture.ts";
import type { Frame, QuestionList, QuestionView, RecordedEvents, RunView } from "../view.ts";
import { type Page, servePage } from "./server.ts";

// Importing the rating library is slow, so it is not part of a test's time.
const names = ["ant", "bee", "cat"];
const slow = (delaySeconds: number) => slowScripts(names, delaySeconds);

/** Slow solvers, so that frames show the state `solving`. */
const withSlowSolvers = () =>
  Object.fromEntries(
    names.map((name, index) => {
      const { solver = [] } = slowScript(index, 0.3);
      return [name, { ...slowScript(index, 0.04), solver }];
    }),
  );

/** A complete HTTP request. It can set headers such as Host, which `fetch` does not allow. */
const ask = (
  page: Page,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> =>
  new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: page.port, path, headers, method };
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    asked.on("error", reject).end();
  });

/** A finished run, and its page, that tests share where they only read. */
const closer = afterTests();
let finishedRun: string;
let page: Page;
beforeAll(async () => {
  const config = societyConfig({ rounds: 1 }, {}, closer);
  await play(config);
  finishedRun = runFolder(config);
  page = await replayPage(finishedRun, {}, closer);
}, 60_000);

describe("the server's responses", () => {
  test("the page has a strict content security policy with the hash of its import map", async () => {
    const { status, headers, body } = await ask(page, "/");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/]+=*';/);
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    expect(body).toContain('<script type="importmap">');
  });

  test("TypeScript is served without types, libraries and fonts come from node_modules, unchanged files give 304", async () => {
    const main = await ask(page, "/main.ts");
    expect(main.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(main.body).toContain("const first         = 1;");
    const again = await ask(page, "/main.ts", { "if-none-match": String(main.headers.etag) });
    expect([again.status, again.body]).toEqual([304, ""]);
    for (const library of ["preact", "preact-hooks", "signals", "signals-core", "htm", "uplot", "katex"]) {
      const { status, headers, body } = await ask(page, `/vendor/${library}.mjs`);
      expect([library, status, headers["content-type"]]).toEqual([
        ...[library, 200],
        "text/javascript; charset=utf-8",
      ]);
      expect(body).toMatch(/\bexport\b/);
    }
    expect((await ask(page, "/vendor/katex/katex.css")).body).toContain("fonts/KaTeX_Main-Regular.woff2");
    const font = await ask(page, "/vendor/katex/fonts/KaTeX_Main-Regular.woff2");
    expect(font.headers["content-type"]).toBe("font/woff2");
  });

  test.each([
    ...["/main.test.ts", "/vendor/", "/vendor/preact/package.json", "/nothing", "/api/nothing"],
    ...["/../package.json", "/vendor/../../package.json", "/vendor/katex/fonts/..%2f..%2fkatex.mjs"],
    ...["/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cpackage.json", "//etc/passwd", "/vendor/preact.mjs/"],
    ...["/__proto__", "/constructor", "/%00", "/index.html/../../server.ts", "/%E0%A4%A"],
  ])("%s gives 404", async (path) => {
    const { status, body } = await ask(page, path);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ code: "AGORA_PAGE_UNKNOWN" });
  });

  test("bodies are compressed with an encoding that the browser accepts", async () => {
    for (const [accepted, encoding] of [
      ["gzip, deflate, br", "br"],
      ["gzip;q=0.5", "gzip"],
      ["br;q=0, gzip", "gzip"],
      ["identity", undefined],
    ] as const) {
      const library = await ask(page, "/vendor/uplot.mjs", { "accept-encoding": accepted });
      expect([accepted, library.headers["content-encoding"]]).toEqual([accepted, encoding]);
      const charts = await ask(page, "/api/charts", { "accept-encoding": accepted });
      expect(charts.headers["content-encoding"]).toBe(encoding);
    }
    expect(await read<object>(page, "/api/charts")).not.toEqual({});
  });

  test("resources are not cached and only support GET and HEAD", async () => {
    const { headers } = await ask(page, "/api/growth");
    for (const path of ["/", "/api/run"]) {
      const { status, body } = await ask(page, path, {}, "HEAD");
      expect([path, status, body]).toEqual([path, 200, ""]);
    }
    const stream = await ask(page, "/feed", {}, "HEAD");
    expect([stream.status, stream.headers["content-type"]]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
    ]);
    expect(page.viewers).toBe(0);
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const { status, body } = await ask(page, "/api/growth", {}, method);
      expect([method, status, JSON.parse(body).code]).toEqual([method, 405, "AGORA_PAGE_METHOD"]);
    }
  });

  test.each([
    ["/api/growth?until=soon", "until: expected a whole number"],
    ["/api/growth?until=-5", "until: expected a whole number"],
    ["/api/growth?since=5", "unknown parameter since; expected some of until"],
    ["/api/questions?outcome=great", "outcome: "],
    ["/api/questions?from=soon", "from: expected a number"],
    ["/api/questions?from=1e999", "from: expected a number"],
    ["/api/questions?to=%20", "to: expected a number"],
    ["/api/questions?limit=100000", "limit: "],
    ["/api/questions?limit=0", "limit: "],
    ["/api/events?limit=x", "limit: expected a whole number"],
    [`/api/events?agent=${"x".repeat(400)}`, "agent: "],
  ])("%s gives 400 and the problem", async (path, problem) => {
    const { status, body } = await ask(page, path);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: "AGORA_PAGE_QUERY" });
    expect(JSON.parse(body).problem).toContain(problem);
  });

  test("a bound of the difficulty is any number that a browser's field accepts", async () => {
    const totalOf = async (from: string) =>
      (await read<QuestionList>(page, `/api/questions?from=${from}`)).total;
    const all = await totalOf("-1");
    expect(all).toBeGreaterThan(0);
    for (const [from, total] of [
      [".5", all],
      ["1.", all],
      ["1e-3", all],
      ["1e9", 0],
    ] as const)
      expect([from, await totalOf(from)]).toEqual([from, total]);
  });

  test("an unknown question gives 404", async () => {
    const { status, body } = await ask(page, "/api/questions/q99%2F..%2Fx");
    expect([status, JSON.parse(body).problem]).toEqual([
      404,
      "no question q99/../x has ended, or is under way",
    ]);
  });
});

describe("access to the page", () => {
  test("on loopback it accepts loopback host names only", async () => {
    const hostOf = async (host: string) => (await ask(page, "/api/run", { host })).status;
    for (const host of [
      `localhost:${page.port}`,
      `127.0.0.1:${page.port}`,
      `[::1]:${page.port}`,
      "127.0.0.1",
    ])
      expect([host, await hostOf(host)]).toEqual([host, 200]);
    for (const host of [
      `evil.example:${page.port}`,
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "10.0.0.1",
    ])
      expect([host, await hostOf(host)]).toEqual([host, 403]);
  });

  test("access to the page rejects requests from other sites", async () => {
    const own = `127.0.0.1:${page.port}`;
    const statusOf = async (headers: Readonly<Record<string, string>>) =>
      (await ask(page, "/api/run", { host: own, ...headers })).status;
    expect(await statusOf({ origin: `http://${own}` })).toBe(200);
    expect(await statusOf({ "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" })).toBe(200);
    expect(await statusOf({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" })).toBe(200);
    for (const headers of [
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: `http://127.0.0.1:${page.port + 1}` },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" },
    ]) {
      expect([headers, await statusOf(headers)]).toEqual([headers, 403]);
    }
  });

  test("beyond loopback it needs the token, once in the address and then as a cookie", async () => {
    const page = await replayPage(finishedRun, { host: "0.0.0.0" });
    const token = new URL(page.url).searchParams.get("token") ?? "";
    expect(token.length).toBeGreaterThanOrEqual(32);
    const refused = await ask(page, "/api/run");
    expect([refused.status, JSON.parse(refused.body).code]).toEqual([401, "AGORA_PAGE_TOKEN"]);
    for (const path of ["/", "/main.ts", "/feed", "/?token=", `/?token=${token.slice(1)}x`])
      expect([path, (await ask(page, path)).status]).toEqual([path, 401]);
    const welcome = await ask(page, `/?token=${token}`);
    const [cookie = ""] = welcome.headers["set-cookie"] as string[];
    expect(cookie).toMatch(/^agora-[\da-f]{8}=[\w-]+; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(token);
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    expect((await ask(page, "/api/run", headers)).status).toBe(200);
    const [name] = headers.cookie.split("=");
    expect((await ask(page, "/api/run", { cookie: `${name}=${token}` })).status).toBe(401);
    const stolen = { ...headers, origin: "http://evil.example" };
    expect((await ask(page, "/api/run", stolen)).status).toBe(403);
  });

  test("a browser is known to two pages of one host, whose cookies it cannot tell apart by port", async () => {
    const opened = [
      await replayPage(finishedRun, { host: "0.0.0.0" }),
      await replayPage(finishedRun, { host: "0.0.0.0" }),
    ];
    const jar = new Map<string, string>();
    for (const page of opened) {
      const { headers } = await ask(page, `/${new URL(page.url).search}`);
      const [cookie = ""] = headers["set-cookie"] as string[];
      const [, name = "", value = ""] = /^([^=]+)=([^;]+)/.exec(cookie) ?? [];
      jar.set(name, value);
    }
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    for (const page of opened) expect((await ask(page, "/api/run", { cookie })).status).toBe(200);
  });
});

describe("the rate of requests", () => {
  test("is limited beyond loopback, also for whoever guesses tokens", async () => {
    const page = await replayPage(finishedRun, { host: "0.0.0.0" });
    const statuses = new Map<number, number>();
    for (let guess = 0; guess < 1_000; guess += 1) {
      const { status } = await ask(page, `/?token=${guess}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses.keys()].toSorted()).toEqual([401, 429]);
    expect(statuses.get(401)).toBeGreaterThanOrEqual(300);
  });

  test("is not limited on loopback", async () => {
    const page = await replayPage(finishedRun);
    for (let index = 0; index < 400; index += 1)
      expect((await ask(page, "/vendor/preact.mjs")).status).toBe(200);
  });
});

describe("the feed", () => {
  test("reports the end after all earlier records are readable", async () => {
    const { run, page } = await livePage(societyConfig({ rounds: 2 }), { scripts: slow(0.03) });
    const viewer = await view(page);
    await run.ended;
    const last = await viewer.until(({ ended }) => ended !== undefined);
    // Data read less than 200 ms ago is not read again.
    await sleep(300);
    expect(last.revisions).toEqual((await read<Frame>(page, "/api/frame")).revisions);
  });

  test("starts with all agents, sends at most ten frames per second and ends with the run", async () => {
    const config = societyConfig({ rounds: 3 });
    const { run, page } = await livePage(config, { scripts: withSlowSolvers() });
    await sleep(300);
    const startedAt = performance.now();
    const viewer = await view(page);
    const first = await viewer.until(() => true);
    expect(first.agents.map(({ agent }) => agent)).toEqual(expect.arrayContaining([...names, "supervisor"]));
    await run.ended;
    const last = await viewer.until(({ ended }) => ended !== undefined);
    const seconds = (performance.now() - startedAt) / 1000;
    expect(last.ended).toBe("finished");
    const [, ...others] = viewer.frames;
    expect(others.length).toBeLessThanOrEqual(10 * seconds + 1);
    expect(others.length).toBeGreaterThan(3);
    const numbers = others.map(({ sequence }) => sequence);
    expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    expect(new Set(numbers).size).toBe(numbers.length);
    const flows = viewer.frames.flatMap((frame) => frame.flows);
    expect(flows).toContainEqual(
      expect.objectContaining({ from: "ant", to: "questions", type: "verdict.given" }),
    );
    expect(flows.every(({ count }) => count > 0)).toBe(true);
    const roles = new Set(viewer.frames.flatMap(({ agents }) => agents.map(({ role }) => role)));
    expect([...roles].some((role) => role.includes("solver"))).toBe(true);
    const quiet = viewer.frames.length;
    await sleep(400);
    expect(viewer.frames.length).toBeLessThanOrEqual(quiet + 1);
  });

  test("inspects no actors without viewers", async () => {
    const config = societyConfig({ rounds: 4 });
    const { run, page } = await livePage(config, { scripts: slow(0.03) });
    const systems = [...run.house.residents()].map(({ actor }) => actor.system);
    const observers = () =>
      systems.filter((system) => {
        let isSilent = true;
        const { _sendInspectionEvent: send } = system as unknown as {
          _sendInspectionEvent(event: object): void;
        };
        const watch = run.house.watch({});
        send.call(system, {
          get type() {
            isSilent = false;
            return "@xstate.probe";
          },
        });
        watch();
        return !isSilent;
      }).length;
    expect([page.viewers, observers()]).toEqual([0, 0]);
    const viewer = await view(page);
    await viewer.until(({ sequence }) => sequence > 1);
    expect(page.viewers).toBe(1);
    expect(observers()).toBe(systems.length);
    viewer.leave();
    while (page.viewers > 0) await sleep(5);
    expect(observers()).toBe(0);
    expect(await read(page, "/api/events")).toEqual([]);
    await run.stop();
  });

  test("sends the same frames to all viewers", async () => {
    const config = societyConfig({ rounds: 3 });
    const { run, page } = await livePage(config, { scripts: slow(0.04) });
    const viewers = await Promise.all([view(page), view(page), view(page)]);
    await run.ended;
    for (const viewer of viewers) await viewer.until(({ ended }) => ended !== undefined);
    const [first = [], ...others] = viewers.map(({ frames }) =>
      frames.slice(1).map((frame) => JSON.stringify(frame)),
    );
    const shared = first.filter((frame) => others.every((frames) => frames.includes(frame)));
    expect(shared.length).toBeGreaterThanOrEqual(first.length - 2);
  });

  test("starts with a full frame after a server restart, and the views are unchanged", async () => {
    const config = societyConfig({ rounds: 2 });
    const folder = runFolder(config);
    const { run, page } = await livePage(config);
    await run.ended;
    const viewer = await view(page);
    const before = await viewer.until(() => true);
    const growth = await read(page, "/api/growth");
    const { port } = page;
    await page.close();
    const again = await replayPage(folder, { port });
    const [after, live] = [(await (await view(again)).until(() => true)).agents, before.agents];
    const picture = (agents: typeof live) =>
      agents.map(({ agent, chart, active, role, adapter }) => ({
        agent,
        chart,
        role,
        adapter,
        active: active.toSorted(),
      }));
    expect(again.port).toBe(port);
    expect(picture(after)).toEqual(picture(live));
    expect(await read(again, "/api/growth")).toEqual(growth);
  });
});

describe("a replay", () => {
  test("ends with the same views as the live page", async () => {
    const config = societyConfig({ rounds: 4, bufferThreshold: 4, trainingSlots: 2 });
    const scripts = { ...slow(0.03), cat: { ...slowScript(2, 0.03), solver: () => "ans 9" } };
    const { run, page } = await livePage(config, { scripts });
    const viewer = await view(page);
    await run.ended;
    await viewer.until(({ ended }) => ended !== undefined);
    await run.close();
    // Data read less than 200 ms ago is not read again.
    await sleep(300);
    const replayed = await replayPage(runFolder(config));
    const { lines } = await read<QuestionList>(page, "/api/questions?limit=500");
    expect(lines.map(({ outcome }) => outcome)).toContain("disputed");
    for (const path of [
      ...["growth", "training", "history", "questions?limit=500", "questions?outcome=disputed&from=3"],
      ...lines.map(({ question }) => `questions/${question}`),
    ]) {
      expect([path, await read(replayed, `/api/${path}`)]).toEqual([path, await read(page, `/api/${path}`)]);
    }
    const picture = async (shown: Page) => {
      const { agents, revisions } = await read<Frame>(shown, "/api/frame");
      const states = agents.map(({ lastEvent: _, active, ...rest }) => ({
        ...rest,
        active: active.toSorted(),
      }));
      return { revisions, agents: states.toSorted((left, right) => left.agent.localeCompare(right.agent)) };
    };
    const [replayPicture, livePicture] = [await picture(replayed), await picture(page)];
    // The feed records the states once per second, so it may miss a short-lived crowd.
    const known = new Set(replayPicture.agents.map(({ agent }) => agent));
    expect(replayPicture).toEqual({
      ...livePicture,
      agents: livePicture.agents.filter(({ agent }) => known.has(agent)),
    });
    expect([...known]).toEqual(expect.arrayContaining([...names, "supervisor", "trainer"]));
    expect(await read(page, "/api/charts")).toMatchObject(await read<object>(replayed, "/api/charts"));
    const { live, startedAt, newestAt, outcome } = await read<RunView>(replayed, "/api/run");
    expect([live, outcome]).toEqual([false, "4 rounds played"]);
    expect(await read(replayed, `/api/growth?until=${newestAt}`)).toEqual(await read(page, "/api/growth"));
    expect(await read(replayed, "/api/events")).toEqual([]);
    const recorded = await read<RecordedEvents>(replayed, "/api/recorded?agent=ant&state=solver");
    expect(new Set(recorded.events.map(({ event }) => event))).toContain("question.posed");
    expect(recorded.unrecorded).toContain("work.ended");
    const earlier = await read<RecordedEvents>(replayed, `/api/recorded?agent=ant&until=${startedAt}`);
    expect(earlier.events.every(({ at }) => at <= startedAt)).toBe(true);
  });
});

describe("events", () => {
  test("of an agent, a state and an arrow are listed newest first", async () => {
    const config = societyConfig({ rounds: 30 });
    const { page } = await livePage(config, { scripts: slow(0.02) });
    const viewer = await view(page);
    await viewer.until(({ flows }) => flows.some(({ type }) => type === "question.settled"));
    type Events = {
      agent: string;
      event: string;
      before: string[];
      after: string[];
      text: string;
      at: number;
    }[];
    const events = (query: string) => read<Events>(page, `/api/events?${query}`);
    const ants = await events("agent=ant&limit=500");
    expect(new Set(ants.map(({ agent }) => agent))).toEqual(new Set(["ant"]));
    expect(ants.map(({ at }) => at)).toEqual(
      ants.map(({ at }) => at).toSorted((left, right) => right - left),
    );
    const solving = await events("agent=ant&state=solver.solving");
    expect(new Set(solving.map(({ event }) => event))).toEqual(new Set(["question.posed", "work.ended"]));
    const charts = await read<
      Record<string, { nodes: { label: string }[]; edges: { id: string; label: string }[] }>
    >(page, "/api/charts");
    const question = Object.values(charts).find(({ nodes }) => nodes[0]?.label === "question");
    const arrow = question?.edges.find(({ label }) => label === "solution.offered [isLast(solve)]");
    const taken = await events(`agent=questions&edge=${encodeURIComponent(arrow?.id ?? "")}`);
    expect(taken.length).toBeGreaterThan(0);
    for (const { before, after, event, agent } of taken) {
      const isSolving = (state: string) => state.startsWith("solving");
      expect([event, before.every(isSolving), after.some(isSolving)]).toEqual([
        "solution.offered",
        true,
        false,
      ]);
      expect(agent).toMatch(/^(ant|bee|cat)\/q/);
    }
    expect(await events("agent=nobody")).toEqual([]);
  });
});

describe("hostile texts", () => {
  const hostile = `</script><img src=x onerror=alert(1)>${"\u2028"}"'&<svg onload=alert(2)>`;

  test("are sent unchanged, as JSON only", async () => {
    const config = societyConfig({ rounds: 1, externalAnchor: false });
    const scripts = Object.fromEntries(
      names.map((name, index) => [name, { ...slowScript(index, 0), voter: () => `${hostile} first` }]),
    );
    await play(config, { scripts });
    const page = await replayPage(runFolder(config));
    const { lines } = await read<QuestionList>(page, "/api/questions");
    const path = `/api/questions/${lines[0]?.question}`;
    const { headers, body } = await ask(page, path);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    const { dossier, truth, right } = JSON.parse(body) as QuestionView;
    expect(dossier?.ballots.map(({ text }) => text)).toEqual(Array(9).fill(`${hostile} first`));
    expect(truth).toMatch(/^\d$/);
    expect(Object.values(right)).toEqual([true, true, true]);
  });

  test("in a question's address or search give JSON only", async () => {
    const { status, headers, body } = await ask(page, `/api/questions/${encodeURIComponent(hostile)}`);
    expect([status, headers["content-type"]]).toEqual([404, "application/json"]);
    expect(JSON.parse(body).problem).toContain(hostile);
    const found = await read<QuestionList>(page, `/api/questions?text=${encodeURIComponent(hostile)}`);
    expect(found).toEqual({ total: 0, lines: [] });
  });
});

describe("the address", () => {
  test("a busy port is replaced by a free one", async () => {
    const busy = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => busy.once("listening", resolve));
    onTestFinished(() => void busy.close());
    const taken = (busy.address() as { port: number }).port;
    const page = await replayPage(finishedRun, { port: taken });
    expect([page.isMoved, page.port === taken]).toEqual([true, false]);
    expect((await read<RunView>(page, "/api/run")).run).toBe("test");
  });

  test("an unusable host gives an error with the fix, a folder without a run gives AGORA_JOURNAL_MISSING", async () => {
    const pageFolder = blankPage();
    await expect(servePage({ folder: finishedRun, pageFolder, host: "203.0.113.7" })).rejects.toMatchObject({
      code: "AGORA_PAGE_LISTEN",
      message: expect.stringContaining("name another --host"),
    });
    await expect(servePage({ folder: pageFolder, pageFolder })).rejects.toMatchObject({
      code: "AGORA_JOURNAL_MISSING",
    });
  });
});
