/** Creates a journal and is killed before the given statement (0: the first). */
import { DatabaseSync } from "node:sqlite";
import { Journal } from "./journal.ts";

const [, , folder = "", fatal = ""] = process.argv;
let statements = 0;
const count = (): void => {
  if (statements === Number(fatal)) process.kill(process.pid, "SIGKILL");
  statements += 1;
};

const { exec, prepare } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  count();
  exec.call(this, sql);
};
DatabaseSync.prototype.prepare = function (sql, options) {
  count();
  return prepare.call(this, sql, options);
};
Journal.create(folder).close();
