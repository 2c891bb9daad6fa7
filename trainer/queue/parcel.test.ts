import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Packr } from "msgpackr";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { packFolder, unpackFolder } from "./parcel.ts";
import { sha256 } from "./queued-job.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "agora-parcel-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
});

const parcelOf = (value: unknown) => {
  const content = new Uint8Array(new Packr({ useRecords: false, moreTypes: true }).pack(value));
  return { content, sha256: sha256(content) };
};

test.each(["../evil", "/evil", "a/../../evil", "..", ".hidden", "a\\..\\evil", ""])(
  "a parcel cannot write a file that is called %j",
  (name) => {
    const parcel = parcelOf({ files: [{ name, content: new Uint8Array(1) }] });
    const folder = join(root, "inner", "adapter");
    expect(() => unpackFolder(parcel, folder)).toThrow(expect.objectContaining({ code: "parcel-damaged" }));
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(root)).toEqual([]);
  },
);

test("a parcel with another digest is refused, and an honest one is unpacked", () => {
  writeFileSync(join(root, "adapter_config.json"), "{}");
  const parcel = packFolder(root);
  const folder = join(root, "adapter");
  expect(() => unpackFolder({ ...parcel, sha256: "0" }, folder)).toThrow("damaged");
  unpackFolder(parcel, folder);
  expect(readdirSync(folder)).toEqual(["adapter_config.json"]);
});

test("files that no parcel may have stay behind", () => {
  for (const name of ["adapter_config.json", ".DS_Store", "adapter_config (copy).json"])
    writeFileSync(join(root, name), "{}");
  const folder = join(root, "adapter");
  unpackFolder(packFolder(root), folder);
  expect(readdirSync(folder)).toEqual(["adapter_config.json"]);
});
