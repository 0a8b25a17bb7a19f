/**
 * Fills a sheet with a data feed of Sojourn. The feed's secret goes into Project Settings → Script Properties, under the name
 * SOJOURN_SECRET. Run `refresh` once by hand, then let a time-driven trigger run it.
 */
const LINK = "{{ link }}";
const FEED = "{{ feed }}";
const SHEET = "{{ table }}";
const MINUTES = 5; // Google ends a run after six; what is left is for the next run.

function refresh() {
  const kept = PropertiesService.getScriptProperties();
  const begun = Date.now();
  const sheet = sheet_();
  let cursor = kept.getProperty("cursor");
  if (!cursor) sheet.clearContents();
  do {
    const page = page_(kept, cursor);
    append_(sheet, page);
    cursor = page.nextCursor;
    if (cursor) kept.setProperty("cursor", cursor);
    else kept.deleteProperty("cursor");
  } while (cursor && Date.now() - begun < MINUTES * 60000);
}

function page_(kept, cursor) {
  const address = LINK + "&limit=2000" + (cursor ? "&cursor=" + encodeURIComponent(cursor) : "");
  const login = Utilities.base64Encode(FEED + ":" + kept.getProperty("SOJOURN_SECRET"));
  const answer = UrlFetchApp.fetch(address, { headers: { Authorization: "Basic " + login }, muteHttpExceptions: true });
  const found = JSON.parse(answer.getContentText());
  if (answer.getResponseCode() === 200) return found;
  kept.deleteProperty("cursor"); // the next run begins anew
  throw new Error(answer.getResponseCode() + ": " + found.detail);
}

function append_(sheet, page) {
  const names = page.columns.map((column) => column.name);
  const lines = page.rows.map((row) => names.map((name) => cell_(row[name])));
  if (sheet.getLastRow() === 0) lines.unshift(names);
  if (lines.length) sheet.getRange(sheet.getLastRow() + 1, 1, lines.length, names.length).setValues(lines);
}

function cell_(value) {
  if (value === null || value === undefined) return "";
  // A text that Sheets would run as a formula stays a text.
  return typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
}

function sheet_() {
  const book = SpreadsheetApp.getActiveSpreadsheet();
  return book.getSheetByName(SHEET) || book.insertSheet(SHEET);
}
