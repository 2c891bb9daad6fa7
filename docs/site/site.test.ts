/** Every relative link of the documentation has a target, in the repository and on the site. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildSite } from "./build.ts";
import { anchorsIn, isRelative, linksIn, pages, root, slugOf, targetOf, textOf } from "./pages.ts";

/** The problem of an address on a page, if it has one. */
const brokenBecause = (page: string, address: string): string[] => {
  const { path, anchor } = targetOf(page, address);
  if (!existsSync(join(root, path))) return [`${page} → ${address}: there is no ${path}`];
  if (anchor === "" || !path.endsWith(".md")) return [];
  return anchorsIn(textOf(path)).has(anchor) ? [] : [`${page} → ${address}: ${path} has no such heading`];
};

test("every relative link of a documentation page resolves", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/README.md", "docs/configuration.md"]));
  const broken = pages.flatMap((page) =>
    linksIn(textOf(page))
      .filter(isRelative)
      .flatMap((address) => brokenBecause(page, address)),
  );
  expect(broken).toEqual([]);
});

test("a broken link is found, in Markdown and in HTML", () => {
  const text =
    "[a](none.md) ![b](gone.png) [c](#no-such) <img src='x'> <img src=\"lost.png\"> [d](https://a.b)";
  const relative = linksIn(text).filter(isRelative);
  expect(relative).toEqual(["none.md", "gone.png", "#no-such", "lost.png"]);
  for (const address of relative) expect(brokenBecause("docs/README.md", address)).toHaveLength(1);
});

test("headings get the addresses that GitHub gives them", () => {
  expect(["Keys of an entry under `models`", "What's new?", "question.settled"].map(slugOf)).toEqual([
    ...["keys-of-an-entry-under-models", "whats-new", "questionsettled"],
  ]);
});

test("the index names every page of docs/", () => {
  const linked = linksIn(textOf("docs/README.md")).map((address) => targetOf("docs/README.md", address).path);
  const all = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(all.filter((page) => !linked.includes(page))).toEqual([]);
});

test("every relative link of the built site resolves", () => {
  const folder = mkdtempSync(join(tmpdir(), "agora-site-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  buildSite(folder);
  const files = globSync("**/*.html", { cwd: folder });
  expect(files).toHaveLength(pages.length);
  const broken = files.flatMap((file) => {
    const html = readFileSync(join(folder, file), "utf8");
    const addresses = [...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, address = ""]) => address);
    return addresses.filter(isRelative).flatMap((address) => brokenInSite(folder, file, address));
  });
  expect(broken).toEqual([]);
});

const brokenInSite = (folder: string, file: string, address: string): string[] => {
  const [path = "", anchor] = address.split("#", 2);
  const target = path === "" ? join(folder, file) : join(folder, dirname(file), path);
  if (!existsSync(target)) return [`${file} → ${address}`];
  if (anchor === undefined || readFileSync(target, "utf8").includes(`id="${anchor}"`)) return [];
  return [`${file} → ${address}: no such heading`];
};
