import { expect, test } from "vitest";
import { parseRoute } from "../route.ts";
import { documentTitle } from "./titles.ts";

test("the title names the view or the question, and the run", () => {
  expect(documentTitle(parseRoute(""), undefined)).toBe("Society · Agora");
  expect(documentTitle(parseRoute("#/growth"), "main")).toBe("Growth · main · Agora");
  expect(documentTitle(parseRoute("#/questions/q1-0-2.3"), "main")).toBe("Question q1-0-2.3 · main · Agora");
  expect(documentTitle(parseRoute("#/nothing"), "main")).toBe("Not found · main · Agora");
});
