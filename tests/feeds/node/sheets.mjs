// Runs a script of Google Sheets, with just as much of Google's services as it uses; prints the sheets and what it keeps.
// Called as: node sheets.mjs Code.gs KEPT MINUTES. KEPT is a JSON file of properties and sheets, read and written; each look at
// the clock is so many minutes later than the one before.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import vm from "node:vm";

const [, , script, file, minutes] = process.argv;
const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { properties: {}, sheets: {} };
let clock = 0;

const sheet = (name) => ({
  clearContents: () => { kept.sheets[name] = []; },
  getLastRow: () => kept.sheets[name].length,
  getRange: (row, column, height, width) => ({
    setValues: (lines) => {
      if (column !== 1 || lines.length !== height || lines.some((line) => line.length !== width)) throw new Error("The data does not fit the range.");
      lines.forEach((line, place) => { kept.sheets[name][row - 1 + place] = line; });
    },
  }),
});
const book = {
  getSheetByName: (name) => (name in kept.sheets ? sheet(name) : null),
  insertSheet: (name) => { kept.sheets[name] = []; return sheet(name); },
};
const fetch = (address, { headers, muteHttpExceptions }) => {
  if (!muteHttpExceptions) throw new Error("An error of the server would end the script.");
  const more = Object.entries(headers).flatMap(([name, text]) => ["--header", `${name}: ${text}`]);
  const done = spawnSync("curl", ["--silent", "--show-error", "--compressed", "--write-out", "\n%{http_code}", ...more, address], { encoding: "utf8", maxBuffer: 1e8 });
  const at = done.stdout.lastIndexOf("\n");
  return { getResponseCode: () => Number(done.stdout.slice(at + 1)), getContentText: () => done.stdout.slice(0, at) };
};
const properties = {
  getProperty: (name) => kept.properties[name] ?? null,
  setProperty: (name, text) => { kept.properties[name] = text; },
  deleteProperty: (name) => { delete kept.properties[name]; },
};
const services = {
  UrlFetchApp: { fetch },
  SpreadsheetApp: { getActiveSpreadsheet: () => book },
  PropertiesService: { getScriptProperties: () => properties },
  Utilities: { base64Encode: (text) => Buffer.from(text).toString("base64") },
  Date: { now: () => (clock += Number(minutes) * 60000) },
};
try {
  vm.runInNewContext(`${readFileSync(script, "utf8")}\nrefresh();`, services);
} finally {
  writeFileSync(file, JSON.stringify(kept));
}
