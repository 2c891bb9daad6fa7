import { expect, test } from "vitest";
import { startModelFixture } from "./model-server.fixture.ts";
import { requireReachable } from "./reachable.ts";

test("an endpoint that answers with any status is reachable", async () => {
  const fixture = await startModelFixture([]);
  try {
    await requireReachable(fixture.endpoint, "ant");
    await requireReachable(`${fixture.endpoint}/elsewhere`, "ant");
  } finally {
    await fixture.stop();
  }
});

test("the connection of the check is not used again", async () => {
  const fixture = await startModelFixture([]);
  try {
    for (const _ of [1, 2]) await requireReachable(fixture.endpoint, "ant");
    expect(fixture.connections()).toBe(2);
  } finally {
    await fixture.stop();
  }
});

test("the error for an unreachable endpoint names it and the fix, without the credentials in its URL", async () => {
  const call = requireReachable("http://user:hidden@127.0.0.1:9/v1?key=hidden", "ant");
  await expect(call).rejects.toMatchObject({ code: "model.unreachable", endpoint: "http://127.0.0.1:9/v1" });
  await call.catch((error: Error) => expect(error.message).not.toContain("hidden"));
});
